//! `?` converts errors as in plain Rust.
use sayiir::prelude::*;

#[derive(Debug)]
pub struct Declined;

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("declined")
    }
}

#[derive(Debug)]
pub struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

#[task]
async fn charge(cents: u32) -> Result<u32, Declined> {
    Ok(cents)
}

#[task]
async fn lookup(cents: u32) -> Option<u32> {
    Some(cents)
}

#[task]
async fn double(cents: u32) -> u32 {
    cents * 2
}

#[workflow]
async fn another_error(cents: u32) -> Result<u32, Failed> {
    Ok(charge(cents).await?)
}

#[workflow]
async fn timeout(cents: u32) -> Result<u32, Declined> {
    let paid: u32 = signal!("paid", 48h).await?;
    Ok(charge(paid + cents).await?)
}

#[workflow]
async fn not_fallible(cents: u32) -> u32 {
    charge(cents).await?
}

#[workflow]
async fn option_in_result(cents: u32) -> Result<u32, Declined> {
    let found = lookup(cents).await?;
    charge(found).await
}

#[workflow]
async fn on_a_value(cents: u32) -> Result<u32, Declined> {
    let doubled = double(cents).await?;
    charge(doubled).await?;
    Ok(doubled)
}

fn main() {}
