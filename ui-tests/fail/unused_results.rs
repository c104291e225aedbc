//! The lints of plain Rust hold for what is awaited.
#![deny(unused_must_use)]
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> Result<u32, Timeout> {
    Ok(cents)
}

#[workflow]
async fn settle(cents: u32) -> u32 {
    charge(cents).await;
    signal!("paid" as u32, 48h).await;
    charge(cents).await.is_ok();
    cents
}

fn main() {}
