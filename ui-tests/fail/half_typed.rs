//! A body that is being typed takes nothing else away.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn settle(cents: u32) -> u32 {
    let paid = charge(cents).await;
    if paid.
}

fn main() {
    let _: Invocation<settle> = settle(1);
    let _ = settle::DIAGRAM;
}
