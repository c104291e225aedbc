//! The engine runs tasks on its threads.
use sayiir::prelude::*;
use std::rc::Rc;

#[task]
async fn charge(cents: u32) -> u32 {
    let shared = Rc::new(cents);
    std::future::ready(()).await;
    *shared
}

fn main() {}
