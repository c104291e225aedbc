//! Each signal is a constant of the workflow.
use sayiir::prelude::*;

#[workflow]
async fn settle() -> u32 {
    let first = signal!("a-b" as u32).await;
    let second = signal!("a_b" as u32).await;
    let third = signal!("diagram" as u32).await;
    first + second + third
}

fn main() {
    let _: Invocation<settle> = settle();
}
