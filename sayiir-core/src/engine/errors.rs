//! The errors of an engine's operations, one enum each. Whatever the error, nothing of the operation was stored.

use crate::backend::BackendError;
use crate::durable::Stored;
use crate::engine::command::Refusal;
use crate::history::Tampered;
use crate::ids::{InvalidRunId, RunId};
use crate::record::{BlockReason, StatusKind};

use super::status::Failure;

/// Why a run was not started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The id cannot be one.
    #[error(transparent)]
    InvalidId(#[from] InvalidRunId),
    /// There is a run of that id. With [`or_attach`](super::Start::or_attach): of another workflow or with other arguments.
    #[error("run {run} exists already")]
    AlreadyExists {
        /// The run.
        run: RunId,
    },
    /// The workflow was not registered with this engine.
    #[error("workflow `{workflow}` is not registered: `Engine::builder().workflow::<..>()`, or `.flow(&..)`")]
    NotRegistered {
        /// The workflow.
        workflow: String,
    },
    /// The arguments do not go to JSON.
    #[error("the arguments of run {run} cannot be stored")]
    Unencodable {
        /// The run.
        run: RunId,
        /// What the encoder said.
        source: serde_json::Error,
    },
    /// The arguments are too large.
    #[error("the arguments of run {run} take {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// The run.
        run: RunId,
        /// Their size as JSON.
        bytes: usize,
        /// The engine's limit.
        limit: usize,
    },
    /// The engine was shut down before the run was started.
    #[error("the engine stopped before run {run} was started")]
    Stopped {
        /// The run.
        run: RunId,
    },
    /// The store failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// Why a run was not found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FindError {
    /// The id cannot be one.
    #[error(transparent)]
    InvalidId(#[from] InvalidRunId),
    /// There is no such run.
    #[error("there is no run {run}")]
    NotFound {
        /// The id.
        run: RunId,
    },
    /// The run belongs to another workflow.
    #[error("run {run} is one of workflow `{found}`, not `{expected}`")]
    OtherWorkflow {
        /// The run.
        run: RunId,
        /// The workflow that was asked for.
        expected: String,
        /// The run's workflow.
        found: String,
    },
    /// The store failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// Why a signal was not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignalError {
    /// The id cannot be one.
    #[error(transparent)]
    InvalidId(#[from] InvalidRunId),
    /// There is no such run.
    #[error("there is no run {run}")]
    NotFound {
        /// The id.
        run: RunId,
    },
    /// The run has ended.
    #[error("run {run} takes no more signals: it is {status}")]
    Finished {
        /// The run.
        run: RunId,
        /// How it ended.
        status: StatusKind,
    },
    /// The run's workflows declare no signal of that name.
    #[error("run {run} has no signal `{signal}`; it has {}", list(declared))]
    UnknownSignal {
        /// The run.
        run: RunId,
        /// The name.
        signal: String,
        /// The names it could have been.
        declared: Vec<&'static str>,
    },
    /// The payload is not of the declared type.
    #[error("the payload of signal `{signal}` to run {run} is not a `{expected}`: {detail}")]
    Payload {
        /// The run.
        run: RunId,
        /// The name.
        signal: String,
        /// The declared type.
        expected: &'static str,
        /// What does not fit.
        detail: String,
    },
    /// The payload does not go to JSON.
    #[error("the payload of signal `{signal}` to run {run} cannot be stored")]
    Unencodable {
        /// The run.
        run: RunId,
        /// The name.
        signal: String,
        /// What the encoder said.
        source: serde_json::Error,
    },
    /// The payload is too large.
    #[error("the payload of signal `{signal}` to run {run} takes {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// The run.
        run: RunId,
        /// The name.
        signal: String,
        /// Its size as JSON.
        bytes: usize,
        /// The engine's limit.
        limit: usize,
    },
    /// The run's workflow was not registered with this engine, so that the payload cannot be checked.
    #[error("run {run} is one of workflow `{workflow}`, which is not registered")]
    NotRegistered {
        /// The run.
        run: RunId,
        /// Its workflow.
        workflow: String,
    },
    /// The engine was shut down before the signal was stored.
    #[error("the engine stopped before the signal to run {run} was stored")]
    Stopped {
        /// The run.
        run: RunId,
    },
    /// The store failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

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
    /// The run has ended.
    #[error("run {run} cannot be cancelled: it is {status}")]
    Finished {
        /// The run.
        run: RunId,
        /// How it ended.
        status: StatusKind,
    },
    /// The engine was shut down before the run was cancelled.
    #[error("the engine stopped before run {run} was cancelled")]
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
    /// The engine was shut down before the run was retried.
    #[error("the engine stopped before run {run} was retried")]
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
    #[error("run {run} cannot be removed: it is {status}")]
    NotFinished {
        /// The run.
        run: RunId,
        /// What it is.
        status: StatusKind,
    },
    /// The engine was shut down before the run was removed.
    #[error("the engine stopped before run {run} was removed")]
    Stopped {
        /// The run.
        run: RunId,
    },
    /// The store failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

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
    /// The engine stopped before the run had settled.
    #[error("the engine stopped before run {run} had settled")]
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
    #[error("run {run} is blocked: {reason}")]
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
    #[error("the engine stopped before run {run} ended")]
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
    #[error("the state of run {run}: {source}")]
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
    /// It does not hold.
    #[error(transparent)]
    Tampered(#[from] Tampered),
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

fn list(names: &[&str]) -> String {
    if names.is_empty() {
        return "none".into();
    }
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

impl StartError {
    pub(super) fn from_refusal(run: RunId, workflow: String, refusal: Refusal) -> Self {
        match refusal {
            Refusal::Taken(_) => Self::AlreadyExists { run },
            Refusal::NotRegistered { .. } => Self::NotRegistered { workflow },
            Refusal::Stopped => Self::Stopped { run },
            Refusal::Backend(error) => Self::Backend(error),
            Refusal::NotFound
            | Refusal::Finished(_)
            | Refusal::Status(_)
            | Refusal::Compensated
            | Refusal::UnknownSignal { .. }
            | Refusal::Misfit { .. } => Self::Backend(refusal.unexpected()),
        }
    }
}

impl StatusError {
    /// Of a run that was to be taken up.
    pub(super) fn from_refusal(run: RunId, refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::NotFound { run },
            Refusal::Stopped => Self::Stopped { run },
            Refusal::Backend(error) => Self::Backend(error),
            Refusal::Taken(_)
            | Refusal::Finished(_)
            | Refusal::Status(_)
            | Refusal::Compensated
            | Refusal::UnknownSignal { .. }
            | Refusal::Misfit { .. }
            | Refusal::NotRegistered { .. } => Self::Backend(refusal.unexpected()),
        }
    }
}

impl SignalError {
    pub(super) fn from_refusal(run: RunId, signal: String, refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::NotFound { run },
            Refusal::Finished(status) | Refusal::Status(status) => Self::Finished { run, status },
            Refusal::UnknownSignal { declared } => Self::UnknownSignal { run, signal, declared },
            Refusal::Misfit { expected, error } => Self::Payload { run, signal, expected, detail: error },
            Refusal::NotRegistered { workflow } => Self::NotRegistered { run, workflow },
            Refusal::Stopped => Self::Stopped { run },
            Refusal::Backend(error) => Self::Backend(error),
            Refusal::Taken(_) | Refusal::Compensated => Self::Backend(refusal.unexpected()),
        }
    }
}

/// The refusals that any command about an existing run may meet with.
macro_rules! from_refusal {
    ($error:ident, $status:ident, |$run:ident, $refusal:ident| $compensated:expr) => {
        impl $error {
            pub(super) fn from_refusal(run: RunId, refusal: Refusal) -> Self {
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
