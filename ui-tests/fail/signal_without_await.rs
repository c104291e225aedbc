//! An operation does nothing by itself.
use sayiir::prelude::*;

#[workflow]
async fn settle(cents: u32) -> u32 {
    signal!("paid" as u32);
    sleep!(5m);
    let _refund: Result<u32, Timeout> = signal!("refund", 48h);
    let _answer = Some(signal!("answer" as u32));
    sleep_until!(Timestamp::UNIX_EPOCH);
    cents
}

fn main() {
    let _: Invocation<settle> = settle(1);
}
