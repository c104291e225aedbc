//! Code of the user, which may panic: what it panicked with is an error.

use std::any::Any;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs code of the user; what it panicked with is the error.
pub(crate) fn caught<T>(code: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|panic| panic_message(&*panic))
}

/// The words of a panic.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without words".into())
}

/// Reads a payload as the user's type does; why it does not read is the error, in words.
pub(crate) fn received<T, E: Display>(read: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match caught(read) {
        Ok(read) => read.map_err(|error| error.to_string()),
        Err(panic) => Err(format!("its `Deserialize` panicked: {panic}")),
    }
}
