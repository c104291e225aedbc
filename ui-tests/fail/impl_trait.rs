//! What is stored has a named type.
use sayiir::prelude::*;

#[task]
async fn charge(account: impl Into<String>) -> u32 {
    account.into().len() as u32
}

#[task]
async fn list() -> Vec<impl Copy> {
    vec![1]
}

#[workflow]
async fn settle(accounts: impl Iterator<Item = u32>) -> u32 {
    accounts.sum()
}

#[workflow]
async fn collect() -> impl Copy {
    1
}

fn main() {}
