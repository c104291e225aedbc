//! The attempts of one run that are running just now.

mod launch;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::{self, JoinSet};
use tracing::Instrument;

pub(crate) use launch::Launch;
use launch::{Look, Unfinished, slot_for};

use super::shared::Shared;
use super::slots::Slot;
use crate::ids::IdempotencyKey;
use crate::machine::{AttemptEnd, Facts};
use crate::task::TaskContext;

/// The attempts of one run that are running, and what they last reported; shared with those who ask for its status.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<Mutex<Vec<Running>>>);

/// A leaf that has its attempt.
#[derive(Debug)]
struct Running {
    key: IdempotencyKey,
    /// Whose end is the attempt's, once it runs: of a leaf that waits again after a `retry()` an earlier one may still run.
    future: Option<task::Id>,
    /// `None`: it has not begun, or does not want to know anything of itself.
    context: Option<TaskContext>,
}

impl Progress {
    /// The last words of the attempt for this leaf.
    pub(crate) fn of(&self, wanted: &IdempotencyKey) -> Option<String> {
        let running = self.lock();
        let attempt = running.iter().find(|running| running.key == *wanted)?;
        attempt.context.as_ref()?.progress()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A finished future of an attempt.
pub(crate) struct Finished<E = End> {
    /// Of which attempt.
    pub(crate) facts: Facts,
    /// When that was.
    pub(crate) at: Timestamp,
    /// What came of it.
    pub(crate) end: E,
}

/// What came of an attempt.
pub(crate) enum End {
    /// It may begin: it is `at_most_once` and that has to be stored first.
    Granted(Slot),
    /// It has ended, or its end was known without running it.
    Ended(AttemptEnd),
    TimedOut(Duration),
    /// It never began: the engine was closed before there was a slot for it.
    Unbegun,
}

/// The attempts of one run.
pub(crate) struct Attempts {
    running: Progress,
    /// How many those are. Nobody else adds any, so that while there are none no lock need say so.
    listed: usize,
    /// Launched, and not looked at yet.
    fresh: Option<Launch>,
    /// The others; none before there is one.
    futures: Option<JoinSet<Finished>>,
}

impl Attempts {
    pub(crate) fn new(running: Progress) -> Self {
        Self { running, listed: 0, fresh: None, futures: None }
    }

    /// Whether no attempt is left, not even one whose result nobody wants.
    pub(crate) fn is_empty(&self) -> bool {
        self.fresh.is_none() && self.futures.as_ref().is_none_or(JoinSet::is_empty)
    }

    pub(crate) fn is_running(&self, key: &IdempotencyKey) -> bool {
        self.fresh.as_ref().is_some_and(|fresh| fresh.facts.key == *key)
            || (self.listed > 0 && self.running.lock().iter().any(|running| running.key == *key))
    }

    /// Tells the attempts of all other leaves that their results are no longer wanted. One that has not begun never does.
    pub(crate) fn keep_only(&mut self, wanted: impl Fn(&IdempotencyKey) -> bool) {
        self.fresh.take_if(|fresh| !wanted(&fresh.facts.key));
        self.retain(|running| {
            let keep = wanted(&running.key);
            if let (false, Some(context)) = (keep, &running.context) {
                context.cancellation().cancel();
            }
            keep
        });
    }

    /// Waits for a slot only; the attempt is launched when its beginning has been stored.
    pub(crate) fn wait_for_slot(&mut self, shared: &Arc<Shared>, facts: Facts) {
        let (slots, leaf) = (Arc::clone(shared), facts.key.clone());
        self.spawn(shared, leaf, async move {
            let end = slot_for(&facts, &slots).await.map_or(End::Unbegun, End::Granted);
            Finished { facts, at: slots.clock.now(), end }
        });
    }

    /// Lets an end that is already known come in like any other.
    pub(crate) fn end_at_once(&mut self, shared: &Shared, facts: Facts, end: AttemptEnd) {
        let (at, end) = (shared.clock.now(), End::Ended(end));
        self.spawn(shared, facts.key.clone(), async move { Finished { facts, at, end } });
    }

    /// Keeps a leaf from being launched by [`reconcile`](super::actor::Actor) for a while.
    pub(crate) fn reserve(&mut self, key: &IdempotencyKey) {
        self.list(Running { key: key.clone(), future: None, context: None });
    }

    /// Ends a reservation, or an attempt.
    pub(crate) fn release(&mut self, key: &IdempotencyKey) {
        self.retain(|running| running.key != *key);
    }

    fn list(&mut self, running: Running) {
        self.listed += 1;
        self.running.lock().push(running);
    }

    fn retain(&mut self, keep: impl FnMut(&Running) -> bool) {
        if self.listed > 0 {
            let mut running = self.running.lock();
            running.retain(keep);
            self.listed = running.len();
        }
    }

    /// Launches an attempt. If nothing else of its run can happen meanwhile, `alone`, it is looked at before it becomes a
    /// task of its own: [`first_look`](Self::first_look).
    pub(crate) fn launch(&mut self, shared: &Arc<Shared>, launch: Launch, alone: bool) {
        if launch.context.is_some() {
            self.list(Running {
                key: launch.facts.key.clone(),
                future: None,
                context: launch.context.clone(),
            });
        }
        if alone && self.fresh.is_none() {
            self.fresh = Some(launch);
        } else {
            self.go_on(shared, Unfinished { launch, began: None });
        }
    }

    /// Looks at the attempt that was just launched, and gives it a task of its own if it is not ready. Once the engine is closed
    /// it does not begin.
    pub(crate) fn first_look(&mut self, shared: &Arc<Shared>) -> Option<Finished<AttemptEnd>> {
        if let Some(unbegun) = self.fresh.take_if(|_| shared.is_closed()) {
            self.release(&unbegun.forget().key);
            return None;
        }
        let looked = self.fresh.as_mut()?.look(shared);
        let launch = self.fresh.take()?;
        match looked {
            Look::Done { end, began } => {
                self.release(&launch.facts.key);
                Some(launch.finished(end, began, shared))
            }
            Look::Waits { began } => {
                self.go_on(shared, Unfinished { launch, began });
                None
            }
        }
    }

    fn go_on(&mut self, shared: &Arc<Shared>, attempt: Unfinished) {
        let Launch { facts, span, .. } = &attempt.launch;
        let (key, span) = (facts.key.clone(), span.clone());
        self.spawn(shared, key, attempt.run(Arc::clone(shared)).instrument(span));
    }

    /// Runs what the leaf of this key waits for; it is listed by then.
    fn spawn(
        &mut self,
        shared: &Shared,
        key: IdempotencyKey,
        attempt: impl Future<Output = Finished> + Send + 'static,
    ) {
        let futures = self.futures.get_or_insert_default();
        let spawned = match &shared.activity {
            Some(activity) => futures.spawn(activity.track(attempt)),
            None => futures.spawn(attempt),
        };
        let future = Some(spawned.id());
        let mut running = self.running.lock();
        match running.iter_mut().find(|running| running.key == key) {
            Some(running) => running.future = future,
            None => running.push(Running { key, future, context: None }),
        }
        self.listed = running.len();
    }

    /// The next attempt that ends. Pends forever while there is none.
    pub(crate) async fn next(&mut self) -> Finished {
        while let Some(futures) = &mut self.futures
            && let Some(joined) = futures.join_next_with_id().await
        {
            match joined {
                Ok((future, mut finished)) => {
                    let before = self.listed;
                    self.retain(|running| running.future != Some(future));
                    finished.facts.is_wanted = self.listed < before;
                    return finished;
                }
                // Only futures that catch panics run here, and nobody aborts them singly.
                Err(error) => tracing::error!(%error, "an attempt's own future ended abnormally"),
            }
        }
        std::future::pending().await
    }
}
