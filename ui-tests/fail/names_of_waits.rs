//! `#[at]` names a place to wait, once.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn settle(cents: u32) -> u32 {
    #[at("payment")]
    let first = charge(cents).await;
    #[at("payment")]
    let second = charge(first).await;
    #[at("nothing")]
    let third = second + 1;
    #[at("two")]
    let fourth = charge(charge(third).await).await;
    #[at]
    let fifth = charge(fourth).await;
    #[at("")]
    let sixth = charge(fifth).await;
    sixth
}

fn main() {
    let _: Invocation<settle> = settle(1);
}
