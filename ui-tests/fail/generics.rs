//! What is stored has one set of types.
use sayiir::prelude::*;

#[task]
async fn charge<T>(account: T) -> T {
    account
}

#[task]
async fn refund<'a>(account: String) -> String {
    account
}

#[workflow]
async fn settle<T: Clone>(cents: T) -> T {
    cents
}

#[workflow]
async fn collect(cents: u32) -> u32
where
    u32: Clone,
{
    cents
}

fn main() {
    let _: Invocation<collect> = collect(1);
}
