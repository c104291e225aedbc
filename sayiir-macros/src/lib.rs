//! The compiler of `sayiir`: `#[task]` and `#[workflow]`. Users name it through the facade crate.
#![forbid(unsafe_code)]

mod callable;
mod diagnostics;
mod duration;
mod options;
mod signature;
mod task;
#[cfg(test)]
mod tests;
mod workflow;

use proc_macro::TokenStream;

/// Makes an async function a task: a step that a workflow can run durably.
///
/// The function stays callable as it is. Options: `name = "…"`, `retries = N`, `backoff = A..B`, `timeout = D`,
/// `retry_if = path`, `at_most_once`, `max_concurrent = N`. Parameters marked `#[inject]` come from the engine, and a
/// `&TaskContext` tells the attempt about itself.
#[proc_macro_attribute]
pub fn task(attribute: TokenStream, item: TokenStream) -> TokenStream {
    task::compile(attribute.into(), &item.into()).into()
}

/// Compiles an async function into a durable workflow: a state machine that survives restarts.
///
/// Options: `name = "…"`, `timeout = D` for the whole run.
#[proc_macro_attribute]
pub fn workflow(attribute: TokenStream, item: TokenStream) -> TokenStream {
    workflow::compile(attribute.into(), &item.into()).into()
}
