//! Each option says what value it wants.
use sayiir::prelude::*;

#[task(retries, name = charge, backoff = 30s.., at_most_once = true)]
async fn charge(cents: u32) -> Result<u32, Interrupted> {
    Ok(cents)
}

#[task(retries = "3", name = "", backoff, timeout, retry_if = "is_temporary", max_concurrent = 0)]
async fn refund(cents: u32) -> Result<u32, Timeout> {
    Ok(cents)
}

#[task(retries = -1, backoff = 1s..=30s, max_concurrent = 1.5, crate = "sayiir")]
async fn lookup(cents: u32) -> Result<u32, Timeout> {
    Ok(cents)
}

#[workflow(name, timeout)]
async fn settle(cents: u32) -> u32 {
    cents
}

fn main() {
    let _: Invocation<settle> = settle(1);
}
