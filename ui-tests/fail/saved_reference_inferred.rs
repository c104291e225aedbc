//! A reference that only rustc can tell from an owned value is refused as any other value that cannot be stored.
use sayiir::prelude::*;

#[task]
async fn charge(cents: u32) -> u32 {
    cents
}

fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or("")
}

fn motto() -> &'static str {
    "pay"
}

const NAMES: [&str; 2] = ["a", "b"];

#[workflow]
async fn borrowed(name: String) -> usize {
    let first = first_word(&name);
    charge(1).await;
    first.len()
}

#[workflow]
async fn constant(cents: u32) -> usize {
    let text = motto();
    charge(cents).await;
    text.len()
}

#[workflow]
async fn optional(name: String) -> usize {
    let rest = name.strip_prefix("a");
    charge(1).await;
    rest.map_or(0, |rest| rest.len())
}

#[workflow]
async fn list(name: String) -> usize {
    let parts: Vec<_> = name.split(',').collect();
    charge(1).await;
    parts.len()
}

#[workflow]
async fn taken_apart(name: String) -> usize {
    let (head, tail) = name.split_once(',').unwrap_or_default();
    charge(1).await;
    head.len() + tail.len()
}

#[workflow]
async fn of_a_type_that_can_be_stored(names: Vec<String>) -> usize {
    let longest = names.iter().max();
    let Some(longest) = longest else { return 0 };
    charge(1).await;
    longest.len()
}

#[workflow]
async fn items(cents: u32) -> u32 {
    let mut paid = 0;
    for name in NAMES {
        paid += charge(name.len() as u32 + cents).await;
    }
    paid
}

fn main() {}
