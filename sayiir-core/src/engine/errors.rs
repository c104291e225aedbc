//! The errors of an engine's operations, one enum each. Where one is answered, nothing of the operation was stored;
//! `Backend`, where the store failed while it wrote, and `Stopped` leave that open.

mod control;
mod read;
mod signal;
mod start;

pub use control::{CancelError, PurgeError, RetryError};
pub use read::{HistoryError, ListError, ResultError, StateError, StatusError};
pub use signal::SignalError;
pub use start::{FindError, StartError};
