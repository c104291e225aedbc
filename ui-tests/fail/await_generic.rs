//! A task has no type parameters.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn settle(cents: u32) -> u32 {
    charge::<u32>(cents).await
}

fn main() {
    let _: Invocation<settle> = settle(1);
}
