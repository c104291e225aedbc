//! Options are separated by commas; each mistake is reported, and no other.
use sayiir::prelude::*;

#[task(retries = 3 timeout = 10s)]
async fn charge(cents: u32) -> Result<u32, Timeout> {
    Ok(cents)
}

#[task("charge", retries: 3, timeout = , 5)]
async fn refund(cents: u32) -> Result<u32, Timeout> {
    Ok(cents)
}

#[workflow(timeout == 3d)]
async fn settle(cents: u32) -> Result<u32, Timeout> {
    charge(cents).await
}

fn main() {
    let _: Invocation<settle> = settle(1);
}
