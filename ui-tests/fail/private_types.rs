//! What a public task takes and returns is as public as the task.

pub mod bank {
    use sayiir::prelude::*;

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Receipt(u32);

    #[task]
    pub async fn charge(cents: u32) -> Receipt {
        Receipt(cents)
    }

    #[task]
    pub async fn refund(receipt: Receipt) -> u32 {
        receipt.0
    }

    #[workflow]
    pub async fn settle(receipt: Receipt) -> u32 {
        let cents = refund(receipt).await;
        signal!("receipt" as Receipt).await.0 + cents
    }
}

fn main() {}
