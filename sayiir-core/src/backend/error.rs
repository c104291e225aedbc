//! What goes wrong in a store.

use std::sync::Arc;

use crate::ids::{Revision, RunId};

/// What went wrong in a store.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// A commit built on something that the store does not hold. Nothing of it was written.
    #[error("run {run} has changed: expected {}, found {}", at(*expected), at(*found))]
    Conflict {
        /// The run.
        run: RunId,
        /// What the commit built on.
        expected: Option<Revision>,
        /// What the store holds.
        found: Option<Revision>,
    },
    /// Another process has the database open, or this one has it open already.
    #[error("the database {path} is in use by another process, or by another handle of this one")]
    InUse {
        /// The database.
        path: String,
    },
    /// The data does not read as what was written.
    #[error("the database is damaged: {detail}")]
    Damaged {
        /// What, and where.
        detail: String,
    },
    /// The database was written by a newer version.
    #[error(
        "the database has format {found}, this version reads up to {supported}: open it with a newer one"
    )]
    NewerFormat {
        /// What it says.
        found: u32,
        /// What this version reads.
        supported: u32,
    },
    /// The device is full. Whether a commit was written shows when there is room again.
    #[error("the disk is full: {detail}")]
    StorageFull {
        /// What the system said.
        detail: String,
    },
    /// The system refused to read or write. Whether a commit was written shows when the store is opened again.
    #[error("i/o error: {detail}")]
    Io {
        /// What it said.
        detail: String,
        /// The error itself.
        #[source]
        source: Option<Arc<std::io::Error>>,
    },
    /// The store has failed or was closed, and takes nothing more until it is opened again.
    #[error("the store has stopped and has to be opened again: {detail}")]
    Stopped {
        /// Why.
        detail: String,
    },
}

/// What stands at a revision, for a message.
fn at(revision: Option<Revision>) -> String {
    revision.map_or_else(|| "no record".into(), |Revision(number)| format!("revision {number}"))
}

impl BackendError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::StorageFull { .. } | Self::Io { .. } => true,
            Self::Conflict { .. }
            | Self::InUse { .. }
            | Self::Damaged { .. }
            | Self::NewerFormat { .. }
            | Self::Stopped { .. } => false,
        }
    }
}
