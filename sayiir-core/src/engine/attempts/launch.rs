//! One attempt, from its launch to its end: looked at once where it stands, or run as a task of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use tracing::Span;

use super::{End, Finished};
use crate::engine::shared::Shared;
use crate::engine::slots::Slot;
use crate::machine::{LeafId, panic_message};
use crate::operation::deadline;
use crate::task::{Attempt, TaskContext, TaskOptions};

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

/// An attempt that has been looked at and was not ready.
pub(super) struct Unfinished {
    launch: Launch,
    span: Span,
    /// When it was first looked at; `None`: it waits for a slot.
    began: Option<Timestamp>,
}

/// What the first look at an attempt finds.
pub(super) enum Look {
    Done(Finished),
    Waits(Unfinished),
}

impl Launch {
    /// The span in which it runs.
    fn span(&self) -> Span {
        tracing::info_span!(
            "attempt",
            run = %self.context.run_id(),
            step = self.leaf.scheduled.0,
            task = self.task,
            attempt = self.context.attempt(),
            key = self.context.idempotency_key(),
        )
    }

    /// Nobody looks at it yet.
    pub(super) fn begin(self) -> Unfinished {
        Unfinished { span: self.span(), launch: self, began: None }
    }

    /// Lets it run to the first place where it waits. One that never waits is done then, and needs no task of its own.
    pub(super) fn look(mut self, shared: &Shared) -> Look {
        if self.slot.is_none() {
            self.slot = shared.slots.try_acquire(self.task, self.options.max_concurrent);
        }
        let span = self.span();
        if self.slot.is_none() {
            return Look::Waits(Unfinished { launch: self, span, began: None });
        }
        let began = shared.clock.now();
        let attempt = &mut self.attempt;
        // Whoever waits for it looks at it again first, with a waker of its own.
        let look = || attempt.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let end = match span.in_scope(|| catch_unwind(AssertUnwindSafe(look))) {
            Ok(Poll::Pending) => {
                return Look::Waits(Unfinished { launch: self, span, began: Some(began) });
            }
            Ok(Poll::Ready(attempted)) => End::Returned(attempted),
            Err(panic) => End::Panicked(panic_message(&*panic)),
        };
        let micros = micros_since(began, shared);
        Look::Done(finished(self.leaf, self.task, self.options, &self.context, micros, end))
    }
}

impl Unfinished {
    /// The span in which it runs.
    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    /// Runs it to its end.
    pub(super) async fn run(self, shared: Arc<Shared>) -> Finished {
        let Self { launch: Launch { leaf, task, options, attempt, context, slot }, began, .. } = self;
        let _slot = match slot {
            Some(slot) => slot,
            None => shared.slots.acquire(task, options.max_concurrent).await,
        };
        let began = began.unwrap_or_else(|| shared.clock.now());
        let end = match options.timeout {
            None => caught(attempt).await,
            Some(limit) => within(limit, began, &shared, attempt, &context).await,
        };
        finished(leaf, task, options, &context, micros_since(began, &shared), end)
    }
}

fn finished(
    leaf: LeafId,
    task: &'static str,
    options: TaskOptions,
    context: &TaskContext,
    micros: u64,
    end: End,
) -> Finished {
    Finished { leaf, task, attempt: context.attempt(), options, micros, end }
}

/// A panic of an attempt is its end.
async fn caught(attempt: Attempt) -> End {
    match AssertUnwindSafe(attempt).catch_unwind().await {
        Ok(attempted) => End::Returned(attempted),
        Err(panic) => End::Panicked(panic_message(&*panic)),
    }
}

async fn within(
    limit: Duration,
    began: Timestamp,
    shared: &Shared,
    attempt: Attempt,
    context: &TaskContext,
) -> End {
    let limit_passed = shared.clock.sleep_until(deadline(began, limit));
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

fn micros_since(began: Timestamp, shared: &Shared) -> u64 {
    // The wall clock may have been set back meanwhile.
    u64::try_from(shared.clock.now().duration_since(began).as_micros()).unwrap_or(0)
}
