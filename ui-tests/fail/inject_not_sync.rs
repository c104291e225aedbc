//! What is injected is shared between threads.
use sayiir::prelude::*;

pub struct Bank {
    last: std::cell::Cell<u32>,
}

#[task]
async fn charge(#[inject] bank: &Bank, cents: u32) -> u32 {
    bank.last.replace(cents)
}

fn main() {}
