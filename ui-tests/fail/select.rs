//! `select!` waits for the first of several operations.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn not_awaited(cents: u32) -> u32 {
    select! {
        paid = charge(cents) => paid,
        _ = sleep!(2d) => 0,
    }
}

#[workflow]
async fn arms_differ(cents: u32) -> u32 {
    select! {
        paid = charge(cents) => paid,
        _ = sleep!(2d) => "nothing",
    }
    .await
}

#[workflow]
async fn pattern(cents: u32) -> u32 {
    select! {
        Some(paid) = charge(cents) => paid,
        _ = sleep!(2d) => 0,
    }
    .await
}

#[workflow]
async fn awaited_inside(cents: u32) -> u32 {
    select! {
        paid = charge(cents).await => paid,
        _ = sleep!(2d) => 0,
    }
    .await
}

#[workflow]
async fn bad_limit(cents: u32) -> u32 {
    select! {
        paid = charge(cents) => paid,
        _ = sleep!(2x) => 0,
    }
    .await
}

#[workflow]
async fn syntax(cents: u32) -> u32 {
    select! {
        charge(cents) => 1,
    }
    .await
}

fn main() {
    let _: Invocation<not_awaited> = not_awaited(1);
}
