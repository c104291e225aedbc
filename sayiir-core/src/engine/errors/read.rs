//! Why nothing could be told of a run: its status, its result, its state, its history; or of several.

use crate::backend::BackendError;
use crate::durable::Stored;
use crate::engine::Failure;
use crate::engine::command::Refusal;
use crate::ids::{InvalidRunId, RunId};
use crate::record::BlockReason;

/// Why a run's status is not known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatusError {
    /// The run was removed.
    #[error("there is no run {run}")]
    NotFound {
        /// The id.
        run: RunId,
    },
    /// The stored output is not of the workflow's type.
    #[error("the stored output of run {run} does not fit this version of the workflow")]
    Output {
        /// The run.
        run: RunId,
        /// What does not fit.
        source: serde_json::Error,
    },
    /// The engine stopped before the run had settled; the run goes on with the next engine.
    #[error("the engine stopped before run {run} had settled; the run goes on with the next engine")]
    Stopped {
        /// The run.
        run: RunId,
    },
    /// The store failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// Why a run has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResultError {
    /// The run ended with an error.
    #[error("run {run} failed: {error}")]
    Failed {
        /// The run.
        run: RunId,
        /// The error, with its sources.
        error: Failure,
    },
    /// The run was cancelled.
    #[error("run {run} was cancelled: {reason}")]
    Cancelled {
        /// The run.
        run: RunId,
        /// As the caller gave it.
        reason: String,
    },
    /// The run cannot go on without help; nothing of it is lost.
    #[error("run {run} is blocked, and goes on by `retry()` once that is mended: {reason}")]
    Blocked {
        /// The run.
        run: RunId,
        /// Why.
        reason: BlockReason,
    },
    /// The run was removed.
    #[error("there is no run {run}")]
    NotFound {
        /// The id.
        run: RunId,
    },
    /// The stored output is not of the workflow's type.
    #[error("the stored output of run {run} does not fit this version of the workflow")]
    Output {
        /// The run.
        run: RunId,
        /// What does not fit.
        source: serde_json::Error,
    },
    /// The engine stopped before the run ended; the run goes on with the next engine.
    #[error("the engine stopped before run {run} ended; the run goes on with the next engine")]
    Stopped {
        /// The run.
        run: RunId,
    },
    /// The store failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// Why a run's state is not known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// There is no such run.
    #[error("there is no run {run}")]
    NotFound {
        /// The id.
        run: RunId,
    },
    /// The run has completed, and waits nowhere.
    #[error("run {run} has completed and has no state any more")]
    Completed {
        /// The run.
        run: RunId,
    },
    /// The stored state is not one that this binary knows.
    #[error("the state of run {run} cannot be taken up by this version of the workflow")]
    Incompatible {
        /// The run.
        run: RunId,
        /// The state as it is stored.
        state: Stored,
        /// What does not fit.
        source: crate::codec::Incompatible,
    },
    /// The store failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// Why a history could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The id cannot be one.
    #[error(transparent)]
    InvalidId(#[from] InvalidRunId),
    /// There is no such run.
    #[error("there is no run {run}")]
    NotFound {
        /// The id.
        run: RunId,
    },
    /// The store failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// Why runs could not be listed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// The store failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

impl StatusError {
    /// Of a run that was to be taken up.
    pub(in crate::engine) fn from_refusal(run: RunId, refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::NotFound { run },
            Refusal::Stopped => Self::Stopped { run },
            Refusal::Backend(error) => Self::Backend(error),
            Refusal::Taken(_)
            | Refusal::Finished(_)
            | Refusal::Status(_)
            | Refusal::Compensated
            | Refusal::UnknownSignal { .. }
            | Refusal::NotWaiting(_)
            | Refusal::Misfit { .. }
            | Refusal::NotRegistered { .. } => Self::Backend(refusal.unexpected()),
        }
    }
}
