//! Why an engine did not start.

use crate::backend::BackendError;

/// Why an engine did not start. Nothing has run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartEngineError {
    /// No backend was given.
    #[error("an engine needs a backend: `Engine::builder().backend(..)`")]
    NoBackend,
    /// Tasks want things that nobody provided; all of them are listed.
    #[error("not provided: {}; use `Engine::builder().provide(..)`", missing.join(", "))]
    MissingDependencies {
        /// Each missing type with the tasks that want it.
        missing: Vec<String>,
    },
    /// A signal name has two payload types in one tree of workflows; all such names are listed.
    #[error("a signal has one payload type in a workflow and all that it calls: {}", conflicts.join(", "))]
    ConflictingSignals {
        /// Each name with its workflow and its types.
        conflicts: Vec<String>,
    },
    /// A workflow that another one awaits has something to undo when it fails, and its error cannot be stored meanwhile; all such
    /// workflows are listed.
    #[error(
        "the error of a workflow that is awaited and uses `compensate!` is stored while it undoes: let it implement \
         `serde::Serialize` and `serde::Deserialize`, or `From<sayiir::Failure>`: {}",
        workflows.join(", ")
    )]
    UnstorableErrors {
        /// Each workflow with what it returns.
        workflows: Vec<String>,
    },
    /// Two workflows have one durable name.
    #[error("two workflows have the same name: {}; give one of them another with `#[workflow(name = \"…\")]` or `.name(\"…\")`", names.join(", "))]
    DuplicateNames {
        /// Each name with the later type that claims it.
        names: Vec<String>,
    },
    /// Several tasks have one durable name, by which they are found when they are to undo what was done, and counted for
    /// `max_concurrent`; all such names are listed.
    #[error("several tasks have the same name: {}; give all but one another with `#[task(name = \"…\")]`", tasks.join("; "))]
    DuplicateTasks {
        /// Each name with all types that claim it.
        tasks: Vec<String>,
    },
    /// Flows were registered that have no name; all of them are listed.
    #[error("a flow that an engine runs has a name, `.name(\"…\")`: {}", flows.join(", "))]
    UnnamedFlows {
        /// Each of them by its steps.
        flows: Vec<String>,
    },
    /// A name stands twice in one flow: two of its steps, or two branches of a fork, have it; or a step is called `Start`, as the
    /// place before the first one. All such names are listed.
    #[error("a name stands once in a flow: {}", names.join(", "))]
    RepeatedNames {
        /// Each name with its flow.
        names: Vec<String>,
    },
    /// The system has no random numbers to give.
    #[error("the system gives no random numbers: {detail}")]
    NoRandomness {
        /// What it said.
        detail: String,
    },
    /// The store cannot be read.
    #[error("the store cannot be read")]
    Backend(#[from] BackendError),
}
