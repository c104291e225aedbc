//! Futures of other libraries do not survive a restart.
use std::time::Duration;
use sayiir::prelude::*;

#[workflow]
async fn timers() -> u32 {
    tokio::time::sleep(Duration::from_secs(1)).await;
    tokio::time::sleep_until(tokio::time::Instant::now()).await;
    tokio::time::timeout(Duration::from_secs(1), std::future::ready(1)).await.unwrap()
}

#[workflow]
async fn combinators() -> u32 {
    tokio::select! {
        _ = tokio::time::sleep(Duration::from_secs(1)) => 1,
        else => 2,
    }
}

#[workflow]
async fn macros() -> (u32, u32) {
    tokio::join!(std::future::ready(1), std::future::ready(2)).await;
    tokio::task::spawn(async { 1 }).await.unwrap();
    futures_util::future::ready(1).await;
    futures_util::join!(std::future::ready(1), std::future::ready(2))
}

fn main() {
    let _: Invocation<timers> = timers();
}
