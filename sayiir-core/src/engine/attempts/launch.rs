//! One attempt, from its launch to its end: looked at once where it stands, or run as a task of its own.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use tracing::Span;

use super::{End, Finished};
use crate::caught::{caught, panic_message};
use crate::engine::shared::Shared;
use crate::engine::slots::Slot;
use crate::machine::{AttemptEnd, Facts};
use crate::operation::deadline;
use crate::task::{Attempt, TaskContext};

/// An attempt that is to be started.
pub(crate) struct Launch {
    pub(crate) facts: Facts,
    pub(crate) attempt: Attempt,
    /// What the task knows of the attempt, if it asked.
    pub(crate) context: Option<TaskContext>,
    /// In which it runs.
    pub(crate) span: Span,
    /// Given if it was waited for already.
    pub(crate) slot: Option<Slot>,
}

/// An attempt that has been looked at and was not ready.
pub(super) struct Unfinished {
    pub(super) launch: Launch,
    /// When it was first looked at; `None`: it was not, or waits for a slot.
    pub(super) began: Option<Timestamp>,
}

/// What the first look at an attempt finds.
pub(super) enum Look {
    Done {
        end: AttemptEnd,
        began: Timestamp,
    },
    Waits {
        /// When it was looked at; `None`: it waits for a slot.
        began: Option<Timestamp>,
    },
}

impl Launch {
    /// Lets it run to the first place where it waits. One that never waits is done then, and needs no task of its own.
    pub(super) fn look(&mut self, shared: &Shared) -> Look {
        if self.slot.is_none() {
            self.slot = shared.slots.try_acquire(self.facts.task, self.facts.options.max_concurrent);
        }
        if self.slot.is_none() {
            return Look::Waits { began: None };
        }
        let began = shared.clock.now();
        let attempt = &mut self.attempt;
        // Whoever waits for it looks at it again first, with a waker of its own.
        let look = || attempt.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let end = match self.span.in_scope(|| caught(look)) {
            Ok(Poll::Pending) => return Look::Waits { began: Some(began) },
            Ok(Poll::Ready(attempted)) => AttemptEnd::Returned(attempted),
            Err(panic) => AttemptEnd::Panicked(panic),
        };
        Look::Done { end, began }
    }

    /// Its end, which has just come.
    pub(super) fn finished<E>(self, end: E, began: Timestamp, shared: &Shared) -> Finished<E> {
        let mut facts = self.forget();
        let at = shared.clock.now();
        // The wall clock may have been set back meanwhile.
        facts.micros = u64::try_from(at.duration_since(began).as_micros()).unwrap_or(0);
        Finished { facts, at, end }
    }

    /// Lets go of it. What the task still holds may panic as it goes; what is to follow follows all the same.
    pub(super) fn forget(self) -> Facts {
        let Self { facts, attempt, .. } = self;
        if let Err(panic) = caught(|| drop(attempt)) {
            tracing::error!(task = facts.task, panic, "what an attempt held panicked when it was dropped");
        }
        facts
    }
}

impl Unfinished {
    /// Runs it to its end.
    pub(super) async fn run(self, shared: Arc<Shared>) -> Finished {
        let Self { mut launch, began } = self;
        let Launch { facts, attempt, context, slot, .. } = &mut launch;
        if slot.is_none() {
            *slot = slot_for(facts, &shared).await;
        }
        let began = began.unwrap_or_else(|| shared.clock.now());
        if slot.is_none() {
            return launch.finished(End::Unbegun, began, &shared);
        }
        let end = match facts.options.timeout {
            None => End::Ended(end_of(attempt).await),
            Some(limit) => within(limit, began, &shared, attempt, context.as_ref()).await,
        };
        launch.finished(end, began, &shared)
    }
}

/// Waits for the slot of an attempt; `None` if the engine is closed by then.
pub(super) async fn slot_for(facts: &Facts, shared: &Shared) -> Option<Slot> {
    tokio::select! {
        biased;
        () = shared.closing.cancelled() => None,
        slot = shared.slots.acquire(facts.task, facts.options.max_concurrent) => Some(slot),
    }
}

/// A panic of an attempt is its end.
async fn end_of(attempt: &mut Attempt) -> AttemptEnd {
    match AssertUnwindSafe(attempt).catch_unwind().await {
        Ok(attempted) => AttemptEnd::Returned(attempted),
        Err(panic) => AttemptEnd::Panicked(panic_message(&*panic)),
    }
}

async fn within(
    limit: Duration,
    began: Timestamp,
    shared: &Shared,
    attempt: &mut Attempt,
    context: Option<&TaskContext>,
) -> End {
    let limit_passed = shared.clock.sleep_until(deadline(began, limit));
    tokio::select! {
        biased;
        end = end_of(attempt) => End::Ended(end),
        () = limit_passed => {
            // For what the attempt may have spawned; itself it is dropped with its launch.
            if let Some(context) = context {
                context.cancellation().cancel();
            }
            End::TimedOut(limit)
        }
    }
}
