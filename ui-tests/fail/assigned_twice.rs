//! An immutable variable keeps its value, also across an await.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn settle(cents: u32) -> u32 {
    let paid = charge(cents).await;
    paid = charge(paid).await;
    paid
}

#[workflow]
async fn collect(cents: u32) -> u32 {
    let sum = 0;
    while sum < 10 {
        sum += charge(cents).await;
    }
    sum
}

#[workflow]
async fn argument(cents: u32) -> u32 {
    charge(cents).await;
    cents += 1;
    cents
}

#[workflow]
async fn mutated(items: Vec<u32>) -> usize {
    charge(1).await;
    items.push(1);
    items.len()
}

fn main() {}
