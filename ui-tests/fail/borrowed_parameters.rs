//! Arguments are stored, so they are owned.
use sayiir::prelude::*;

pub struct Bank;

#[task]
async fn charge(bank: &Bank, account: &str) -> u32 {
    let _ = bank;
    account.len() as u32
}

#[task]
async fn refund(account: std::borrow::Cow<'_, str>) -> u32 {
    account.len() as u32
}

#[workflow]
async fn settle(accounts: Vec<&str>, cents: &mut u32) -> u32 {
    *cents += 1;
    accounts.len() as u32
}

fn main() {}
