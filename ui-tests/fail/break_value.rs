//! What a loop or a block gives out is of the type that is expected of it, and the value that is not is underlined.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn annotated(cents: u32) -> u32 {
    let paid: u32 = loop {
        if charge(cents).await > 3 {
            break "text";
        }
    };
    paid
}

#[workflow]
async fn by_the_first_break(cents: u32) -> u32 {
    let paid = loop {
        let paid = charge(cents).await;
        if paid > 3 {
            break paid;
        }
        break "text";
    };
    paid
}

#[workflow]
async fn as_the_result(cents: u32) -> u32 {
    loop {
        if charge(cents).await > 3 {
            break;
        }
    }
}

#[workflow]
async fn out_of_a_block(cents: u32) -> u32 {
    let paid: u32 = 'found: {
        if charge(cents).await > 3 {
            break 'found "text";
        }
        4
    };
    paid
}

#[workflow]
async fn without_a_value(cents: u32) -> u32 {
    let paid: u32 = loop {
        if charge(cents).await > 3 {
            break;
        }
    };
    paid
}

fn main() {}
