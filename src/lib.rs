#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[doc(hidden)]
pub use sayiir_core::private as __private;
pub use sayiir_macros::{task, workflow};

pub use sayiir_core::durable::{Durable, Stored};
pub use sayiir_core::ids::RunId;
pub use sayiir_core::operation;
pub use sayiir_core::signal::{Received, Signal, Timeout};
pub use sayiir_core::task::{Interrupted, Task, TaskContext};
pub use sayiir_core::workflow::{Invocation, Workflow};

/// Everything that a program usually names.
pub mod prelude {
    pub use crate::{Invocation, Received, RunId, Signal, Task, TaskContext, Timeout, Workflow, task, workflow};
}
