//! A future that is kept somewhere cannot be stored.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

struct Jobs {
    first: std::future::Ready<u32>,
}

#[workflow]
async fn in_a_variable(cents: u32) -> u32 {
    let paid = charge(cents);
    paid.await
}

#[workflow]
async fn in_a_field() -> u32 {
    let jobs = Jobs { first: std::future::ready(1) };
    jobs.first.await
}

#[workflow]
async fn in_a_list() -> u32 {
    let mut jobs = [charge(1), charge(2)];
    jobs[0].await
}

#[workflow]
async fn chosen(cents: u32) -> u32 {
    (if cents > 1 { charge(cents) } else { charge(1) }).await
}

#[workflow]
async fn a_number() -> u32 {
    5.await
}

#[workflow]
async fn by_closure(cents: u32) -> u32 {
    (|| charge(cents))().await
}

fn main() {
    let _: Invocation<a_number> = a_number();
}
