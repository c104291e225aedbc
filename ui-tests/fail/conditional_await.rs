//! A statement that awaits cannot come and go with a `#[cfg]`.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn settle(cents: u32) -> u32 {
    #[cfg(unix)]
    let paid = charge(cents).await;
    paid
}

fn main() {
    let _: Invocation<settle> = settle(1);
}
