//! The handle of one run.

use std::marker::PhantomData;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::{
    CancelError, Engine, Failure, HistoryError, ResultError, RetryError, RunHistory, SendSignal, StateError,
    StatusError, WorkflowStatus,
};
use crate::codec::StateReader;
use crate::engine::waiters::EngineStopped;
use crate::ids::RunId;
use crate::record::{Phase, Record, StatusKind};
use crate::signal::Signal;
use crate::workflow::{Startable, Workflow, WorkflowState};

/// One run of the workflow `W`. A clone is another handle on the same run; dropping it leaves the run alone.
pub struct Run<W> {
    engine: Engine,
    id: RunId,
    workflow: PhantomData<fn() -> W>,
}

impl<W: Startable> Run<W> {
    pub(crate) fn new(engine: Engine, id: RunId) -> Self {
        Self { engine, id, workflow: PhantomData }
    }

    /// The run's id.
    #[must_use]
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// What the run is about just now.
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
    /// # let run = engine.start("exp-001", approval(250)).await?;
    /// if let WorkflowStatus::WaitingForSignal { signals, deadline } = run.status().await? {
    ///     println!("waits for {} until {deadline:?}", signals.join(", "));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the run was removed, if its output does not fit this version of the workflow, or if the store fails.
    pub async fn status(&self) -> Result<WorkflowStatus<W::Output>, StatusError> {
        let record = self.record().await?;
        self.status_of(&record)
    }

    async fn record(&self) -> Result<Arc<Record>, StatusError> {
        let record = self.engine.shared().backend.record(&self.id).await?;
        record.ok_or_else(|| StatusError::NotFound { run: self.id.clone() })
    }

    fn status_of(&self, record: &Record) -> Result<WorkflowStatus<W::Output>, StatusError> {
        let status = WorkflowStatus::of(record, &self.engine.shared().progress(&self.id));
        let run = || self.id.clone();
        status.decode_by(W::decode).map_err(|source| StatusError::Output { run: run(), source })
    }

    /// Waits until the run has ended, and gives its value.
    ///
    /// It makes no difference whether the run was started by this process or by an earlier one.
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
    /// # let run = engine.start("exp-001", approval(250)).await?;
    /// # run.signal(approval::APPROVED, &"bob".to_owned()).await?;
    /// assert_eq!(run.result().await?, "250 approved by bob");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// How else the run ended, or that it is blocked; that it was removed; that the engine stopped or the store failed.
    ///
    /// # Cancel safety
    /// May be dropped at any time; the run goes on.
    pub async fn result(&self) -> Result<W::Output, ResultError> {
        let shared = self.engine.shared();
        // A run that has ended needs no wait.
        if let Some(result) = self.end().await {
            return result;
        }
        let mut failure = None;
        loop {
            let wait = shared.waiters.register(&self.id);
            if let Some(result) = self.end().await {
                return result;
            }
            if let Some(error) = failure.or_else(|| shared.health.stop()) {
                return Err(ResultError::Backend(error));
            }
            let stopped = || ResultError::Stopped { run: self.id.clone() };
            if shared.stop.is_cancelled() {
                return Err(stopped());
            }
            failure = wait.over().await.map_err(|EngineStopped| stopped())?;
        }
    }

    /// Waits until the run has settled, and says how: it waits for a signal or for a time that has not come, has ended, or is
    /// blocked. What a command-line program or a web handler wants after it has started a run or sent it a signal.
    ///
    /// A run whose tasks fail and wait for their next attempt has not settled.
    ///
    /// # Errors
    /// As [`status`](Self::status); and if the engine stops meanwhile.
    ///
    /// # Cancel safety
    /// May be dropped at any time; the run goes on.
    pub async fn settled(&self) -> Result<WorkflowStatus<W::Output>, StatusError> {
        let shared = self.engine.shared();
        let mut failure = None;
        loop {
            let wait = shared.waiters.register(&self.id);
            let record = self.record().await?;
            if has_settled(&record, shared.clock.now()) {
                return self.status_of(&record);
            }
            if let Some(error) = failure.or_else(|| shared.health.stop()) {
                return Err(StatusError::Backend(error));
            }
            let stopped = || StatusError::Stopped { run: self.id.clone() };
            if shared.stop.is_cancelled() {
                return Err(stopped());
            }
            failure = wait.over().await.map_err(|EngineStopped| stopped())?;
        }
    }

