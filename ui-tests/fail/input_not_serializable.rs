//! Arguments are stored when the call is made.
use sayiir::prelude::*;

pub struct Order {
    cents: u32,
}

#[derive(serde::Serialize)]
pub struct Customer {
    name: String,
}

#[task]
async fn charge(cents: u32, order: Order, customer: Customer) -> u32 {
    cents + order.cents + customer.name.len() as u32
}

#[task]
async fn shared(cents: std::rc::Rc<u32>) -> u32 {
    *cents
}

#[workflow]
async fn settle(order: Order) -> u32 {
    order.cents
}

#[workflow]
async fn awaits(order: Order) -> u32 {
    charge(order.cents, Order { cents: 1 }, Customer { name: String::new() }).await;
    order.cents
}

fn main() {}
