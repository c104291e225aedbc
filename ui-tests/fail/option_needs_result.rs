//! Options about an error are for tasks that can return one; any task can be repeated when it panics.
use sayiir::prelude::*;

#[task(retries = 3, timeout = 10s)]
async fn charge(cents: u32) -> u32 {
    cents
}

#[task(at_most_once, backoff = 1s, retry_if = is_temporary)]
async fn notify(text: String) {
    println!("{text}");
}

fn main() {}
