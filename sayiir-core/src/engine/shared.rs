//! What all parts of one engine share.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::activity::Activity;
use super::actors::Actors;
use super::command::Refusal;
use super::doubts::Doubts;
use super::entropy::Entropy;
use super::health::{Access, StoreHealth};
use super::mailbox::Mailbox;
use super::metrics::Meter;
use super::programs::Programs;
use super::slots::Slots;
use super::timekeeper::Alarm;
use super::waiters::Waiters;
use crate::backend::{Answer, Backend, BackendError};
use crate::clock::Clock;
use crate::history::HistoryKey;
use crate::operation::deadline;
use crate::task::Provided;
use crate::versions::VersionReport;

/// The parts of an engine. Its tasks hold this; the user's handles hold it through `Handle`, whose end stops the tasks.
pub(crate) struct Shared {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) programs: Programs,
    pub(crate) provided: Arc<Provided>,
    pub(crate) entropy: Entropy,
    pub(crate) slots: Slots,
    pub(crate) actors: Actors,
    pub(crate) waiters: Waiters,
    pub(crate) alarm: Alarm,
    pub(crate) health: StoreHealth,
    pub(crate) meter: Meter,
    pub(crate) doubts: Doubts,
    /// What the histories of runs are made with, if they are to show deliberate changes.
    pub(crate) history_key: Option<HistoryKey>,
    /// The largest payload, in bytes of JSON.
    pub(crate) largest_payload: usize,
    /// Cancelled once recovery at start is through.
    pub(crate) recovered: CancellationToken,
    /// What the index of places said when the engine started.
    pub(crate) version_report: VersionReport,
    /// No new attempts and commands: the engine is being shut down, or has stopped. `close` and `end` cancel it.
    pub(crate) closing: CancellationToken,
    /// Everything ends at once.
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) activity: Option<Activity>,
}

/// What to do about a store that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Tell the caller.
    Ask,
    /// Try again until it works, where the error allows it.
    Insist,
}

impl Shared {
    /// Runs a task of the engine until it ends or the engine stops.
    pub(crate) fn spawn(self: &Arc<Self>, task: impl Future<Output = ()> + Send + 'static) {
        let shared = Arc::clone(self);
        self.spawn_stoppable(async move {
            shared.stop.run_until_cancelled(task).await;
        });
    }

    /// Runs a task that ends by itself when the engine stops.
    pub(super) fn spawn_stoppable(&self, task: impl Future<Output = ()> + Send + 'static) {
        match &self.activity {
            Some(activity) => self.tasks.spawn(activity.track(task)),
            None => self.tasks.spawn(task),
        };
    }

    /// Runs a task that starts nothing new any more once the engine is being shut down.
    pub(crate) fn spawn_until_closing(self: &Arc<Self>, task: impl Future<Output = ()> + Send + 'static) {
        let shared = Arc::clone(self);
        self.spawn(async move {
            shared.closing.run_until_cancelled(task).await;
        });
    }

    /// Takes no more commands, begins no more attempts.
    pub(crate) fn close(&self) {
        self.tasks.close();
        self.closing.cancel();
    }

    /// Ends everything at once.
    pub(crate) fn end(&self) {
        self.tasks.close();
        self.stop.cancel();
    }

    /// Whether that was done, or nobody holds the engine any more. Asked at each step: the tracker answers without a lock.
    pub(crate) fn is_closed(&self) -> bool {
        self.tasks.is_closed()
    }

    /// Reads from the store; errors that may pass are waited out if the caller insists. Every error is reported.
    pub(crate) async fn store<'a, T>(
        &self,
        patience: Patience,
        call: impl Fn() -> Answer<'a, T>,
    ) -> Result<T, BackendError> {
        self.finish(call(), Access::Read, patience, None, call).await
    }

    /// The same for an actor: whoever tells it anything while a failing store is waited out is told of the failure at once.
    pub(crate) async fn read<'a, T>(
        &self,
        patience: Patience,
        mailbox: &mut Mailbox,
        call: impl Fn() -> Answer<'a, T>,
    ) -> Result<T, BackendError> {
        match call().ready() {
            Ok(value) => {
                self.health.answered(Access::Read);
                Ok(value)
            }
            Err(answer) => Box::pin(self.finish(answer, Access::Read, patience, Some(mailbox), call)).await,
        }
    }

    /// Waits for the answer to a call of the store. After an error it is called again until that works, where the caller
    /// insists and the error allows it; those who tell the owner of the mailbox anything meanwhile are told of the failure.
    pub(crate) async fn finish<'a, T>(
        &self,
        mut answer: Answer<'a, T>,
        access: Access,
        patience: Patience,
        mut mailbox: Option<&mut Mailbox>,
        call: impl Fn() -> Answer<'a, T>,
    ) -> Result<T, BackendError> {
        let mut wait = FIRST_WAIT;
        loop {
            let error = match answer.await {
                Ok(value) => {
                    self.health.answered(access);
                    return Ok(value);
                }
                Err(error) => error,
            };
            let repeats = patience == Patience::Insist && error.is_retryable();
            self.health.failed(access, self.clock.now(), &error);
            tracing::warn!(%error, repeats, "the store failed");
            if !repeats {
                if matches!(error, BackendError::Stopped { .. }) {
                    self.waiters.tell_all(&error);
                }
                return Err(error);
            }
            let pause = self.clock.sleep_until(deadline(self.clock.now(), wait));
            match mailbox.as_deref_mut() {
                None => pause.await,
                Some(mailbox) => refuse_until(pause, mailbox, &error).await,
            }
            wait = (wait * 2).min(LONGEST_WAIT);
            answer = call();
        }
    }
}

/// Answers commands with the store's error until the pause is over.
async fn refuse_until(mut pause: BoxFuture<'static, ()>, mailbox: &mut Mailbox, error: &BackendError) {
    loop {
        tokio::select! {
            biased;
            () = &mut pause => return,
            command = mailbox.recv() => command.refuse(Refusal::Backend(error.clone())),
        }
    }
}

const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("backend", &self.backend)
            .field("clock", &self.clock)
            .field("active_runs", &self.actors.len())
            .finish_non_exhaustive()
    }
}
