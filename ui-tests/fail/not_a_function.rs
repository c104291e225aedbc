//! The attributes go on functions.
use sayiir::prelude::*;

#[task]
struct Charge {
    cents: u32,
}

#[workflow]
mod settle {}

#[workflow]
impl Charge {
    async fn settle(&self) {}
}

fn main() {
    let _ = Charge { cents: 1 }.cents;
}
