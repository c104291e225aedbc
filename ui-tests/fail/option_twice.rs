//! Each option once.
use sayiir::prelude::*;

#[task(retries = 3, name = "charge", retries = 4)]
async fn charge(cents: u32) -> Result<u32, String> {
    Ok(cents)
}

#[workflow(name = "a", name = "b")]
async fn settle(cents: u32) -> Result<u32, String> {
    charge(cents).await
}

fn main() {
    let _: Invocation<settle> = settle(1);
}
