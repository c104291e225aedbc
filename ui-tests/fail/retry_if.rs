//! `retry_if` names a function that looks at the error.
use sayiir::prelude::*;

fn by_value(error: String) -> bool {
    error.is_empty()
}

fn no_answer(error: &String) {
    println!("{error}");
}

fn of_another_type(error: &Timeout) -> bool {
    error.subject.is_empty()
}

const ALWAYS: bool = true;

#[task(retries = 3, retry_if = by_value)]
async fn charge(cents: u32) -> Result<u32, String> {
    Ok(cents)
}

#[task(retries = 3, retry_if = no_answer)]
async fn refund(cents: u32) -> Result<u32, String> {
    Ok(cents)
}

#[task(retries = 3, retry_if = of_another_type)]
async fn lookup(cents: u32) -> Result<u32, String> {
    Ok(cents)
}

#[task(retries = 3, retry_if = is_temporray)]
async fn settle(cents: u32) -> Result<u32, String> {
    Ok(cents)
}

#[task(retries = 3, retry_if = ALWAYS)]
async fn collect(cents: u32) -> Result<u32, String> {
    Ok(cents)
}

fn main() {}
