//! A block that ends in a `;` has no value, and the expression that wants one is underlined.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn without_else(cents: u32) -> u32 {
    let paid: u32 = if cents > 1 { charge(cents).await };
    paid
}

#[workflow]
async fn branch(cents: u32) -> u32 {
    let paid: u32 = if cents > 1 {
        charge(cents).await;
    } else {
        4
    };
    paid
}

#[workflow]
async fn arm(cents: u32) -> u32 {
    let paid: u32 = match cents {
        1 => {
            charge(cents).await;
        }
        _ => 3,
    };
    paid
}

#[workflow]
async fn result(cents: u32) -> u32 {
    charge(cents).await;
}

fn main() {}
