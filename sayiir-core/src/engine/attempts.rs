//! The attempts of one run that are running just now.

mod by_leaf;
mod launch;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use smallvec::SmallVec;
use tokio::task::{self, JoinSet};
use tracing::Instrument;

use by_leaf::ByLeaf;
pub(crate) use launch::Launch;
use launch::{Look, Unfinished, slot_for};

use super::shared::Shared;
use super::slots::Slot;
use crate::ids::IdempotencyKey;
use crate::machine::{AttemptEnd, Facts};
use crate::record::{LeafKind, Record};
use crate::task::TaskContext;

/// The attempts of one run that wanted to know anything of themselves, and may report something; shared with those who ask for
/// its status.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<Mutex<ByLeaf<TaskContext>>>);

impl Progress {
    /// The last words of the attempt for this leaf.
    pub(crate) fn of(&self, wanted: &IdempotencyKey) -> Option<String> {
        self.lock().get(wanted)?.progress()
    }

    fn lock(&self) -> MutexGuard<'_, ByLeaf<TaskContext>> {
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

/// A leaf that has its attempt, or is having its beginning stored.
#[derive(Debug)]
struct Running {
    /// Whose end is the attempt's, once it runs: of a leaf that waits again after a `retry()` an earlier one may still run.
    future: Option<task::Id>,
    /// By which it is told to stop, if it wants to know anything of itself.
    context: Option<TaskContext>,
    /// Whether its leaf was met, while the leaves of the record come by.
    is_wanted: bool,
}

/// The attempts of one run: one that is fresh, or any number of those that run.
pub(crate) struct Attempts {
    progress: Progress,
    /// Launched, and not looked at yet. It is the only one of its run.
    fresh: Option<Launch>,
    running: ByLeaf<Running>,
    /// Their futures, and those of attempts whose results nobody wants any more; none before there is one.
    futures: Option<JoinSet<Finished>>,
}

impl Attempts {
    pub(crate) fn new(progress: Progress) -> Self {
        Self { progress, fresh: None, running: ByLeaf::default(), futures: None }
    }

    /// Whether no attempt is left, not even one whose result nobody wants.
    pub(crate) fn is_empty(&self) -> bool {
        self.fresh.is_none() && self.futures.as_ref().is_none_or(JoinSet::is_empty)
    }

    /// Tells the attempts of leaves that the record does not hold that their results are no longer wanted; one that has not begun
    /// never does. Gives the leaves that are to have an attempt and have none, by their numbers.
    pub(crate) fn keep_only(&mut self, record: &Record) -> SmallVec<[usize; 1]> {
        let mut missing = SmallVec::new();
        let (mut near, mut is_fresh_met) = (0, false);
        for (number, leaf) in record.leaves().iter().enumerate() {
            if self.fresh.as_ref().is_some_and(|fresh| record.has_key(leaf, &fresh.facts.key)) {
                is_fresh_met = true;
            } else if let Some(running) = self.running.of_leaf(record.incarnation, leaf, &mut near) {
                running.is_wanted = true;
            } else if matches!(leaf.kind, LeafKind::Task { retry_at: None, .. }) {
                missing.push(number);
            }
        }
        if let Some(unwanted) = self.fresh.take_if(|_| !is_fresh_met) {
            self.forget(unwanted);
        }
        self.sweep();
        missing
    }

    /// Lets those go that were not met. Mostly there are none.
    fn sweep(&mut self) {
        let Self { running, progress, .. } = self;
        running.retain(|key, running| {
            let is_wanted = std::mem::take(&mut running.is_wanted);
            if let (false, Some(context)) = (is_wanted, &running.context) {
                context.cancellation().cancel();
                progress.lock().remove(key);
            }
            is_wanted
        });
    }

