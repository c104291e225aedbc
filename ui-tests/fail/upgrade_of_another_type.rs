//! What `upgrade` names is a function from a stored state to this one.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

fn convert(state: u32) -> u32 {
    state
}

#[workflow(upgrade = convert)]
async fn settle(cents: u32) -> u32 {
    charge(cents).await
}

#[workflow(upgrade = no_such_function)]
async fn undeclared(cents: u32) -> u32 {
    charge(cents).await
}

fn main() {}
