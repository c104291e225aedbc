//! Jumps go to what is around them.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn settle(cents: u32) -> u32 {
    'outer: loop {
        if charge(cents).await > 1 {
            break 'uoter;
        }
        'block: {
            if charge(cents).await > 2 {
                continue 'block;
            }
        }
        break 'outer;
    }
    while charge(cents).await > 3 {
        break cents;
    }
    break;
    cents
}

fn main() {
    let _: Invocation<settle> = settle(1);
}
