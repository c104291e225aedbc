//! Why a run was not cancelled, retried or removed.

use crate::backend::BackendError;
use crate::engine::command::Refusal;
use crate::ids::{InvalidRunId, RunId};
use crate::record::StatusKind;

/// Why a run was not cancelled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CancelError {
    /// The id cannot be one.
    #[error(transparent)]
    InvalidId(#[from] InvalidRunId),
    /// There is no such run.
    #[error("there is no run {run}")]
    NotFound {
        /// The id.
        run: RunId,
    },
    /// The run has ended; or it undoes what it did, and is about to end for another reason.
    #[error("run {run} cannot be cancelled: it is {status}")]
    Finished {
        /// The run.
        run: RunId,
        /// What it is.
        status: StatusKind,
    },
    /// The reason is too large.
    #[error("the reason to cancel run {run} takes {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// The run.
        run: RunId,
        /// Its size.
        bytes: usize,
        /// The engine's limit, that of payloads.
        limit: usize,
    },
    /// The engine was shut down. If that was asked before, it is not known whether the run was cancelled.
    #[error("the engine stopped before it could say that run {run} was cancelled")]
    Stopped {
        /// The run.
        run: RunId,
    },
    /// The store failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// Why a run was not retried.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RetryError {
    /// The id cannot be one.
    #[error(transparent)]
    InvalidId(#[from] InvalidRunId),
    /// There is no such run.
    #[error("there is no run {run}")]
    NotFound {
        /// The id.
        run: RunId,
    },
    /// The run neither failed nor is blocked.
    #[error("run {run} cannot be retried: it is {status}")]
    NotFailed {
        /// The run.
        run: RunId,
        /// What it is.
        status: StatusKind,
    },
    /// What the run did has been undone, so there is nothing to go on from.
    #[error("run {run} cannot be retried: what it did has been compensated")]
    Compensated {
        /// The run.
        run: RunId,
    },
    /// The engine was shut down. If that was asked before, it is not known whether the run was retried.
    #[error("the engine stopped before it could say that run {run} was retried")]
    Stopped {
        /// The run.
        run: RunId,
    },
    /// The store failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// Why a run was not removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PurgeError {
    /// The id cannot be one.
    #[error(transparent)]
    InvalidId(#[from] InvalidRunId),
    /// There is no such run.
    #[error("there is no run {run}")]
    NotFound {
        /// The id.
        run: RunId,
    },
    /// The run has not ended.
    #[error("run {run} cannot be removed before it has ended: it is {status}")]
    NotFinished {
        /// The run.
        run: RunId,
        /// What it is.
        status: StatusKind,
    },
    /// The engine was shut down. If that was asked before, it is not known whether the run was removed.
    #[error("the engine stopped before it could say that run {run} was removed")]
    Stopped {
        /// The run.
        run: RunId,
    },
    /// The store failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// The refusals that any command about an existing run may meet with.
macro_rules! from_refusal {
    ($error:ident, $status:ident, |$run:ident, $refusal:ident| $compensated:expr) => {
        impl $error {
            pub(in crate::engine) fn from_refusal(run: RunId, refusal: Refusal) -> Self {
                match refusal {
                    Refusal::NotFound => Self::NotFound { run },
                    Refusal::Finished(status) | Refusal::Status(status) => Self::$status { run, status },
                    Refusal::Stopped => Self::Stopped { run },
                    Refusal::Backend(error) => Self::Backend(error),
                    $refusal @ Refusal::Compensated => {
                        let $run = run;
                        $compensated
                    }
                    Refusal::Taken(_)
                    | Refusal::UnknownSignal { .. }
                    | Refusal::NotWaiting(_)
                    | Refusal::Misfit { .. }
                    | Refusal::NotRegistered { .. } => Self::Backend(refusal.unexpected()),
                }
            }
        }
    };
}

from_refusal!(CancelError, Finished, |_run, refusal| Self::Backend(refusal.unexpected()));
from_refusal!(RetryError, NotFailed, |run, _refusal| Self::Compensated { run });
from_refusal!(PurgeError, NotFinished, |_run, refusal| Self::Backend(refusal.unexpected()));
