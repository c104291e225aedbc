//! Putting an engine together.

mod check;
mod error;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::activity::Activity;
use super::entropy::Entropy;
use super::health::StoreHealth;
use super::janitor::{self, Retention};
use super::metrics::Meter;
use super::programs::Programs;
use super::shared::Shared;
use super::slots::Slots;
use super::timekeeper::{Alarm, keep_time};
use super::{Engine, Handle, outside, recovery, versions};
use crate::backend::Backend;
use crate::builder::{Flow, FlowProgram};
use crate::clock::{Clock, SystemClock};
use crate::durable::LARGEST_PAYLOAD;
use crate::history::HistoryKey;
use crate::record::StatusKind;
use crate::task::Provided;
use crate::workflow::{Program, Registry, Workflow};
use check::{FlowFlaws, check_errors, check_names, check_needs};
pub use error::StartEngineError;

/// An engine that is being put together.
#[derive(Debug)]
#[must_use = "an engine runs only after `.start().await`"]
pub struct EngineBuilder {
    backend: Option<Arc<dyn Backend>>,
    registry: Registry,
    flows: FlowFlaws,
    provided: Provided,
    clock: Arc<dyn Clock>,
    running_tasks: usize,
    largest_payload: usize,
    retentions: Vec<Retention>,
    history_key: Option<HistoryKey>,
    entropy: Option<Entropy>,
    activity: Option<Activity>,
}

impl EngineBuilder {
    pub(super) fn new() -> Self {
        Self {
            backend: None,
            registry: Registry::default(),
            flows: FlowFlaws::default(),
            provided: Provided::default(),
            clock: Arc::new(SystemClock),
            running_tasks: 256,
            largest_payload: LARGEST_PAYLOAD,
            retentions: Vec::new(),
            history_key: None,
            entropy: None,
            activity: None,
        }
    }

    /// Where runs are kept. One engine at a time works on a store: two in one process lose nothing and commit no step twice, but
    /// both run its tasks, and each takes those that the other has begun for interrupted.
    pub fn backend(mut self, backend: impl Backend) -> Self {
        self.backend = Some(Arc::new(backend));
        self
    }

    /// Makes a workflow known, and through it its tasks and the workflows that it calls.
    pub fn workflow<W: Workflow>(mut self) -> Self {
        self.registry.workflow::<W>();
        self
    }

    /// Makes a flow of the [builder](crate::builder) known. It has to have a [name](crate::builder::WorkflowBuilder::name).
    pub fn flow<I, O>(mut self, flow: &Flow<I, O>) -> Self {
        let program = flow.program();
        if program.given_name().is_none() {
            self.flows.unnamed.push(format!("`{}`", flow.name()));
        }
        self.program(program)
    }

    /// Makes a flow known under the name that it has, be it only that of its steps.
    pub(crate) fn program(mut self, flow: &Arc<FlowProgram>) -> Self {
        let name = flow.name();
        let repeated = flow.names_used_twice().iter().map(|twice| format!("`{twice}` in `{name}`"));
        self.flows.repeated.extend(repeated);
        self.registry.program_named(name, Arc::clone(flow) as Arc<dyn Program>, "a flow");
        self
    }

