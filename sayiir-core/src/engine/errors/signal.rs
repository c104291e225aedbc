//! Why a signal was not accepted.

use crate::backend::BackendError;
use crate::engine::command::Refusal;
use crate::ids::{InvalidRunId, RunId};
use crate::record::StatusKind;
use crate::signal::listed;

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
    /// The run has ended, or only undoes what it did before it ends.
    #[error("run {run} takes no more signals: it is {status}")]
    Finished {
        /// The run.
        run: RunId,
        /// How it ended, or that it is compensating, or blocked meanwhile.
        status: StatusKind,
    },
    /// The run does not wait for the signal just now: see [`only_if_waiting`](crate::engine::SendSignal::only_if_waiting).
    #[error("run {run} does not wait for signal `{signal}`: it is {status}")]
    NotWaiting {
        /// The run.
        run: RunId,
        /// The name.
        signal: String,
        /// What the run is about.
        status: StatusKind,
    },
    /// The run's workflows declare no signal of that name.
    #[error("run {run} has no signal `{signal}`; it has {}", listed(declared))]
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
    /// The idempotency key is empty, as one is that a caller did not send: every such signal would be taken for a repetition of
    /// the first.
    #[error(
        "the idempotency key of signal `{signal}` to run {run} is empty: give none, or one of its own to each signal"
    )]
    EmptyKey {
        /// The run.
        run: RunId,
        /// The name.
        signal: String,
    },
    /// The payload is too large, together with who sent it and the idempotency key.
    #[error("the payload of signal `{signal}` to run {run} takes {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// The run.
        run: RunId,
        /// The name.
        signal: String,
        /// Its size as JSON, and that of the texts.
        bytes: usize,
        /// The engine's limit.
        limit: usize,
    },
    /// The run's workflow was not registered with this engine, so that the payload cannot be checked.
    #[error(
        "run {run} is one of workflow `{workflow}`, which is not registered: `Engine::builder().workflow::<..>()`, or \
         `.flow(&..)`"
    )]
    NotRegistered {
        /// The run.
        run: RunId,
        /// Its workflow.
        workflow: String,
    },
    /// The engine was shut down. Of a signal that was sent before, it is not known whether it was stored.
    #[error("the engine stopped before it could say that the signal to run {run} was stored")]
    Stopped {
        /// The run.
        run: RunId,
    },
    /// The store failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

impl SignalError {
    pub(in crate::engine) fn from_refusal(run: RunId, signal: String, refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::NotFound { run },
            Refusal::Finished(status) | Refusal::Status(status) => Self::Finished { run, status },
            Refusal::NotWaiting(status) => Self::NotWaiting { run, signal, status },
            Refusal::UnknownSignal { declared } => Self::UnknownSignal { run, signal, declared },
            Refusal::Misfit { expected, error } => Self::Payload { run, signal, expected, detail: error },
            Refusal::NotRegistered { workflow } => Self::NotRegistered { run, workflow },
            Refusal::Stopped => Self::Stopped { run },
            Refusal::Backend(error) => Self::Backend(error),
            Refusal::Taken(_) | Refusal::Compensated => Self::Backend(refusal.unexpected()),
        }
    }
}
