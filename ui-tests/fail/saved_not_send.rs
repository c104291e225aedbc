//! A stored value may be taken up on another thread.
use sayiir::prelude::*;
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard};

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn inferred(cents: u32) -> u32 {
    let shared = Rc::new(cents);
    charge(cents).await;
    *shared
}

#[workflow]
async fn named(cents: u32) -> u32 {
    let shared: Rc<u32> = Rc::new(cents);
    charge(cents).await;
    *shared
}

static BALANCE: Mutex<u32> = Mutex::new(0);

#[workflow]
async fn guard(cents: u32) -> u32 {
    let mut balance = BALANCE.lock().unwrap();
    *balance += charge(cents).await;
    *balance
}

#[workflow]
async fn named_guard(cents: u32) -> u32 {
    let balance: MutexGuard<'_, u32> = BALANCE.lock().unwrap();
    charge(cents).await;
    *balance
}

fn main() {}
