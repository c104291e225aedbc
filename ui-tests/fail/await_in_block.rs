//! Only the body itself can wait.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn in_a_closure(amounts: Vec<u32>) -> u32 {
    amounts.into_iter().map(|cents| charge(cents).await).sum()
}

#[workflow]
async fn in_an_async_closure(amounts: Vec<u32>) -> u32 {
    amounts.into_iter().map(async |cents| charge(cents).await).count() as u32
}

#[workflow]
async fn in_an_async_block(cents: u32) -> u32 {
    let paid = async { charge(cents).await };
    paid.await
}

#[workflow]
async fn an_async_block(cents: u32) -> u32 {
    async move { cents + 1 }.await
}

#[workflow]
async fn in_a_macro(cents: u32) -> u32 {
    println!("{}", charge(cents).await);
    assert_eq!(charge(cents).await, 1, "paid");
    let all = vec![charge(1).await, charge(2).await];
    all[0]
}

#[workflow]
async fn in_a_guard(cents: u32) -> u32 {
    match cents {
        0 if charge(1).await == 1 => 1,
        _ => 2,
    }
}

#[workflow]
async fn in_unsafe(cents: u32) -> u32 {
    unsafe { charge(cents).await }
}

#[workflow]
async fn in_a_limit(cents: u32) -> u32 {
    sleep!(std::time::Duration::from_secs(charge(cents).await.into())).await;
    cents
}

fn main() {
    let _: Invocation<in_a_limit> = in_a_limit(1);
}
