//! `spawn!` starts an independent run, `compensate!` remembers how to undo.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[task]
async fn refund(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn child(cents: u32) -> u32 {
    charge(cents).await
}

#[workflow]
async fn no_id(cents: u32) -> u32 {
    let _ = spawn!(child(cents)).await;
    cents
}

#[workflow]
async fn not_awaited(cents: u32) -> u32 {
    spawn!("child", child(cents));
    cents
}

#[workflow]
async fn wrong_argument(cents: u64) -> u64 {
    let _ = spawn!("child", child(cents)).await;
    compensate!(refund(cents));
    cents
}

#[workflow]
async fn not_a_call(cents: u32) -> u32 {
    compensate!(cents);
    compensate!();
    cents
}

fn main() {
    let _: Invocation<no_id> = no_id(1);
}
