//! What is injected is shared.
use sayiir::prelude::*;

pub struct Bank;

#[task]
async fn charge(#[inject] bank: Bank, #[inject] log: &mut Vec<String>, cents: u32) -> u32 {
    let _ = bank;
    log.clear();
    cents
}

#[workflow]
async fn settle(#[inject] bank: &Bank, cents: u32) -> u32 {
    let _ = bank;
    cents
}

#[workflow]
async fn collect(cx: &TaskContext, cents: u32) -> u32 {
    cents
}

fn main() {
    let _: Invocation<collect> = collect((), 1);
}
