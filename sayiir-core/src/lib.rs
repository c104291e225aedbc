//! The machine, the engine and the backend contract of `sayiir`. Users name everything through the facade crate `sayiir`.
#![forbid(unsafe_code)]

pub mod arguments;
pub mod backend;
pub mod body;
pub mod bounds;
pub mod builder;
mod bytes;
mod caught;
pub mod clock;
pub mod codec;
pub mod conditions;
pub mod durable;
pub mod engine;
pub mod history;
pub mod ids;
pub mod iterate;
mod machine;
pub mod memory;
pub mod operation;
#[doc(hidden)]
pub mod private;
pub mod project;
pub mod record;
mod scratch;
pub mod send_event;
pub mod signal;
pub mod step;
pub mod task;
#[cfg(feature = "testing")]
pub mod testing;
pub mod versions;
pub mod workflow;
