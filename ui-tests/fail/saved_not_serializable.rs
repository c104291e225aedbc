//! A variable that is needed after an await is stored, so its type goes to JSON and back.
use sayiir::prelude::*;

pub struct Receipt {
    number: u32,
}

fn print(number: u32) -> Receipt {
    Receipt { number }
}

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn inferred(cents: u32) -> u32 {
    let receipt = print(cents);
    charge(cents).await;
    receipt.number
}

#[workflow]
async fn named(cents: u32) -> u32 {
    let receipt: Receipt = print(cents);
    charge(cents).await;
    receipt.number
}

#[workflow]
async fn in_a_list(cents: u32) -> usize {
    let mut receipts = Vec::new();
    while receipts.len() < 3 {
        receipts.push(print(charge(cents).await));
    }
    receipts.len()
}

#[workflow]
async fn in_the_middle(cents: u32) -> u32 {
    print(cents).number + charge(cents).await + { (print(cents), charge(cents).await).0.number }
}

#[workflow]
async fn closure(cents: u32) -> u32 {
    let double = |n: u32| n * 2;
    let paid = charge(cents).await;
    double(paid)
}

fn main() {}
