//! What a run does to undo what it did, and how it ends once that is done.

use serde::{Deserialize, Serialize};

use crate::durable::Stored;
use crate::ids::Name;

/// A task to run, with these arguments, if the run fails or is cancelled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compensation {
    /// The task's durable name.
    pub task: Name,
    /// Its arguments, as a JSON array.
    pub input: Stored,
}

/// How a run ends that has something to compensate first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// It returned an error.
    Failed {
        /// The error and its sources, as text.
        error: String,
    },
    /// It was cancelled.
    Cancelled {
        /// As the caller gave it.
        reason: String,
    },
}
