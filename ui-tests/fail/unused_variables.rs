//! A variable that is never used is reported; one that is used behind a wait only, or under `#[allow]`, is not.
#![deny(unused_variables)]
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> Result<u32, Timeout> {
    Ok(cents)
}

#[workflow]
async fn settle(cents: u32, forgotten: u32) -> Result<u32, Timeout> {
    let paid = charge(cents).await?;
    let used_late = charge(1).await?;
    let _meant = charge(2).await?;
    for round in 0..3u32 {
        charge(3).await?;
    }
    if let Some(rest) = Some(cents) {
        charge(4).await?;
    }
    charge(used_late).await
}

#[workflow]
#[allow(unused_variables)]
async fn allowed(cents: u32) -> Result<u32, Timeout> {
    let paid = charge(1).await?;
    charge(2).await
}

#[workflow]
async fn allowed_inside(cents: u32) -> Result<u32, Timeout> {
    #[allow(unused_variables)]
    let paid = charge(cents).await?;
    charge(2).await
}

fn main() {}
