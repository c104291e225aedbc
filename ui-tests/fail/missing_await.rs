//! A call of a task is a future, as in any async function.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn used(cents: u32) -> u32 {
    let paid = charge(cents);
    paid + 1
}

#[workflow]
async fn returned(cents: u32) -> u32 {
    charge(cents)
}

#[workflow]
async fn passed(cents: u32) -> u32 {
    charge(charge(cents)).await
}

#[workflow]
async fn kept(cents: u32) -> u32 {
    let paid = charge(cents);
    let more = charge(1).await;
    drop(paid);
    more
}

#[workflow]
async fn child(cents: u32) -> u32 {
    let paid: u32 = used(cents);
    paid
}

fn main() {}
