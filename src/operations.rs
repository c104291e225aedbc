//! The operations that are written as macros.
//!
//! `#[workflow]` reads them itself, so that inside a workflow none of these is ever expanded: they are here to be found by name,
//! to be documented, and to say what is wrong where they stand outside of one.

mod join;
mod run_id;
mod select;
mod signal;
mod sleep;
mod spawn;
