//! Operations wait inside workflows.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    let more = signal!("paid" as u32).await;
    cents + more
}

async fn plain() {
    sleep!(5m).await;
    sleep_until!(Timestamp::UNIX_EPOCH).await;
}

fn main() {}
