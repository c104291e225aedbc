//! The branches of a `try_join!` can fail, and with one type of error.
use sayiir::prelude::*;

#[derive(Debug, thiserror::Error)]
#[error("declined")]
pub struct Declined;

#[derive(Debug, thiserror::Error)]
#[error("broken")]
pub struct Broken;

#[task]
async fn charge(cents: u32) -> Result<u32, Declined> {
    Ok(cents)
}

#[task]
async fn print(cents: u32) -> Result<u32, Broken> {
    Ok(cents)
}

#[task]
async fn double(cents: u32) -> u32 {
    cents * 2
}

#[workflow]
async fn child(cents: u32) -> u32 {
    double(cents).await
}

#[workflow]
async fn first(cents: u32) -> Result<u32, Declined> {
    let (one, two) = try_join!(double(cents), charge(cents)).await?;
    Ok(one + two)
}

#[workflow]
async fn second(cents: u32) -> Result<u32, Declined> {
    let (one, two) = try_join!(charge(cents), double(cents)).await?;
    Ok(one + two)
}

#[workflow]
async fn both(cents: u32) -> Result<u32, Declined> {
    let (one, two) = try_join!(child(cents), double(cents)).await?;
    Ok(one + two)
}

#[workflow]
async fn different_errors(cents: u32) -> Result<u32, Declined> {
    let (one, two) = try_join!(charge(cents), print(cents)).await?;
    Ok(one + two)
}

#[workflow]
async fn each(amounts: Vec<u32>) -> Result<usize, Declined> {
    let all = try_join_all!(cents in amounts => double(cents)).await?;
    Ok(all.len())
}

#[workflow]
async fn waits(cents: u32) -> Result<u32, Declined> {
    let (paid, (), ()) = try_join!(charge(cents), sleep!(5m), signal!("go" as ())).await?;
    Ok(paid)
}

fn main() {
    let _: Invocation<first> = first(1);
}
