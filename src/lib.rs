#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(doctest)]
mod book;
pub mod errors;

mod attributes;
mod operations;

#[doc(hidden)]
pub use sayiir_core::private as __private;

// What a workflow is written with.
pub use attributes::{task, workflow};
pub use sayiir_core::durable::{Durable, Stored};
pub use sayiir_core::ids::RunId;
pub use sayiir_core::operation::AlreadyExists;
pub use sayiir_core::signal::{Received, Signal, Timeout};
pub use sayiir_core::task::{Interrupted, Task, TaskContext};
pub use sayiir_core::workflow::{Invocation, Startable, Workflow, WorkflowState};

// What a flow of closures is written with.
pub use sayiir_core::builder::{CheckpointingRunner, Flow, StepError, WorkflowBuilder, WorkflowContext};

// What drives it.
pub use sayiir_core::engine::{Engine, Failure, Filter, Run, WorkflowStatus};
pub use sayiir_core::record::StatusKind;

// What keeps it.
pub use sayiir_core::memory::InMemoryBackend;
pub use sayiir_core::send_event::SendEvent;
#[cfg(feature = "sled")]
pub use sayiir_sled::SledBackend;

/// The point in time that statuses, histories and [`sleep_until!`] speak of.
pub use jiff::Timestamp;

pub use sayiir_core::{bounds, builder, clock, conditions, engine, history, operation, record, versions};

/// What a store has to do, and everything that its author names. `testing::conformance` holds each line of it against a store.
pub mod backend {
    pub use sayiir_core::backend::*;
    pub use sayiir_core::ids::{Incarnation, LeafPath, Revision, StepNumber};
    pub use sayiir_core::signal::Message;
}

/// Opening a database otherwise than by [`SledBackend::open`], and what its exports, imports and checks answer.
#[cfg(feature = "sled")]
pub mod sled {
    pub use sayiir_sled::{Durability, ExportError, ImportError, Options, Report, SledBackend, Stats};
}

/// The test kit: an engine on a virtual clock, crashes at every commit, and what every backend has to hold.
///
/// Behind the feature `testing`, which belongs into `[dev-dependencies]`.
#[cfg(feature = "testing")]
pub mod testing {
    #[doc(inline)]
    pub use sayiir_core::testing::*;
}

/// Everything that a program usually names: `use sayiir::prelude::*;`.
pub mod prelude {
    #[cfg(feature = "sled")]
    #[doc(no_inline)]
    pub use crate::SledBackend;
    #[doc(no_inline)]
    pub use crate::{
        AlreadyExists, CheckpointingRunner, Engine, Filter, Flow, InMemoryBackend, Interrupted, Invocation,
        Received, Run, RunId, SendEvent, Signal, StatusKind, StepError, Task, TaskContext, Timeout,
        Timestamp, Workflow, WorkflowBuilder, WorkflowContext, WorkflowStatus, compensate, join, join_all,
        run_id, select, signal, sleep, sleep_until, spawn, task, try_join, try_join_all, workflow,
    };
}
