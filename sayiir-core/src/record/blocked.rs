//! Why a run cannot go on.

use serde::{Deserialize, Serialize};

/// Why a run is blocked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum BlockReason {
    /// The code between two awaits panicked.
    #[error("the workflow's own code panicked: {message}")]
    StretchPanicked {
        /// The panic's message.
        message: String,
    },
    /// The last attempt of a task panicked.
    #[error("task `{task}` panicked: {message}")]
    TaskPanicked {
        /// The task's name.
        task: String,
        /// The panic's message.
        message: String,
    },
    /// The stored state does not fit this binary.
    #[error("{detail}")]
    Incompatible {
        /// Which variant or field, and why.
        detail: String,
    },
    /// A value could not be stored.
    #[error("{detail}")]
    Unencodable {
        /// Which variable, and why.
        detail: String,
    },
    /// A compensation failed for good.
    #[error("compensation `{task}` failed: {message}")]
    CompensationFailed {
        /// The task's name.
        task: String,
        /// Its last error.
        message: String,
    },
    /// Child workflows nest too deeply.
    #[error("child workflows nest deeper than {}", crate::step::MAX_DEPTH)]
    TooDeep,
}
