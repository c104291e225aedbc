//! A quarter of the generated bodies: each does the same as a plain async function and as a workflow.
#![allow(warnings, clippy::all, clippy::pedantic, reason = "generated code is not meant to be tidy")]

include!(concat!(env!("OUT_DIR"), "/batch_0.rs"));

#[test]
fn workflows_do_what_their_bodies_do_as_plain_functions() {
    sayiir_differential::case::check(CASES);
}