    /// Hands a value to all tasks with a parameter `#[inject] x: &T`. A second value of one type replaces the first.
    pub fn provide<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.provided.insert(Arc::new(value));
        self
    }

    /// Like [`provide`](Self::provide), for a value that is shared, or stands behind a trait: `provide_arc::<dyn Bank>(bank)`.
    pub fn provide_arc<T: ?Sized + Send + Sync + 'static>(mut self, value: Arc<T>) -> Self {
        self.provided.insert(value);
        self
    }

    /// Where the time comes from. Default: [`SystemClock`].
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How many attempts of tasks run at a time, over all runs. Default: 256; at least 1.
    pub fn max_running_tasks(mut self, most: usize) -> Self {
        self.running_tasks = most;
        self
    }

    /// The largest input or signal payload, in bytes of its JSON; with a signal's sender and idempotency key; and the largest reason
    /// of a cancellation. Default: 2 MiB. It is not asked of what
    /// [`send_event`](crate::send_event::SendEvent::send_event) sends past the engine, which has the default for its limit.
    pub fn max_payload_bytes(mut self, most: usize) -> Self {
        self.largest_payload = most;
        self
    }

    /// Removes completed runs, history included, so long after their end, or up to a minute later. Default: they are kept for good.
    pub fn retain_completed(self, keep: Duration) -> Self {
        self.retain(StatusKind::Completed, keep)
    }

    /// Removes cancelled runs, history included, so long after their end. Default: they are kept for good.
    pub fn retain_cancelled(self, keep: Duration) -> Self {
        self.retain(StatusKind::Cancelled, keep)
    }

    /// Removes failed runs, history included, so long after their end; after that they can no longer be retried. Default: they
    /// are kept for good.
    pub fn retain_failed(self, keep: Duration) -> Self {
        self.retain(StatusKind::Failed, keep)
    }

    fn retain(mut self, status: StatusKind, keep: Duration) -> Self {
        self.retentions.push(Retention { status, keep });
        self
    }

    /// Makes the hashes of every history with this key, and checks them with it, so that nobody can change a history and make its
    /// hashes anew without it. Default: none, and only careless changes show.
    ///
    /// To be kept outside of the database. Every engine on the database is to have it, from the first: entries that were written
    /// without it, also by [`send_event`](crate::send_event::SendEvent), are reported as such by
    /// [`RunHistory::verify`](super::RunHistory::verify).
    pub fn history_key(mut self, key: HistoryKey) -> Self {
        self.history_key = Some(key);
        self
    }

    /// Draws incarnations and jitter from this seed, so that a test can be repeated.
    #[cfg(feature = "testing")]
    pub fn seed(mut self, seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        self.entropy = Some(Entropy::from_seed(bytes));
        self
    }

    /// Counts what is busy, for tests that wait until nothing is.
    #[cfg(feature = "testing")]
    pub(crate) fn activity(mut self, activity: Activity) -> Self {
        self.activity = Some(activity);
        self
    }

    /// Checks everything, recovers every unfinished run and starts the timers.
    ///
    /// Runs that merely wait are not read. Recovery of those that have tasks to run goes on in the background.
    ///
    /// # Errors
    /// [`StartEngineError`]; each kind of mistake is reported with all its occurrences, and nothing has run.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn start(self) -> Result<Engine, StartEngineError> {
        let backend = self.backend.clone().ok_or(StartEngineError::NoBackend)?;
        check_names(&self.registry)?;
        self.flows.check()?;
        check_errors(&self.registry)?;
        check_needs(&self.registry, &self.provided)?;
        let entropy = match self.entropy {
            Some(entropy) => entropy,
            None => Entropy::from_system()
                .map_err(|error| StartEngineError::NoRandomness { detail: error.to_string() })?,
        };
        let programs =
            Programs::new(self.registry).map_err(|conflicts| StartEngineError::ConflictingSignals {
                conflicts: conflicts.iter().map(ToString::to_string).collect(),
            })?;
        // A store that cannot be read is better found now than in the background.
        backend.next_due().await?;
        let version_report = versions::report(&*backend, &programs).await?;
        let stop = CancellationToken::new();
        let shared = Arc::new(Shared {
            backend,
            clock: self.clock,
            programs,
            provided: Arc::new(self.provided),
            entropy,
            slots: Slots::new(self.running_tasks),
            actors: super::actors::Actors::default(),
            waiters: super::waiters::Waiters::default(),
            alarm: Alarm::new(),
            health: StoreHealth::default(),
            meter: Meter::default(),
            doubts: super::doubts::Doubts::default(),
            history_key: self.history_key,
            largest_payload: self.largest_payload,
            version_report,
            recovered: CancellationToken::new(),
            closing: stop.child_token(),
            stop,
            tasks: TaskTracker::new(),
            activity: self.activity,
        });
        shared.spawn_until_closing(keep_time(Arc::clone(&shared)));
        if let Some(doorbell) = shared.backend.doorbell() {
            shared.spawn_until_closing(outside::answer(Arc::clone(&shared), doorbell.listen()));
        }
        shared.spawn_until_closing(recovery::recover(Arc::clone(&shared)));
        for retention in self.retentions {
            shared.spawn_until_closing(janitor::clean(Arc::clone(&shared), retention));
        }
        Ok(Engine { handle: Arc::new(Handle { shared }) })
    }
}
