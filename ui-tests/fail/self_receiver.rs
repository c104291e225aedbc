//! Tasks and workflows are free functions.
use sayiir::prelude::*;

struct Bank;

impl Bank {
    #[task]
    async fn charge(&self, cents: u32) -> u32 {
        cents
    }

    #[workflow]
    async fn settle(self, cents: u32) -> u32 {
        cents
    }
}

fn main() {
    let _ = Bank.charge(1);
}
