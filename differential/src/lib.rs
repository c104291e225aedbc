//! The differential suite: random function bodies, each compiled as a plain async function and as a workflow. Both run on
//! the same scripted outcomes, the workflow with a round trip through JSON at every suspension, and have to do the same.
//!
//! `build.rs` writes the bodies with the generator in `generator/`; `tests/` runs them. One body is one text: the modules
//! [`plain`] and [`durable`] give its names their two meanings.
//!
//! ```text
//! cargo test -p sayiir-differential                            the bodies of the fixed seed
//! differential/soak.sh 10000 7                                 10,000 bodies of seed 7, in batches
//! SAYIIR_DIFF_SEED=7 SAYIIR_DIFF_FIRST=123 SAYIIR_DIFF_COUNT=1 cargo test -p sayiir-differential
//!                                                              one body of another seed
//! ```
//! A body that does not compile stands in a file named after its number, which rustc shows; one that differs is printed
//! with its seed, its number and both traces.
#![forbid(unsafe_code)]
#![allow(clippy::missing_panics_doc, reason = "panicking is how a test helper reports")]

pub mod case;
pub mod durable;
pub mod plain;
pub mod rng;
pub mod tasks;
pub mod values;
pub mod world;

#[path = "../../tests/support/mod.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::needless_pass_by_value,
    reason = "shared with the tests of the facade crate"
)]
mod support;

/// Puts a line into the trace. The compiler does not know this macro and has to find the variables in it.
#[macro_export]
macro_rules! trace {
    ($($arguments:tt)*) => { $crate::world::note(format!($($arguments)*)) };
}

/// Whether a loop may take another turn.
#[must_use]
pub fn turn() -> bool {
    world::turn()
}
