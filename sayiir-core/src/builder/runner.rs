//! Running flows in the foreground: one call drives one run, until it parks or ends.

use std::sync::Arc;
use std::time::Duration;

use super::one_run::OneRun;
use super::{Flow, FlowProgram, ResumeError, RunError};
use crate::backend::Backend;
use crate::clock::{Clock, SystemClock};
use crate::durable::Durable;
use crate::engine::{Engine, Run, StartEngineError, StatusError, WorkflowStatus};
use crate::ids::RunId;
use crate::record::{BlockReason, Phase, Record};
use crate::workflow::{Program, Startable};

/// Drives runs of flows in the foreground, one call at a time. Between two calls nothing runs: a signal that was sent is taken, and
/// a limit that has passed is noticed, by the next [`resume`](Self::resume).
///
/// Each result of a step is stored when it is there, so that a run can be taken up by another process. A clone runs on the same
/// store. A run is driven by one at a time: what a second runner or an engine does on the same run meanwhile may call its
/// steps twice.
///
/// ```
/// use std::time::Duration;
///
/// use sayiir::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let backend = InMemoryBackend::new();
/// let runner = CheckpointingRunner::new(backend.clone());
/// let approval = WorkflowBuilder::new(WorkflowContext::new())
///     .then("submit", |amount: u32| async move { Ok(amount) })
///     .wait_for_signal("wait", "approved", Some(Duration::from_hours(48)))
///     .then("report", |by: String| async move { Ok(format!("approved by {by}")) })
///     .build();
///
/// let status = runner.run(&approval, "exp-001", 250).await?;
/// assert!(matches!(status, WorkflowStatus::WaitingForSignal { .. }));
///
/// backend.send_event("exp-001", "approved", "bob").await?;
/// let status = runner.resume(&approval, "exp-001").await?;
/// assert_eq!(status, WorkflowStatus::Completed("approved by bob".into()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct CheckpointingRunner {
    backend: Arc<dyn Backend>,
    clock: Arc<dyn Clock>,
}

impl CheckpointingRunner {
    /// On this store.
    #[must_use]
    pub fn new(backend: impl Backend) -> Self {
        Self { backend: Arc::new(backend), clock: Arc::new(SystemClock) }
    }

    /// Where the time comes from. Default: [`SystemClock`].
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Starts a run, and drives it until it waits for a signal or a time, has ended, or is blocked. A step that waits for its next
    /// attempt is waited for.
    ///
    /// # Errors
    /// If there is a run of that id, if the flow cannot be run, or if the store fails.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    ///
    /// # Cancel safety
    /// When dropped, the run stops where it is; [`resume`](Self::resume) goes on with it, if it was started already.
    pub async fn run<I: Durable, O: Durable>(
        &self,
        flow: &Flow<I, O>,
        id: impl AsRef<str>,
        input: I,
    ) -> Result<WorkflowStatus<O>, RunError> {
        let id = id.as_ref();
        let run = RunId::new(id).map_err(|invalid| RunError::Start(invalid.into()))?;
        let engine = self.engine(flow.program(), run.clone()).await?;
        engine.start(id, flow.invoke(input)).await?;
        Ok(settled::<Flow<I, O>>(engine, run).await?)
    }

    /// Goes on with a run, and drives it like [`run`](Self::run). One that still waits stays as it is, and so does one that has ended
    /// or is blocked; [`retry`](Self::retry) is for those.
    ///
    /// # Errors
    /// If there is no such run, if it is not one of this flow, if it waits where this flow does not any more, if the flow cannot be
    /// run, or if the store fails.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    ///
    /// # Cancel safety
    /// As for [`run`](Self::run).
    pub async fn resume<I: Durable, O: Durable>(
        &self,
        flow: &Flow<I, O>,
        id: impl AsRef<str>,
    ) -> Result<WorkflowStatus<O>, ResumeError> {
        let record = self.record_of(flow, id.as_ref()).await?;
        let engine = self.engine(flow.program(), record.run.clone()).await?;
        if did_not_fit(&record) {
            engine.retry(id).await?;
        } else {
            engine.resume(&record.run).await?;
        }
        Ok(settled::<Flow<I, O>>(engine, record.run.clone()).await?)
    }

    /// Lets a failed or blocked run go on from where it last waited, and drives it like [`run`](Self::run). A step that was done is
    /// not run again, and a signal is not lost.
    ///
    /// # Errors
    /// As [`resume`](Self::resume); and if the run neither failed nor is blocked.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    ///
    /// # Cancel safety
    /// As for [`run`](Self::run).
    pub async fn retry<I: Durable, O: Durable>(
        &self,
        flow: &Flow<I, O>,
        id: impl AsRef<str>,
    ) -> Result<WorkflowStatus<O>, ResumeError> {
        let record = self.record_of(flow, id.as_ref()).await?;
        let engine = self.engine(flow.program(), record.run.clone()).await?;
        engine.retry(id).await?;
        Ok(settled::<Flow<I, O>>(engine, record.run.clone()).await?)
    }

    /// The run, if it fits the flow.
    async fn record_of<I, O>(&self, flow: &Flow<I, O>, id: &str) -> Result<Arc<Record>, ResumeError> {
        let run = RunId::new(id)?;
        let record = self.backend.record(&run).await?;
        let record = record.ok_or(ResumeError::NotFound { run })?;
        check_fit(flow.program(), &record)?;
        Ok(record)
    }

    /// An engine that sees this run alone.
    async fn engine(&self, flow: &Arc<FlowProgram>, run: RunId) -> Result<Engine, StartEngineError> {
        let store = OneRun::new(Arc::clone(&self.backend), run);
        Engine::builder().backend(store).clock(Arc::clone(&self.clock)).program(flow).start().await
    }
}

/// Drives the run until it parks or ends, then ends the engine.
async fn settled<W: Startable>(engine: Engine, run: RunId) -> Result<WorkflowStatus<W::Output>, StatusError> {
    let status = Run::<W>::new(engine.clone(), run).settled().await?;
    engine.shutdown_within(Duration::ZERO).await;
    Ok(status)
}

/// Whether the run was stopped because it did not fit the flow that it was last driven with.
fn did_not_fit(record: &Record) -> bool {
    matches!(&record.phase, Phase::Blocked { reason: BlockReason::Incompatible { .. }, .. })
}

/// Whether the run is one of the flow, and waits where the flow can.
fn check_fit(flow: &FlowProgram, record: &Record) -> Result<(), ResumeError> {
    let run = || record.run.clone();
    if record.workflow != flow.name() {
        let (expected, found) = (flow.name().into_owned(), record.workflow.to_string());
        return Err(ResumeError::OtherFlow { run: run(), expected, found });
    }
    match (&record.phase, &record.state) {
        (Phase::Live { .. } | Phase::Blocked { .. }, Some(state)) => match flow.decode(state) {
            Ok(_) => Ok(()),
            Err(source) => Err(ResumeError::Incompatible { run: run(), source }),
        },
        (Phase::Live { .. } | Phase::Blocked { .. }, None)
        | (Phase::Completed { .. } | Phase::Failed { .. } | Phase::Cancelled { .. }, _) => Ok(()),
    }
}
