//! Patterns fit what is awaited.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> Result<u32, Timeout> {
    Ok(cents)
}

#[task]
async fn double(cents: u32) -> u32 {
    cents * 2
}

#[workflow]
async fn refutable(cents: u32) -> u32 {
    let Ok(paid) = charge(cents).await;
    paid
}

#[workflow]
async fn not_exhaustive(cents: u32) -> u32 {
    match charge(cents).await {
        Ok(paid) => double(paid).await,
    }
}

#[workflow]
async fn of_another_type(cents: u32) -> u32 {
    match double(cents).await {
        Some(paid) => paid,
        None => charge(1).await.unwrap_or(0),
    }
}

#[workflow]
async fn tuple(cents: u32) -> u32 {
    let (first, second) = double(cents).await;
    double(1).await;
    first + second
}

fn main() {}
