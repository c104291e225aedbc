//! A reference cannot be stored, so it cannot be held across an await.
use sayiir::prelude::*;

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Order {
    items: Vec<String>,
    buyer: String,
}

#[task]
async fn ship(item: String) -> u32 {
    item.len() as u32
}

#[workflow]
async fn direct(order: Order) -> usize {
    let buyer = &order.buyer;
    ship(order.items[0].clone()).await;
    buyer.len()
}

#[workflow]
async fn by_pattern(order: Order) -> usize {
    let Order { ref buyer, .. } = order;
    ship("book".to_owned()).await;
    buyer.len()
}

#[workflow]
async fn by_match(order: Option<Order>) -> usize {
    match &order {
        Some(order) => {
            ship("book".to_owned()).await;
            order.items.len()
        }
        None => 0,
    }
}

#[workflow]
async fn by_method(order: Order) -> usize {
    let first = order.items.first();
    ship("book".to_owned()).await;
    first.map_or(0, |first| first.len())
}

#[workflow]
async fn by_iterator(order: Order) -> usize {
    let mut rest = order.items.iter();
    ship("book".to_owned()).await;
    rest.next().map_or(0, |first| first.len())
}

#[workflow]
async fn named(order: Order) -> usize {
    let buyer: &str = order.buyer.as_str();
    ship("book".to_owned()).await;
    buyer.len()
}

#[workflow]
async fn text(order: Order) -> usize {
    let greeting = if order.items.is_empty() { "hello" } else { "thanks" };
    ship("book".to_owned()).await;
    greeting.len()
}

fn main() {}
