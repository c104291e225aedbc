//! What a body returns has the declared type.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn tail(cents: u32) -> String {
    charge(cents).await
}

#[workflow]
async fn early(cents: u32) -> String {
    if cents == 0 {
        return charge(cents).await;
    }
    "paid".to_owned()
}

#[workflow]
async fn missing(cents: u32) -> u32 {
    charge(cents).await;
}

#[workflow]
async fn missing_otherwise(cents: u32) -> u32 {
    if cents > 1 {
        charge(cents).await
    }
}

#[workflow]
async fn not_wrapped(cents: u32) -> Result<u32, Timeout> {
    charge(cents).await
}

#[workflow]
async fn nothing(cents: u32) {
    charge(cents).await
}

#[workflow]
async fn arms(cents: u32) -> u32 {
    match cents {
        0 => charge(cents).await,
        _ => "none",
    }
}

fn main() {}
