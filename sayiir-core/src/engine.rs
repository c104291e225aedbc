//! The engine: drives runs from one suspension point to the next, one commit per step.
//!
//! [`Engine::builder`] takes a backend and workflows; the [`Engine`] that it starts takes runs, signals and questions. A run
//! that waits costs neither memory nor a task of the executor: it is a record in the store, with its next point in time.

mod activity;
mod actor;
mod actors;
mod attempts;
mod builder;
mod command;
mod doubts;
mod entropy;
mod errors;
mod health;
mod history;
mod janitor;
mod list;
mod mailbox;
mod metrics;
mod outside;
mod pages;
mod programs;
mod recovery;
mod run;
mod send;
mod shared;
mod slots;
mod start;
mod status;
mod timekeeper;
mod versions;
mod waiters;

use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "testing")]
pub(crate) use activity::Activity;
pub use builder::{EngineBuilder, StartEngineError};
pub use errors::{
    CancelError, FindError, HistoryError, ListError, PurgeError, ResultError, RetryError, SignalError,
    StartError, StateError, StatusError,
};
pub use health::{Health, StoreTrouble};
pub use history::RunHistory;
pub use list::{Filter, RunPage, RunSummary, Waiting};
pub use metrics::Metrics;
pub use run::Run;
pub use send::SendSignal;
pub use start::Start;
pub use status::{Failure, StepStatus, WorkflowStatus};

use crate::builder::Flow;
use crate::durable::Durable;
#[cfg(feature = "testing")]
use crate::history::HistoryKey;
use crate::ids::RunId;
use crate::workflow::{Startable, Workflow};
use command::{Command, Refusal};
use shared::Shared;

/// A running engine. A clone is another handle on the same engine; when the last one is dropped, and no [`Run`] of it is
/// left, the engine stops as if the process had ended: nothing is lost, and the next engine goes on.
///
/// ```
/// use sayiir::prelude::*;
///
/// #[workflow]
/// async fn approval(amount: u32) -> Result<String, Timeout> {
///     let by: String = signal!("approved", 48h).await?;
///     Ok(format!("{amount} approved by {by}"))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::builder().backend(InMemoryBackend::new()).workflow::<approval>().start().await?;
/// let run = engine.start("exp-001", approval(250)).await?;
/// run.signal(approval::APPROVED, &"bob".to_owned()).await?;
/// assert_eq!(run.result().await?, "250 approved by bob");
/// engine.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Engine {
    handle: Arc<Handle>,
}

/// What stops the engine's tasks when nobody holds it any more.
#[derive(Debug)]
struct Handle {
    shared: Arc<Shared>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.end();
        self.shared.waiters.dismiss();
    }
}

/// How long [`Engine::shutdown`] lets running attempts go on.
const GRACE: Duration = Duration::from_secs(30);

