//! A signal has a name, a type, a limit and `fresh`, in this order.
use sayiir::prelude::*;

const NAME: &str = "paid";

#[workflow]
async fn settle() -> Result<u32, Timeout> {
    let first: u32 = signal!().await;
    let second: u32 = signal!(NAME).await;
    let third: u32 = signal!("", 48h).await?;
    let fourth: u32 = signal!("fourth", 48h, 72h).await?;
    let fifth: u32 = signal!("fifth", fresh, 48h).await?;
    let sixth: u32 = signal!("sixth", 48h, fresh, fresh).await?;
    let seventh = signal!("seventh" as).await;
    let eighth: u32 = signal!("eighth" 48h).await?;
    let ninth: u32 = signal!(paid, 48h).await?;
    let tenth: u32 = signal!("tenth", 48h fresh).await?;
    Ok(first + second + third + fourth + fifth + sixth + seventh + eighth + ninth + tenth)
}

fn main() {
    let _: Invocation<settle> = settle();
}
