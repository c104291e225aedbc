//! Tests of the compiler on source text: what is underlined, what is written, and that nothing makes it panic.

mod diagrams;
mod dumps;
mod expansions;
mod robustness;
mod spans;

use proc_macro2::TokenStream;

/// Source text as tokens that know their places.
fn tokens(source: &str) -> TokenStream {
    source.parse().unwrap_or_else(|error| panic!("{source}: {error}"))
}

/// The expansion of a `#[workflow]`.
fn workflow(item: &str) -> TokenStream {
    crate::workflow::compile(TokenStream::new(), &tokens(item))
}

/// The expansion of a `#[task]`.
fn task(item: &str) -> TokenStream {
    crate::task::compile(TokenStream::new(), &tokens(item))
}

/// Bodies that use one construct each.
const BODIES: [(&str, &str); 10] = [
    (
        "straight",
        "async fn straight(n: u32) -> u32 { let a = double(n).await; let b = double(a).await; a + b }",
    ),
    ("branches", "async fn branches(n: u32) -> u32 { if n > 1 { double(n).await } else { n } }"),
    (
        "choice",
        "async fn choice(n: u32) -> Result<u32, Failure> { match halve(n).await { Ok(half) => Ok(half), Err(error) => { notify().await; Err(error) } } }",
    ),
    (
        "attempts",
        "async fn attempts(n: u32) -> Result<u32, Failure> { let half = halve(n).await?; Ok(halve(half).await? + 1) }",
    ),
    (
        "repeats",
        "async fn repeats(n: u32) -> u32 { let mut sum = 0; while sum < n { sum += double(sum).await; } sum }",
    ),
    (
        "each",
        "async fn each(names: Vec<String>) -> u32 { let mut sum = 0; for name in names { sum += measure(name).await; } sum }",
    ),
    (
        "signals",
        "async fn signals() -> bool { let first: Result<bool, Timeout> = signal!(\"first\", 48h).await; first.unwrap_or(false) && signal!(\"second\" as bool).await }",
    ),
    ("hoisted", "async fn hoisted(n: u32) -> u32 { add(double(n).await, n + double(1).await).await }"),
    (
        "inferred",
        "async fn inferred(n: u32) -> usize { let mut seen = Vec::new(); seen.push(n); sleep!(5m).await; seen.len() }",
    ),
    (
        "together",
        "async fn together(n: u32) -> u32 { let (a, b) = join!(double(n), double(1)).await; select! { c = double(a) => c, _ = sleep!(2d) => b }.await }",
    ),
];
