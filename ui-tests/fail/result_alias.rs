//! The signature says itself whether a function can fail.
use sayiir::prelude::*;

#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Declined;

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("declined")
    }
}

pub type Payment = Result<u32, Declined>;
pub type Maybe<T> = Option<T>;

#[task]
async fn charge(cents: u32) -> Payment {
    Ok(cents)
}

#[task]
async fn lookup(cents: u32) -> Maybe<u32> {
    Some(cents)
}

#[workflow]
async fn settle(cents: u32) -> Payment {
    charge(cents).await
}

fn main() {}
