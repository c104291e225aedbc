//! `join_all!` runs one operation for each item.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn not_items(cents: u32) -> usize {
    let all = join_all!(n in cents => charge(n)).await;
    all.len()
}

#[workflow]
async fn of_another_type(names: Vec<String>) -> usize {
    let all = join_all!(name in names => charge(name)).await;
    all.len()
}

#[workflow]
async fn option(amounts: Vec<u32>) -> usize {
    let all = join_all!(n in amounts => charge(n), most = 3).await;
    all.len()
}

#[workflow]
async fn syntax(amounts: Vec<u32>) -> usize {
    let all = join_all!(amounts, charge).await;
    all.len()
}

#[workflow]
async fn most(amounts: Vec<u32>) -> usize {
    let all = join_all!(n in amounts => charge(n), max = "three").await;
    all.len()
}

fn main() {
    let _: Invocation<option> = option(Vec::new());
}
