//! A task that does not exist, or was not imported.
use sayiir::prelude::*;

mod bank {
    use sayiir::prelude::*;

    #[task]
    pub async fn settle_account(cents: u32) -> u32 {
        cents
    }
}

#[workflow]
async fn settle(cents: u32) -> u32 {
    settle_account(cents).await
}

#[workflow]
async fn collect(cents: u32) -> u32 {
    let paid = bank::refund(cents).await;
    paid + nothing::at_all(1).await
}

fn main() {
    let _: Invocation<settle> = settle(1);
}
