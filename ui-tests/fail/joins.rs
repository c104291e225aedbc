//! A join keeps what its branches yield, and awaits them together.
use sayiir::prelude::*;

#[derive(Debug)]
pub struct Declined;

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("declined")
    }
}

#[task]
async fn charge(cents: u32) -> Result<u32, Declined> {
    Ok(cents)
}

#[task]
async fn double(cents: u32) -> u32 {
    cents * 2
}

#[workflow]
async fn kept_errors(cents: u32) -> u32 {
    let (first, second) = join!(charge(cents), double(cents)).await;
    first.unwrap_or(0) + second
}

#[workflow]
async fn awaited_twice(cents: u32) -> u32 {
    let (first, second) = join!(double(cents).await, double(1)).await;
    first + second
}

#[workflow]
async fn fallible_branch(cents: u32) -> Result<u32, Declined> {
    let (first, second) = join!(charge(cents)?, double(1)).await;
    Ok(first + second)
}

#[workflow]
async fn empty() {
    join!().await;
}

#[workflow]
async fn values(cents: u32) -> u32 {
    let (first, second) = join!(cents, double(1)).await;
    first + second
}

#[workflow]
async fn wrong_argument(cents: u64) -> u32 {
    let (first, second) = join!(double(cents), double(1)).await;
    first + second
}

#[workflow]
async fn not_awaited(cents: u32) -> u32 {
    join!(double(cents), double(1));
    cents
}

fn main() {}
