//! What the compiler says, and what it accepts without a word: one file for each rule, compiled as a user's crate would be.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes the `.stderr` files anew; every change in them is read before it is kept.

/// Every rule of the language that can be broken, with what the user is told.
#[test]
fn misuse_is_reported_on_the_users_own_tokens() {
    trybuild::TestCases::new().compile_fail("ui-tests/fail/*.rs");
}
