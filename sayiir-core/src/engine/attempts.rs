//! The attempts of one run that are running just now.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::shared::Shared;
use super::slots::Slot;
use crate::ids::LeafPath;
use crate::machine::{EndedAttempt, LeafId, panic_message};
use crate::operation::deadline;
use crate::task::{Attempt, Attempted, TaskContext, TaskOptions};

/// What the running attempts of one run last reported; shared with those who ask for its status.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<Mutex<Vec<(LeafId, TaskContext)>>>);

impl Progress {
    /// The last words of the attempt at `path`.
    pub(crate) fn of(&self, path: &LeafPath) -> Option<String> {
        let running = self.lock();
        let (_, context) = running.iter().find(|(leaf, _)| leaf.path == *path)?;
        context.progress()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(LeafId, TaskContext)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A finished future of an attempt.
pub(crate) struct Finished {
    /// Whose attempt.
    pub(crate) leaf: LeafId,
    /// The task's durable name.
    pub(crate) task: &'static str,
    /// Which attempt, from 1.
    pub(crate) attempt: u32,
    /// Its task's options.
    pub(crate) options: TaskOptions,
    /// How long it took, in microseconds.
    pub(crate) micros: u64,
    /// What came of it.
    pub(crate) end: End,
}

/// What came of an attempt.
pub(crate) enum End {
    /// It may begin: it is `at_most_once` and that has to be stored first.
    Granted(Slot),
    /// Its end was known without running it.
    Planned(EndedAttempt),
    Returned(Attempted),
    Panicked(String),
    TimedOut(Duration),
}

/// An attempt that is to be started.
pub(crate) struct Launch {
    pub(crate) leaf: LeafId,
    pub(crate) task: &'static str,
    pub(crate) options: TaskOptions,
    pub(crate) attempt: Attempt,
    pub(crate) context: TaskContext,
    /// Given if it was waited for already.
    pub(crate) slot: Option<Slot>,
}

/// The attempts of one run.
#[derive(Default)]
pub(crate) struct Attempts {
    running: HashMap<LeafId, CancellationToken>,
    futures: JoinSet<Finished>,
    progress: Progress,
}

impl Attempts {
    pub(crate) fn new(progress: Progress) -> Self {
        Self { progress, ..Self::default() }
    }

    /// Whether no future is left, not even one whose result nobody wants.
    pub(crate) fn is_empty(&self) -> bool {
        self.futures.is_empty()
    }

    pub(crate) fn is_running(&self, leaf: &LeafId) -> bool {
        self.running.contains_key(leaf)
    }

    /// Tells the attempts of all other leaves that their results are no longer wanted.
    pub(crate) fn keep_only(&mut self, wanted: impl Fn(&LeafId) -> bool) {
        self.running.retain(|leaf, cancelled| {
            let keep = wanted(leaf);
            if !keep {
                cancelled.cancel();
            }
            keep
        });
        self.progress.lock().retain(|(leaf, _)| wanted(leaf));
    }

    /// Waits for a slot only; the attempt is launched when its beginning has been stored.
    pub(crate) fn wait_for_slot(
        &mut self,
        shared: &Arc<Shared>,
        leaf: LeafId,
        task: &'static str,
        options: TaskOptions,
    ) {
        self.running.insert(leaf.clone(), CancellationToken::new());
        let slots = Arc::clone(shared);
        self.spawn(shared, async move {
            let slot = slots.slots.acquire(task, options.max_concurrent).await;
            Finished { leaf, task, attempt: 0, options, micros: 0, end: End::Granted(slot) }
        });
    }

    /// Lets an end that is already known come in like any other.
    pub(crate) fn end_at_once(&mut self, shared: &Shared, ended: EndedAttempt) {
        self.running.insert(ended.leaf.clone(), CancellationToken::new());
        self.spawn(shared, async move {
            Finished {
                leaf: ended.leaf.clone(),
                task: ended.task,
                attempt: ended.attempt,
                options: ended.options,
                micros: 0,
                end: End::Planned(ended),
            }
        });
    }

    /// Keeps a leaf from being launched by [`reconcile`](super::actor::Actor) for a while.
    pub(crate) fn reserve(&mut self, leaf: &LeafId) {
        self.running.insert(leaf.clone(), CancellationToken::new());
    }

    /// Ends a reservation.
    pub(crate) fn release(&mut self, leaf: &LeafId) {
        self.running.remove(leaf);
    }

    pub(crate) fn launch(&mut self, shared: &Arc<Shared>, launch: Launch) {
        let Launch { leaf, task, options, attempt, context, slot } = launch;
        self.running.insert(leaf.clone(), context.cancellation().clone());
        self.progress.lock().push((leaf.clone(), context.clone()));
        let engine = Arc::clone(shared);
        let span = tracing::info_span!(
            "attempt",
            run = %context.run_id(),
            task,
            attempt = context.attempt(),
            key = context.idempotency_key(),
        );
        let attempt = async move {
            let _slot = match slot {
                Some(slot) => slot,
                None => engine.slots.acquire(task, options.max_concurrent).await,
            };
            let began = engine.clock.now();
            let end = match options.timeout {
                None => caught(attempt).await,
                Some(limit) => within(limit, &engine, attempt, &context).await,
            };
            let micros = micros_between(began, engine.clock.now());
            Finished { leaf, task, attempt: context.attempt(), options, micros, end }
        };
        self.spawn(shared, attempt.instrument(span));
    }

    fn spawn(&mut self, shared: &Shared, attempt: impl Future<Output = Finished> + Send + 'static) {
        match &shared.activity {
            Some(activity) => self.futures.spawn(activity.track(attempt)),
            None => self.futures.spawn(attempt),
        };
    }

    /// The next attempt that ends. Pends forever while there is none.
    pub(crate) async fn next(&mut self) -> Finished {
        loop {
            match self.futures.join_next().await {
                Some(Ok(finished)) => {
                    self.running.remove(&finished.leaf);
                    self.progress.lock().retain(|(leaf, _)| *leaf != finished.leaf);
                    return finished;
                }
                // Only `caught` futures run here, and nobody aborts them singly.
                Some(Err(error)) => tracing::error!(%error, "an attempt's own future ended abnormally"),
                None => std::future::pending().await,
            }
        }
    }
}

/// A panic of an attempt is its end.
async fn caught(attempt: Attempt) -> End {
    match AssertUnwindSafe(attempt).catch_unwind().await {
        Ok(attempted) => End::Returned(attempted),
        Err(panic) => End::Panicked(panic_message(&*panic)),
    }
}

async fn within(limit: Duration, shared: &Shared, attempt: Attempt, context: &TaskContext) -> End {
    let limit_passed = shared.clock.sleep_until(deadline(shared.clock.now(), limit));
    tokio::select! {
        biased;
        end = caught(attempt) => end,
        () = limit_passed => {
            // For what the attempt may have spawned; itself it is dropped here.
            context.cancellation().cancel();
            End::TimedOut(limit)
        }
    }
}

fn micros_between(began: Timestamp, ended: Timestamp) -> u64 {
    // The wall clock may have been set back meanwhile.
    u64::try_from(ended.duration_since(began).as_micros()).unwrap_or(0)
}
