//! A join keeps the errors of its branches too: one that cannot be stored is named, on its branch.
use sayiir::prelude::*;

#[derive(Debug)]
pub struct Declined;

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("declined")
    }
}

#[task]
async fn charge(cents: u32) -> Result<u32, Declined> {
    Ok(cents)
}
#[task]
async fn book(cents: u32) -> Result<u32, Declined> {
    Ok(cents)
}
#[workflow]
async fn both(cents: u32) -> u32 {
    let (first, second) = join!(charge(cents), book(cents)).await;
    first.unwrap_or(0) + second.unwrap_or(0)
}
#[workflow]
async fn all(cents: Vec<u32>) -> u32 {
    let paid = join_all!(cents in cents => charge(cents)).await;
    paid.into_iter().map(|paid| paid.unwrap_or(0)).sum()
}
#[workflow]
async fn inside_another(cents: u32) -> u32 {
    let ((first,), _) = join!(join!(charge(cents)), sleep!(5s)).await;
    first.unwrap_or(0)
}
fn main() {}
