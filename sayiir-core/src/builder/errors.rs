//! The errors of a [`CheckpointingRunner`](super::CheckpointingRunner). Where one is answered, nothing of the operation
//! was stored; but for `Status`, and where the store failed while it wrote, which leaves that open.

use crate::backend::BackendError;
use crate::codec::Incompatible;
use crate::engine::{RetryError, StartEngineError, StartError, StatusError};
use crate::ids::{InvalidRunId, RunId};

/// Why a flow was not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// There is a run of that id: [`resume`](super::CheckpointingRunner::resume) goes on with it.
    #[error("run {run} exists already; `resume` goes on with it")]
    AlreadyExists {
        /// The run.
        run: RunId,
    },
    /// The flow cannot be run: a name stands in it twice, or a signal with two types. Or the store cannot be read.
    #[error(transparent)]
    Flow(#[from] StartEngineError),
    /// The run was not started for another reason.
    #[error(transparent)]
    Start(StartError),
    /// The run was started, and what became of it cannot be told.
    #[error(transparent)]
    Status(#[from] StatusError),
}

impl From<StartError> for RunError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::AlreadyExists { run } => Self::AlreadyExists { run },
            StartError::InvalidId(_)
            | StartError::NotRegistered { .. }
            | StartError::OtherWorkflow { .. }
            | StartError::Unencodable { .. }
            | StartError::TooLarge { .. }
            | StartError::Stopped { .. }
            | StartError::Backend(_) => Self::Start(error),
        }
    }
}

/// Why a run was not resumed or retried.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// The id cannot be one.
    #[error(transparent)]
    InvalidId(#[from] InvalidRunId),
    /// There is no such run.
    #[error("there is no run {run}")]
    NotFound {
        /// The id.
        run: RunId,
    },
    /// The run belongs to another flow: one of another name or, without a name, of other steps.
    #[error("run {run} is one of flow `{found}`, not `{expected}`")]
    OtherFlow {
        /// The run.
        run: RunId,
        /// The flow that it was to be resumed with.
        expected: String,
        /// The run's flow.
        found: String,
    },
    /// The run waits at a step that the flow does not have any more, or with a value that does not fit it.
    #[error("run {run} cannot be resumed with this flow")]
    Incompatible {
        /// The run.
        run: RunId,
        /// What does not fit.
        source: Incompatible,
    },
    /// The flow cannot be run: a name stands in it twice, or a signal with two types. Or the store cannot be read.
    #[error(transparent)]
    Flow(#[from] StartEngineError),
    /// The run was to be retried, and cannot be.
    #[error(transparent)]
    Retry(#[from] RetryError),
    /// What became of the run cannot be told.
    #[error(transparent)]
    Status(#[from] StatusError),
    /// The store failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}