    /// How the run has ended, if it has, or why nobody can tell.
    async fn end(&self) -> Option<Result<W::Output, ResultError>> {
        match self.engine.shared().backend.record(&self.id).await {
            Ok(Some(record)) => self.result_of(&record),
            Ok(None) => Some(Err(ResultError::NotFound { run: self.id.clone() })),
            Err(error) => Some(Err(error.into())),
        }
    }

    fn result_of(&self, record: &Arc<Record>) -> Option<Result<W::Output, ResultError>> {
        let run = self.id.clone();
        match &record.phase {
            Phase::Live { .. } => None,
            Phase::Completed { output } => {
                Some(W::decode(output).map_err(|source| ResultError::Output { run, source }))
            }
            Phase::Failed { error, .. } => {
                let error = Failure::new(error.clone());
                Some(Err(ResultError::Failed { run, error }))
            }
            Phase::Cancelled { reason } => {
                let reason = reason.clone();
                Some(Err(ResultError::Cancelled { run, reason }))
            }
            Phase::Blocked { reason, .. } => {
                let reason = reason.clone();
                Some(Err(ResultError::Blocked { run, reason }))
            }
        }
    }

    /// Sends the run a signal. `.await` the answer: it comes once the signal is durable.
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
    /// # let run = engine.start("exp-001", approval(250)).await?;
    /// run.signal(approval::APPROVED, &"bob".to_owned()).by("bob@corp.example").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`SignalError`](super::SignalError), when it is awaited.
    #[must_use = "nothing is sent before this is awaited"]
    pub fn signal<T: Serialize>(&self, signal: Signal<T>, payload: &T) -> SendSignal {
        SendSignal::new(self.engine.clone(), self.id.as_str(), signal.name().into(), payload)
    }

    /// Ends the run. Its running tasks are told; what they still return changes nothing.
    ///
    /// # Errors
    /// If the run was removed or has ended, or if the store fails.
    pub async fn cancel(&self, reason: impl Into<String>) -> Result<(), CancelError> {
        self.engine.cancel(self.id.as_str(), reason).await
    }

    /// Lets a failed or blocked run go on from its last suspension point. What led into the stretch that failed is handed to
    /// it again: a task that succeeded is not run again, and a signal is not lost.
    ///
    /// # Errors
    /// If the run was removed, if it neither failed nor is blocked, or if the store fails.
    pub async fn retry(&self) -> Result<(), RetryError> {
        self.engine.retry(self.id.as_str()).await
    }

    /// What happened to the run so far.
    ///
    /// # Errors
    /// If the run was removed, or if the store fails.
    pub async fn history(&self) -> Result<RunHistory, HistoryError> {
        let shared = self.engine.shared();
        RunHistory::read(&*shared.backend, &self.id, shared.history_key).await
    }
}

/// Whether nothing happens to the run before something comes from outside, or a time that has not come.
fn has_settled(record: &Record, now: Timestamp) -> bool {
    match record.status() {
        StatusKind::Running | StatusKind::Compensating => false,
        // A message that is there is about to be taken, and a time that has come to be noticed.
        StatusKind::WaitingForSignal | StatusKind::Sleeping => {
            let entry = record.index();
            !entry.ready && entry.due.is_none_or(|due| due > now)
        }
        StatusKind::Completed | StatusKind::Failed | StatusKind::Cancelled | StatusKind::Blocked => true,
    }
}

impl<W: Workflow> Run<W> {
    /// The place where the run waits, with the variables that it still needs. Of a failed, blocked or cancelled run: where it
    /// last waited.
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
    /// # let run = engine.start("exp-001", approval(250)).await?;
    /// match run.state().await? {
    ///     ApprovalState::Approved { amount, .. } => assert_eq!(amount, 250),
    ///     state => println!("at {}", sayiir::WorkflowState::variant_name(&state)),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the run was removed, has completed, or waits at a place that this binary does not know, or if the store fails.
    pub async fn state(&self) -> Result<W::State, StateError> {
        let run = || self.id.clone();
        let record = self.engine.shared().backend.record(&self.id).await?;
        let record = record.ok_or_else(|| StateError::NotFound { run: run() })?;
        let state = record.state.as_ref();
        let state = state.ok_or_else(|| StateError::Completed { run: run() })?;
        let decoded = StateReader::new(state).and_then(|reader| W::State::decode(&reader));
        decoded.map_err(|source| StateError::Incompatible { run: run(), state: state.clone(), source })
    }
}

impl<W> Clone for Run<W> {
    fn clone(&self) -> Self {
        Self { engine: self.engine.clone(), id: self.id.clone(), workflow: PhantomData }
    }
}

impl<W: Startable> std::fmt::Debug for Run<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("id", &self.id).finish_non_exhaustive()
    }
}
