//! What a task or workflow returns is stored.
use sayiir::prelude::*;

pub struct Receipt {
    number: u32,
}

#[task]
async fn charge(cents: u32) -> Receipt {
    Receipt { number: cents }
}

#[task]
async fn refund(cents: u32) -> Result<Receipt, Timeout> {
    Ok(Receipt { number: cents })
}

#[workflow]
async fn settle(cents: u32) -> Receipt {
    charge(cents).await
}

#[workflow]
async fn collect(cents: u32) -> Result<Receipt, Timeout> {
    let receipt = refund(cents).await?;
    let again = refund(receipt.number).await?;
    Ok(Receipt { number: receipt.number + again.number })
}

#[task]
async fn shared(cents: u32) -> std::rc::Rc<u32> {
    std::rc::Rc::new(cents)
}

fn main() {}
