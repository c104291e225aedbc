//! A duration is a number and a unit.
use sayiir::prelude::*;

#[task(timeout = 10x)]
async fn charge(cents: u32) -> Result<u32, Timeout> {
    Ok(cents)
}

#[task(timeout = 10, retries = 2, backoff = 1..30s)]
async fn refund(cents: u32) -> Result<u32, Timeout> {
    Ok(cents)
}

#[workflow(timeout = 30days)]
async fn settle(cents: u32) -> u32 {
    let first: Result<u32, Timeout> = signal!("no_unit", 48).await;
    let second: Result<u32, Timeout> = signal!("unknown_unit", 48x).await;
    let third: Result<u32, Timeout> = signal!("negative", -1h).await;
    let fourth: Result<u32, Timeout> = signal!("fraction", 1.5h).await;
    let fifth: Result<u32, Timeout> = signal!("text", "48h").await;
    let sixth: Result<u32, Timeout> = signal!("overflow", 99999999999999999999w).await;
    sleep!(30m1h).await;
    sleep!(1h1h).await;
    sleep!().await;
    cents
}

fn main() {
    let _: Invocation<settle> = settle(1);
}
