//! A failure is recorded as its text.
use sayiir::prelude::*;

#[derive(Debug)]
pub struct Declined;

#[task]
async fn charge(cents: u32) -> Result<u32, Declined> {
    Ok(cents)
}

#[workflow]
async fn settle(cents: u32) -> Result<u32, Declined> {
    charge(cents).await
}

fn main() {}
