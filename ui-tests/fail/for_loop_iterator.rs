//! The iterator of a loop that awaits is stored.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn lazy(amounts: Vec<u32>) -> u32 {
    let mut sum = 0;
    for cents in std::iter::repeat_n(amounts.len() as u32, 2) {
        sum += charge(cents).await;
    }
    sum
}

#[workflow]
async fn characters(text: String) -> u32 {
    let mut sum = 0;
    for letter in text.chars() {
        sum += charge(u32::from(letter)).await;
    }
    sum
}

#[workflow]
async fn not_an_iterator(cents: u32) -> u32 {
    let mut sum = 0;
    for cents in cents {
        sum += charge(cents).await;
    }
    sum
}

fn main() {}
