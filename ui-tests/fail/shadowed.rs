//! A variable that hides another of its name is reported like any other.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> Result<u32, Timeout> {
    Ok(cents)
}

#[workflow]
async fn wrong_type(order: Option<u32>) -> Result<u32, Timeout> {
    if let Some(order) = order {
        let paid: String = charge(order).await?;
        println!("{paid}");
    }
    for order in 0..3u32 {
        let text: &str = order;
        charge(text.len() as u32).await?;
    }
    Ok(1)
}

#[workflow]
async fn still_needed(cents: u32) -> Result<u32, Timeout> {
    let total = cents;
    {
        let total: String = charge(total).await?;
        println!("{total}");
    }
    charge(total).await
}

#[workflow]
async fn moved(item: String) -> Result<usize, Timeout> {
    let size = item.len();
    if size > 3 {
        let item = format!("{item}!");
        drop(item);
        charge(1).await?;
        return Ok(item.len());
    }
    Ok(size)
}

fn main() {}
