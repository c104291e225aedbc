//! What a task or workflow cannot be besides `async`.
use sayiir::prelude::*;

#[task]
async unsafe fn charge(cents: u32) -> u32 {
    cents
}

#[task]
async extern "C" fn refund(cents: u32) -> u32 {
    cents
}

#[workflow]
const async fn settle(cents: u32) -> u32 {
    cents
}

fn main() {
    let _: Invocation<settle> = settle(1);
}
