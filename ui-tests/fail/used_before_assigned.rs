//! A variable has a value before it is used.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn settle(cents: u32) -> u32 {
    let paid: u32;
    if cents > 1 {
        paid = charge(cents).await;
    }
    paid
}

#[workflow]
async fn collect(cents: u32) -> u32 {
    let paid: u32;
    charge(cents).await;
    paid + 1
}

fn main() {}
