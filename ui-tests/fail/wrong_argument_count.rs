//! Tasks and workflows are called like functions: one argument for each parameter that is not injected.
use sayiir::prelude::*;

struct Bank;

#[task]
async fn charge(#[inject] bank: &Bank, cx: &TaskContext, account: String, cents: u32) -> u32 {
    let _ = bank;
    println!("{account} {}", cx.attempt());
    cents
}

#[task]
async fn ping() {}

#[workflow]
async fn too_few(cents: u32) -> u32 {
    println!("{cents}");
    charge("alice".to_owned()).await
}

#[workflow]
async fn none(cents: u32) -> u32 {
    println!("{cents}");
    charge().await
}

#[workflow]
async fn too_many(cents: u32) -> u32 {
    ping(cents).await;
    charge("alice".to_owned(), cents, true).await
}

#[workflow]
async fn injected(cents: u32) -> u32 {
    charge(&Bank, "alice".to_owned(), cents).await
}

#[workflow]
async fn nested() -> u32 {
    injected().await
}

fn main() {
    let _: Invocation<too_few> = too_few();
}