impl Engine {
    /// Begins to put an engine together.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::new()
    }

    /// The handle of a run that was started before, perhaps by an earlier process.
    ///
    /// ```
    /// # use sayiir::prelude::*;
    /// # #[workflow]
    /// # async fn approval(amount: u32) -> Result<String, Timeout> {
    /// #     let by: String = signal!("approved", 48h).await?;
    /// #     Ok(format!("{amount} approved by {by}"))
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let engine = Engine::builder().backend(InMemoryBackend::new()).workflow::<approval>().start().await?;
    /// # engine.start("exp-001", approval(250)).await?;
    /// let run = engine.run::<approval>("exp-001").await?;
    /// println!("{}", run.status().await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If there is no such run, if it belongs to another workflow, or if the store fails.
    pub async fn run<W: Workflow>(&self, id: impl AsRef<str>) -> Result<Run<W>, FindError> {
        self.find(RunId::new(id.as_ref())?, W::NAME).await
    }

    /// The handle of a run of a flow that was started before, perhaps by an earlier process.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_of<I: Durable, O: Durable>(
        &self,
        flow: &Flow<I, O>,
        id: impl AsRef<str>,
    ) -> Result<Run<Flow<I, O>>, FindError> {
        self.find(RunId::new(id.as_ref())?, flow.name()).await
    }

    /// The run, if it is one of this workflow.
    async fn find<W: Startable>(&self, run: RunId, expected: &str) -> Result<Run<W>, FindError> {
        let record = self.shared().backend.record(&run).await?;
        let Some(record) = record else {
            return Err(FindError::NotFound { run });
        };
        if record.workflow != expected {
            let (expected, found) = (expected.into(), record.workflow.to_string());
            return Err(FindError::OtherWorkflow { run, expected, found });
        }
        Ok(Run::new(self.clone(), run))
    }

    /// Takes up a run: messages that wait are taken, what is due is fired, and what was running when it was left runs again.
    pub(crate) async fn resume(&self, run: &RunId) -> Result<(), StatusError> {
        let resumed = self.shared().ask(run, Command::Recover).await;
        resumed.map_err(|refusal| StatusError::from_refusal(run.clone(), refusal))
    }

    /// What the histories are made with.
    #[cfg(feature = "testing")]
    pub(crate) fn history_key(&self) -> Option<HistoryKey> {
        self.shared().history_key
    }

    /// Cancels a run, by id. The reason is kept, and has the limit of payloads.
    ///
    /// # Errors
    /// If there is no such run, if it has ended, if the reason is too large, or if the store fails.
    pub async fn cancel(&self, id: impl AsRef<str>, reason: impl Into<String>) -> Result<(), CancelError> {
        let run = RunId::new(id.as_ref())?;
        let reason = reason.into();
        let (bytes, limit) = (reason.len(), self.shared().largest_payload);
        if bytes > limit {
            return Err(CancelError::TooLarge { run, bytes, limit });
        }
        let cancelled = self.shared().ask(&run, |reply| Command::Cancel(reason, reply)).await;
        cancelled.map_err(|refusal| CancelError::from_refusal(run, refusal))
    }

    /// Lets a failed or blocked run go on from its last suspension point, by id.
    ///
    /// # Errors
    /// If there is no such run, if it neither failed nor is blocked, or if the store fails.
    pub async fn retry(&self, id: impl AsRef<str>) -> Result<(), RetryError> {
        let run = RunId::new(id.as_ref())?;
        let retried = self.shared().ask(&run, Command::Retry).await;
        retried.map_err(|refusal| RetryError::from_refusal(run, refusal))
    }

    /// Removes a finished run with its history and everything else; its id can then be used again.
    ///
    /// # Errors
    /// If there is no such run, if it has not ended, or if the store fails.
    pub async fn purge(&self, id: impl AsRef<str>) -> Result<(), PurgeError> {
        let run = RunId::new(id.as_ref())?;
        let purged = self.shared().ask(&run, Command::Purge).await;
        purged.map_err(|refusal| PurgeError::from_refusal(run, refusal))
    }

    /// How many runs are active: have attempts running or something to be decided. Runs that wait do not count.
    #[must_use]
    pub fn active_runs(&self) -> usize {
        self.shared().actors.len()
    }

    /// What the engine has done since it started.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.shared().meter.read()
    }

    /// How the engine is: whether its store answers, and how much it has in hand.
    #[must_use]
    pub fn health(&self) -> Health {
        let shared = self.shared();
        Health {
            active_runs: shared.actors.len(),
            running_attempts: shared.slots.taken(),
            store: shared.health.trouble(),
            is_closed: shared.is_closed(),
        }
    }

    /// Waits until recovery is through, which goes on in the background after the start: what was running when the last
    /// engine ended runs again, and runs that only that one could not take up go on.
    ///
    /// # Cancel safety
    /// May be dropped at any time; recovery goes on.
    pub async fn recovered(&self) {
        let shared = self.shared();
        tokio::select! {
            () = shared.recovered.cancelled() => {}
            () = shared.stop.cancelled() => {}
        }
    }

    /// Ends the engine: takes no more commands, lets running attempts end for up to 30 seconds, and leaves those that do
    /// not to be repeated by the next engine.
    ///
    /// # Cancel safety
    /// When dropped, the engine takes no more commands, and running attempts go on until the last handle is dropped.
    pub async fn shutdown(self) {
        self.shutdown_within(GRACE).await;
    }

    /// Like [`shutdown`](Engine::shutdown), with another limit.
    ///
    /// # Cancel safety
    /// As for [`shutdown`](Engine::shutdown).
    pub async fn shutdown_within(self, grace: Duration) {
        let shared = self.shared();
        shared.close();
        let limit = crate::operation::deadline(shared.clock.now(), grace);
        tokio::select! {
            biased;
            () = shared.tasks.wait() => {}
            () = shared.clock.sleep_until(limit) => {}
        }
        shared.end();
        shared.tasks.wait().await;
        shared.waiters.dismiss();
    }

    /// Ends everything at once, and waits until it has ended.
    #[cfg(feature = "testing")]
    pub(crate) async fn crash(&self) {
        let shared = self.shared();
        shared.end();
        shared.tasks.wait().await;
        shared.waiters.dismiss();
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.handle.shared
    }
}

impl Refusal {
    /// A refusal that the command at hand cannot meet with: the engine's own defect, reported as such.
    fn unexpected(self) -> crate::backend::BackendError {
        crate::backend::BackendError::Stopped {
            detail: format!("an answer that does not belong here: {self:?}"),
        }
    }
}
