//! A function that is awaited is a task: it has the attribute.
use sayiir::prelude::*;

async fn settle_account(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn settle(cents: u32) -> u32 {
    settle_account(cents).await
}

fn main() {
    let _: Invocation<settle> = settle(1);
}