    /// Waits for a slot only; the attempt is launched when its beginning has been stored.
    pub(crate) fn wait_for_slot(&mut self, shared: &Arc<Shared>, facts: Facts) {
        let (slots, leaf) = (Arc::clone(shared), facts.key.clone());
        self.spawn(shared, leaf, None, async move {
            let end = slot_for(&facts, &slots).await.map_or(End::Unbegun, End::Granted);
            Finished { facts, at: slots.clock.now(), end }
        });
    }

    /// Lets an end that is already known come in like any other.
    pub(crate) fn end_at_once(&mut self, shared: &Shared, facts: Facts, end: AttemptEnd) {
        let (at, end) = (shared.clock.now(), End::Ended(end));
        self.spawn(shared, facts.key.clone(), None, async move { Finished { facts, at, end } });
    }

    /// Keeps a leaf from being launched by [`reconcile`](super::actor::Actor) for a while.
    pub(crate) fn reserve(&mut self, key: &IdempotencyKey) {
        self.running.insert(key.clone(), Running { future: None, context: None, is_wanted: false });
    }

    /// Ends a reservation.
    pub(crate) fn release(&mut self, key: &IdempotencyKey) {
        self.running.remove(key);
    }

    /// Lets go of an attempt that never began.
    fn forget(&mut self, unbegun: Launch) {
        if let Some(context) = unbegun.context.clone() {
            context.cancellation().cancel();
            self.progress.lock().remove(&unbegun.facts.key);
        }
        unbegun.forget();
    }

    /// Launches an attempt. If nothing else of its run can happen meanwhile, `alone`, it is looked at before it becomes a
    /// task of its own: [`first_look`](Self::first_look).
    pub(crate) fn launch(&mut self, shared: &Arc<Shared>, launch: Launch, alone: bool) {
        if let Some(context) = &launch.context {
            self.progress.lock().insert(launch.facts.key.clone(), context.clone());
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
            self.forget(unbegun);
            return None;
        }
        let looked = self.fresh.as_mut()?.look(shared);
        let launch = self.fresh.take()?;
        match looked {
            Look::Done { end, began } => {
                if launch.context.is_some() {
                    self.progress.lock().remove(&launch.facts.key);
                }
                Some(launch.finished(end, began, shared))
            }
            Look::Waits { began } => {
                self.go_on(shared, Unfinished { launch, began });
                None
            }
        }
    }

    fn go_on(&mut self, shared: &Arc<Shared>, attempt: Unfinished) {
        let Launch { facts, span, context, .. } = &attempt.launch;
        let (key, context, span) = (facts.key.clone(), context.clone(), span.clone());
        self.spawn(shared, key, context, attempt.run(Arc::clone(shared)).instrument(span));
    }

    /// Runs what the leaf of this key waits for.
    fn spawn(
        &mut self,
        shared: &Shared,
        key: IdempotencyKey,
        context: Option<TaskContext>,
        attempt: impl Future<Output = Finished> + Send + 'static,
    ) {
        let futures = self.futures.get_or_insert_default();
        let spawned = match &shared.activity {
            Some(activity) => futures.spawn(activity.track(attempt)),
            None => futures.spawn(attempt),
        };
        let future = Some(spawned.id());
        self.running.insert(key, Running { future, context, is_wanted: false });
    }

    /// The next attempt that ends. Pends forever while there is none.
    pub(crate) async fn next(&mut self) -> Finished {
        while let Some(futures) = &mut self.futures
            && let Some(joined) = futures.join_next_with_id().await
        {
            match joined {
                Ok((future, mut finished)) => {
                    let key = &finished.facts.key;
                    let ended = self.running.remove_if(key, |running| running.future == Some(future));
                    if ended.as_ref().is_some_and(|ended| ended.context.is_some()) {
                        self.progress.lock().remove(key);
                    }
                    finished.facts.is_wanted = ended.is_some();
                    return finished;
                }
                // Only futures that catch panics run here, and nobody aborts them singly.
                Err(error) => tracing::error!(%error, "an attempt's own future ended abnormally"),
            }
        }
        std::future::pending().await
    }
}
