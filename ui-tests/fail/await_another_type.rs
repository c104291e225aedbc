//! What is called and awaited is a task or a workflow.
use sayiir::prelude::*;

struct Charge(u32);

#[workflow]
async fn settle(cents: u32) -> u32 {
    Charge(cents).await
}

#[workflow]
async fn collect(cents: u32) -> Option<u32> {
    Some(cents).await
}

fn main() {}
