//! One signal has one payload type.
use sayiir::prelude::*;

#[workflow]
async fn settle() -> u32 {
    let first: u32 = signal!("paid").await;
    let second: u64 = signal!("paid").await;
    let third = signal!("paid" as String, 48h).await;
    first + u32::try_from(second).unwrap_or(0) + third.map_or(0, |third| third.len() as u32)
}

fn main() {
    let _: Invocation<settle> = settle();
}
