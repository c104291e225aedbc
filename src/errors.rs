//! Every error of the library, one enum for each operation.
//!
//! | from | comes |
//! |---|---|
//! | `Engine::builder().start()` | [`StartEngineError`] |
//! | [`Engine::start`](crate::Engine::start) | [`StartError`] |
//! | [`Engine::run`](crate::Engine::run), [`Engine::run_of`](crate::Engine::run_of) | [`FindError`] |
//! | `signal` of an engine or a run | [`SignalError`] |
//! | [`Run::result`](crate::Run::result) | [`ResultError`] |
//! | [`Run::status`](crate::Run::status) | [`StatusError`] |
//! | [`Run::state`](crate::Run::state) | [`StateError`] |
//! | [`Run::history`](crate::Run::history) | [`HistoryError`], and [`Tampered`] from its check |
//! | `cancel`, `retry`, `purge` | [`CancelError`], [`RetryError`], [`PurgeError`] |
//! | `run`, and `resume` and `retry`, of a [`CheckpointingRunner`](crate::CheckpointingRunner) | [`RunError`], [`ResumeError`] |
//! | [`send_event`](crate::SendEvent::send_event) of a backend | [`SendEventError`] |
//! | [`Engine::list`](crate::Engine::list) | [`ListError`] |
//! | an `upgrade` of a workflow | [`UpgradeError`] |
//! | opening a database, and inside most of the others | [`BackendError`] |
//! | `export` and `import` of a database, with the feature `sled` | `ExportError`, `ImportError` |
//!
//! A body is handed [`Timeout`](crate::Timeout), [`Interrupted`](crate::Interrupted) and [`AlreadyExists`](crate::AlreadyExists); why a
//! run is blocked, a [`BlockReason`](crate::record::BlockReason) says.
//!
//! Where an operation answers with an error, nothing of it was stored. Two answers leave that open: `Backend`, where the store failed
//! while it wrote, and `Stopped`, where the engine was shut down meanwhile. Both may be repeated:
//! [`or_attach`](crate::engine::Start::or_attach) and an [`idempotency_key`](crate::engine::SendSignal::idempotency_key) make it
//! count once.

pub use sayiir_core::backend::BackendError;
pub use sayiir_core::builder::{ResumeError, RunError};
pub use sayiir_core::codec::Incompatible;
pub use sayiir_core::engine::{
    CancelError, FindError, HistoryError, ListError, PurgeError, ResultError, RetryError, SignalError,
    StartEngineError, StartError, StateError, StatusError,
};
pub use sayiir_core::history::Tampered;
pub use sayiir_core::ids::InvalidRunId;
pub use sayiir_core::send_event::SendEventError;
pub use sayiir_core::versions::UpgradeError;
#[cfg(feature = "sled")]
pub use sayiir_sled::{ExportError, ImportError};
