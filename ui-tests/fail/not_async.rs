//! Both attributes go on an `async fn`.
use sayiir::prelude::*;

#[task]
fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
fn settle(cents: u32) -> u32 {
    charge(cents).await
}

fn main() {
    let _: Invocation<settle> = settle(1);
}
