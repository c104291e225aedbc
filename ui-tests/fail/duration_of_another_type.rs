//! An expression for a duration is a `std::time::Duration`.
use sayiir::prelude::*;

const LIMIT: u64 = 10;

#[task(timeout = LIMIT)]
async fn charge(cents: u32) -> Result<u32, Timeout> {
    Ok(cents)
}

#[workflow]
async fn settle(minutes: u64) -> Result<u32, Timeout> {
    sleep!(minutes).await;
    let paid: u32 = signal!("paid", minutes * 60).await?;
    sleep_until!(minutes).await;
    charge(paid).await
}

fn main() {}
