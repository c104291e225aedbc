//! The value of a wait has the declared type; with a limit it is a `Result`.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn two_types() -> u32 {
    let paid: u32 = signal!("paid" as String).await;
    paid
}

#[workflow]
async fn forgets_the_limit() -> u32 {
    let paid: u32 = signal!("paid", 48h).await;
    paid
}

#[workflow]
async fn another_error() -> u32 {
    let paid: Result<u32, String> = signal!("paid", 48h).await;
    paid.unwrap_or(0)
}

#[workflow]
async fn as_argument() -> u32 {
    charge(signal!("paid" as String).await).await
}

#[workflow]
async fn used_wrongly() -> String {
    let paid = signal!("paid" as u32).await;
    paid
}

#[workflow]
async fn no_limit() -> Result<u32, Timeout> {
    let paid: u32 = signal!("paid").await?;
    Ok(paid)
}

fn main() {}
