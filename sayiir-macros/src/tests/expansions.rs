//! The code that is written for typical bodies.

use super::BODIES;

#[test]
fn typical_bodies_expand_to_known_code() {
    for (name, item) in BODIES {
        insta::assert_snapshot!(format!("workflow_{name}"), pretty(super::workflow(item)), item);
    }
}

#[test]
fn tasks_expand_to_known_code() {
    let plain = "pub async fn double(n: u32) -> u32 { n * 2 }";
    insta::assert_snapshot!("task_plain", pretty(super::task(plain)), plain);
    let options = "retries = 3, backoff = 200ms..30s, timeout = 10s, retry_if = is_temporary, at_most_once, max_concurrent = 8";
    let full = "async fn charge(#[inject] bank: &Bank, cx: &TaskContext, order: Order, cents: u32) -> Result<Receipt, Declined> { bank.take(order, cents).await }";
    let expanded = crate::task::compile(super::tokens(options), &super::tokens(full));
    insta::assert_snapshot!("task_with_options", pretty(expanded), full);
}

#[test]
fn a_half_typed_body_keeps_the_whole_surface() {
    let half = "pub async fn settle(cents: u32) -> u32 { let paid = charge(cents).await; if paid. }";
    insta::assert_snapshot!("workflow_half_typed", pretty(super::workflow(half)), half);
}

#[test]
fn expansions_do_not_depend_on_chance() {
    for (name, item) in BODIES {
        assert_eq!(super::workflow(item).to_string(), super::workflow(item).to_string(), "{name}");
    }
}

fn pretty(expansion: proc_macro2::TokenStream) -> String {
    let text = expansion.to_string();
    // A half-typed body is kept in a group that is no valid Rust.
    syn::parse2(expansion).map_or(text, |file| prettyplease::unparse(&file))
}
