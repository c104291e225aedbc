//! An option that does not exist is answered with those that do.
use sayiir::prelude::*;

#[task(retrys = 3, max-concurrent = 4)]
async fn charge(cents: u32) -> Result<u32, String> {
    Ok(cents)
}

#[task(retry = 3, timeout = 10s)]
async fn refund(cents: u32) -> Result<u32, Timeout> {
    Ok(cents)
}

#[workflow(retries = 3)]
async fn settle(cents: u32) -> Result<u32, Timeout> {
    refund(cents).await
}

fn main() {
    let _: Invocation<settle> = settle(1);
}
