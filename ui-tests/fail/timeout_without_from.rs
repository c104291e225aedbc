//! `timeout` and `at_most_once` produce errors that the task's own error type has to take in.
use sayiir::prelude::*;

#[derive(Debug)]
pub enum BankError {
    Closed,
}

impl std::fmt::Display for BankError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed")
    }
}

#[task(timeout = 10s)]
async fn charge(cents: u32) -> Result<u32, BankError> {
    if cents == 0 { Err(BankError::Closed) } else { Ok(cents) }
}

#[task(at_most_once)]
async fn refund(cents: u32) -> Result<u32, BankError> {
    Ok(cents)
}

fn main() {}
