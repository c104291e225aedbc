//! A future that nobody awaits does nothing.
#![deny(unused_must_use)]
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn forgets(cents: u32) -> u32 {
    charge(cents);
    charge(1).await
}

#[workflow]
async fn forgets_a_child(cents: u32) -> u32 {
    forgets(cents);
    charge(1).await
}

fn main() {}
