//! A `Result` whose error stands in another crate's alias is one, alone and in a `try_join!`.
#![deny(warnings)]
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> anyhow::Result<u32> {
    Ok(cents)
}

#[task]
async fn refund(cents: u32) -> Result<u32, anyhow::Error> {
    Ok(cents)
}

#[workflow]
async fn settle(cents: u32) -> anyhow::Result<u32> {
    let (one, two) = try_join!(charge(cents), refund(cents)).await?;
    let (three, four) = try_join!(refund(one), charge(two)).await?;
    let all = try_join_all!(cents in vec![three, four] => charge(cents)).await?;
    Ok(all.len() as u32)
}

fn main() {
    let _: Invocation<settle> = settle(1);
}
