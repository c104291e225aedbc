//! Tasks and workflows are called like functions: each argument has its parameter's type.
use sayiir::prelude::*;

#[task]
async fn charge(account: String, cents: u32) -> u32 {
    println!("{account}");
    cents
}

#[workflow]
async fn settle(cents: u32) -> u32 {
    charge("alice", cents).await
}

#[workflow]
async fn collect(cents: u64) -> u32 {
    let first = charge("alice".to_owned(), cents).await;
    first + charge("bob".to_owned(), "5").await
}

#[workflow]
async fn swapped(cents: u32) -> u32 {
    charge(cents, "alice".to_owned()).await
}

#[workflow]
async fn nested(account: String) -> u32 {
    settle(account).await
}

fn main() {
    let _: Invocation<settle> = settle("5");
}
