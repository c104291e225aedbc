//! The type of a payload is known where the signal is awaited.
use sayiir::prelude::*;

#[workflow]
async fn settle() -> u32 {
    let first = signal!("first").await;
    let second = signal!("second", 48h).await?;
    signal!("third").await;
    match signal!("fourth", 48h).await {
        Ok(fourth) => fourth,
        Err(_) => first + second,
    }
}

#[workflow]
async fn inferred() -> u32 {
    let all: Vec<_> = signal!("all").await;
    let other = signal!("other" as Vec<_>).await;
    all.len() as u32
}

#[workflow]
async fn local() -> u32 {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Vote(u32);
    let vote: Vote = signal!("vote").await;
    vote.0 + signal!("other" as Vote).await.0
}

#[workflow]
async fn borrowed() -> usize {
    let text: &str = signal!("text").await;
    text.len()
}

/// Those who send such a signal did nothing wrong.
async fn sends(run: Run<settle>, other: Run<local>) -> Result<(), sayiir::engine::SignalError> {
    run.signal(settle::FIRST, &5u32).await?;
    run.signal(settle::SECOND, &"text".to_owned()).by("bob").await?;
    other.signal(local::VOTE, &vec![1u8]).await?;
    let first: Signal<u32> = settle::FIRST;
    println!("{}", first.name());
    Ok(())
}

fn main() {
    let _: Invocation<settle> = settle();
}
