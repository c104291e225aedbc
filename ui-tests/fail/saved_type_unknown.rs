//! A type that nothing fixes is unknown, as in plain Rust.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn settle(cents: u32) -> usize {
    let receipts = Vec::new();
    charge(cents).await;
    receipts.len()
}

#[workflow]
async fn collect(cents: u32) -> usize {
    let all = std::collections::BTreeSet::new();
    charge(cents).await;
    drop(all);
    0
}

fn main() {}
