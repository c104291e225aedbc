//! What an engine tells `tracing`: spans with their documented names and fields, and events about a store that fails.
//!
//! A program of its own, in which every test takes [`Notes`] first of all and lets go of them last: `tracing` asks whether a span or
//! an event is wanted once for the whole process, so that a test which wants none could answer for the others.

mod notes;
mod spans;
mod speaking;
mod store;
