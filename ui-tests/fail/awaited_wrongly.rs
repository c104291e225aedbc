//! What is not awaited, not lent, not written in one piece, and not stored, each with what to write instead.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[task]
async fn refund(cents: u32) {
    drop(cents);
}

#[workflow]
async fn compensated(cents: u32) -> u32 {
    compensate!(refund(cents)).await;
    charge(cents).await
}

#[workflow]
async fn named(cents: u32) -> u32 {
    let id = run_id!().await;
    charge(cents).await
}

#[workflow]
async fn spaced() -> Result<u32, Timeout> {
    signal!("z" as u32, 1d 2h).await
}

#[task]
async fn keyed(_cx: TaskContext, cents: u32) -> u32 {
    cents
}

#[workflow]
async fn each(amounts: Vec<u32>) -> u32 {
    let mut sum = 0;
    for cents in amounts.iter() {
        sum += charge(*cents).await;
    }
    sum
}

fn main() {}
