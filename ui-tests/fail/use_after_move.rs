//! Moves across awaits are rustc's to report, on the user's own variables.
use sayiir::prelude::*;

#[task]
async fn ship(item: String) -> String {
    item
}

#[workflow]
async fn after_an_await(item: String) -> String {
    let first = ship(item).await;
    first + &item
}

#[workflow]
async fn in_a_loop(item: String) -> usize {
    let mut sum = 0;
    while sum < 10 {
        sum += ship(item).await.len();
    }
    sum
}

#[workflow]
async fn in_one_branch(item: String, cents: u32) -> String {
    let other = format!("{item}!");
    if cents > 1 {
        drop(other);
    }
    ship(item).await;
    other
}

#[workflow]
async fn without_an_await(item: String) -> String {
    let other = item;
    ship(item).await;
    other
}

fn main() {}
