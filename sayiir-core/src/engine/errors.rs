//! The errors of an engine's operations, one enum each. Whatever the error, nothing of the operation was stored.

mod control;
mod read;
mod signal;
mod start;

pub use control::{CancelError, PurgeError, RetryError};
pub use read::{HistoryError, ListError, ResultError, StateError, StatusError};
pub use signal::SignalError;
pub use start::{FindError, StartError};
