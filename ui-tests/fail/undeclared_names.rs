//! Names that do not exist are rustc's to report, each once.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn settle(cents: u32) -> u32 {
    let paid = charge(centz).await;
    println!("{payed} {}", totl);
    let receipt: Receipt = paid.into();
    charge(cents).await;
    unknown_function(receipt);
    paid.no_such_method()
}

#[workflow]
async fn another_type(order: Order) -> u32 {
    charge(1).await;
    order.cents
}

#[task]
async fn of_another_type(order: Order) -> u32 {
    order.cents
}

#[task]
async fn returns_another_type(cents: u32) -> Receipt {
    todo!("{cents}")
}

#[workflow]
async fn passes_it_on(cents: u32) -> Receipt {
    returns_another_type(cents).await
}

fn main() {}
