//! Why a run was not started, or not found.

use crate::backend::BackendError;
use crate::engine::command::Refusal;
use crate::ids::{InvalidRunId, RunId};

/// Why a run was not started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The id cannot be one.
    #[error(transparent)]
    InvalidId(#[from] InvalidRunId),
    /// There is a run of that id. With [`or_attach`](crate::engine::Start::or_attach): of another workflow or with other arguments.
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
    /// What is registered under the workflow's name is another workflow: it begins with something else.
    #[error("another workflow is registered under the name `{workflow}`: it takes other arguments")]
    OtherWorkflow {
        /// The name.
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
    /// The engine was shut down. Of a run that was asked for before, it is not known whether it was started.
    #[error("the engine stopped before it could say that run {run} was started")]
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

impl StartError {
    pub(in crate::engine) fn from_refusal(run: RunId, workflow: String, refusal: Refusal) -> Self {
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
            | Refusal::NotWaiting(_)
            | Refusal::Misfit { .. } => Self::Backend(refusal.unexpected()),
        }
    }
}
