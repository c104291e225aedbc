//! What sled and the system report, as the contract names it.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use sayiir_core::backend::BackendError;

/// Runs code of sled's and makes a panic in it an error: some damage is met by an assertion inside sled.
///
/// # Errors
/// That of `work`, or `Damaged` with the panic's message.
pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T, BackendError>) -> Result<T, BackendError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        Err(BackendError::Damaged { detail: format!("sled gave up on its files: {}", message(&*panic)) })
    })
}

/// What a panic said.
pub(crate) fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

/// An error of sled's.
pub(crate) fn from_sled(error: sled::Error) -> BackendError {
    match error {
        sled::Error::Io(error) => from_io("sled", error),
        sled::Error::Corruption { at, .. } => BackendError::Damaged {
            detail: match at {
                Some(at) => format!("sled found corruption at {at:?}"),
                None => "sled found corruption".into(),
            },
        },
        sled::Error::ReportableBug(detail) | sled::Error::Unsupported(detail) => {
            BackendError::Damaged { detail }
        }
        sled::Error::CollectionNotFound(name) => {
            BackendError::Damaged { detail: format!("sled lost the tree {}", name.escape_ascii()) }
        }
    }
}

/// An error of the system's, met while doing `what`.
pub(crate) fn from_io(what: &str, error: io::Error) -> BackendError {
    let detail = format!("{what}: {error}");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            BackendError::StorageFull { detail }
        }
        _ => BackendError::Io { detail, source: Some(Arc::new(error)) },
    }
}

/// Says where an error of the system's was met.
pub(crate) trait At<T> {
    /// # Errors
    /// The error, with what was being done.
    fn at(self, what: &str, path: &std::path::Path) -> Result<T, BackendError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, what: &str, path: &std::path::Path) -> Result<T, BackendError> {
        self.map_err(|error| from_io(&format!("{what} {}", path.display()), error))
    }
}
