//! What the differential suite found, reduced: each body runs to its end with a round trip at every suspension.
#![allow(clippy::unused_async, reason = "tasks are async by definition")]
#![allow(clippy::similar_names, unused_variables, reason = "shadowing is what some of these bodies are about")]

mod support;

use sayiir::prelude::*;
use support::drive;

#[task]
async fn number(n: i64) -> i64 {
    n + 1
}

#[workflow]
async fn hidden_twice(s: String) -> String {
    let mut turns = 0;
    while turns < 2 {
        let s = number(turns).await;
        let s = Some(s);
        turns = s.unwrap_or(9);
    }
    s
}

#[test]
fn a_variable_hidden_twice_in_one_scope_comes_back() {
    assert_eq!(drive::<hidden_twice>(("kept".to_owned(),), vec![]).0, "kept");
}

#[workflow]
async fn names_of_ours(entry: String, number_output: i64) -> String {
    let state = 1;
    for step in vec![2, 3] {
        let entry = number(step).await;
        let state = entry + number(state).await;
        let number_output = state + number(entry).await;
        assert_eq!(number_output, state + entry + 1);
    }
    format!("{entry} {state} {number_output}")
}

#[test]
fn variables_may_be_named_like_those_of_the_compiler() {
    let (output, _) = drive::<names_of_ours>(("kept".to_owned(), 7), vec![]);
    assert_eq!(output, "kept 1 7");
}
