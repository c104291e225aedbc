//! What the attributes generate is silent under the strictest lints, also for public items.
#![deny(
    warnings,
    missing_docs,
    unused,
    unreachable_pub,
    missing_debug_implementations,
    rust_2018_idioms,
    let_underscore_drop,
    trivial_casts,
    unused_qualifications,
    unused_lifetimes,
    single_use_lifetimes,
    non_ascii_idents,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::unwrap_used
)]
#![allow(clippy::redundant_pub_crate, reason = "it wants the opposite of `unreachable_pub`")]

/// The bank.
pub mod bank {
    use sayiir::prelude::*;
    use serde::{Deserialize, Serialize};

    /// What is ordered.
    #[derive(Debug, Clone, Serialize, Deserialize)]
    pub struct Order {
        /// How much.
        pub cents: u32,
    }

    /// What goes wrong.
    #[derive(Debug, thiserror::Error)]
    #[non_exhaustive]
    pub enum Declined {
        /// Nobody answered.
        #[error(transparent)]
        Timeout(#[from] Timeout),
        /// The process ended.
        #[error(transparent)]
        Interrupted(#[from] Interrupted),
    }

    /// Whether it is worth another attempt.
    #[must_use]
    pub const fn is_temporary(error: &Declined) -> bool {
        matches!(error, Declined::Timeout(_))
    }

    /// Where the money is.
    #[derive(Debug)]
    pub struct Vault {
        /// How much is left.
        pub left: u32,
    }

    /// Takes money.
    ///
    /// # Errors
    /// If nobody answers.
    #[task(retries = 3, backoff = 200ms..30s, timeout = 10s, retry_if = is_temporary, at_most_once, max_concurrent = 2)]
    pub async fn charge(#[inject] vault: &Vault, cx: &TaskContext, order: Order) -> Result<u32, Declined> {
        std::future::ready(()).await;
        Ok(order.cents.min(vault.left) + cx.attempt())
    }

    /// Says so.
    #[task]
    pub async fn notify(text: String) {
        std::future::ready(()).await;
        drop(text);
    }

    /// Settles an order.
    ///
    /// # Errors
    /// If nobody answers.
    #[workflow(timeout = 30d)]
    pub async fn settle(order: Order, reminders: u32) -> Result<u32, Declined> {
        let mut sum = charge(order.clone()).await?;
        for round in 0..reminders {
            let decision: Result<u32, Timeout> = signal!("decision", 48h).await;
            let Ok(answer) = decision else {
                notify(format!("reminder {round}")).await;
                sleep!(1h).await;
                continue;
            };
            sum += answer;
            if sum > 100 {
                break;
            }
        }
        let ((), ()) = join!(notify("done".to_owned()), notify("so".to_owned())).await;
        let (second, third) = try_join!(charge(order.clone()), charge(order)).await?;
        Ok(sum + second + third)
    }

    /// Settles many.
    #[workflow]
    pub async fn settle_all(orders: Vec<Order>) -> usize {
        let mut settled = Vec::new();
        for order in orders {
            if let Ok(sum) = settle(order, 1).await {
                settled.push(sum);
            }
        }
        settled.len()
    }
}

mod private {
    use sayiir::prelude::*;

    #[task]
    pub(crate) async fn double(n: u32) -> u32 {
        std::future::ready(n * 2).await
    }

    #[task]
    async fn ignores(_why: String) {
        std::future::ready(()).await;
    }

    #[workflow]
    pub(super) async fn twice(n: u32, _why: String) -> u32 {
        let once = double(n).await;
        let _word: String = signal!("word").await;
        ignores(String::new()).await;
        double(once).await
    }
}

fn main() {
    let order = bank::Order { cents: 1 };
    drop(bank::settle(order, 3));
    drop(bank::settle_all(Vec::new()));
    drop(private::twice(1, String::new()));
    println!("{} {}", bank::settle::DIAGRAM, bank::settle::DECISION.name());
}
