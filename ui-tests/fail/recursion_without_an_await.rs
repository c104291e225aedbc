//! A workflow that calls itself waits for something first.
use sayiir::prelude::*;

#[workflow]
async fn settle(cents: u32) -> u32 {
    settle(cents - 1).await
}

#[workflow]
async fn by_branch(cents: u32) -> u32 {
    if cents == 0 { 0 } else { by_branch(cents - 1).await + 1 }
}

fn main() {}
