//! The timekeeper: one task per engine that sleeps until the next point in time some run waits for, and wakes that run.
//!
//! It holds nothing of the runs that wait: which is next, the store knows, and what is committed meanwhile says so itself
//! (`alarm`). It never polls, and never fires before the wall clock says so. A run that does not answer, cannot be woken, or
//! stands in the index of what is due by mistake, holds up no other (`away`).

mod alarm;
mod away;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use jiff::Timestamp;

pub(crate) use alarm::Alarm;
use away::Away;

use super::command::{Command, Refusal};
use super::shared::{Patience, Shared};
use crate::backend::BackendError;
use crate::ids::RunId;
use crate::operation::deadline;

/// How many runs are being woken at a time.
const BATCH: usize = 256;
/// How long to wait before the store is asked again: while too many are being woken, and after an error.
const SHORT_WHILE: Duration = Duration::from_millis(500);
const LONG_WHILE: Duration = Duration::from_secs(30);

/// Wakes runs until the engine stops.
pub(crate) async fn keep_time(shared: Arc<Shared>) {
    let mut keeper = Timekeeper { shared, waking: FuturesUnordered::new(), away: Away::default() };
    loop {
        // From here on the alarm knows what is committed, until the store has said what comes first.
        keeper.shared.alarm.plan(Timestamp::MAX);
        let has_more = keeper.look().await.unwrap_or_else(|error| {
            tracing::error!(%error, "the store cannot say what is due");
            keeper.shared.alarm.at_the_latest(deadline(keeper.shared.clock.now(), LONG_WHILE));
            false
        });
        keeper.rest(has_more).await;
    }
}

struct Timekeeper {
    shared: Arc<Shared>,
    /// The runs that were told, and have not answered yet.
    waking: FuturesUnordered<BoxFuture<'static, (RunId, Result<(), Refusal>)>>,
    away: Away,
}

impl Timekeeper {
    /// Wakes what is due now, and sets the alarm for what comes then; says whether there is more than can be woken at a time.
    async fn look(&mut self) -> Result<bool, BackendError> {
        let now = self.shared.clock.now();
        while BATCH > self.waking.len() {
            let due = self.due(now, now, BATCH - self.waking.len()).await?;
            if due.is_empty() {
                self.away.forget(now);
                if let Some((next, _)) = self.due(Timestamp::MAX, now, 1).await?.first() {
                    self.shared.alarm.at_the_latest(*next);
                }
                self.shared.alarm.at_the_latest(self.away.look_again());
                return Ok(false);
            }
            for (at, run) in due {
                self.shared.meter.woken(now.duration_since(at).unsigned_abs());
                if self.away.is_told(run.clone(), at) {
                    tracing::warn!(%run, %at, "the store names a run as due that has nothing to do");
                }
                self.wake(run);
            }
        }
        self.shared.alarm.at_the_latest(deadline(now, SHORT_WHILE));
        Ok(true)
    }

    /// The first so many runs that are due by `until` and not away. Those that are may come before them.
    async fn due(
        &mut self,
        until: Timestamp,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Timestamp, RunId)>, BackendError> {
        let (shared, away) = (&self.shared, &mut self.away);
        let mut enough = limit;
        loop {
            let mut due = shared.store(Patience::Insist, || shared.backend.due(until, enough)).await?;
            let is_all = due.len() < enough;
            due.retain(|(at, run)| !away.passes_over(run, *at, now));
            if is_all || due.len() >= limit {
                due.truncate(limit);
                return Ok(due);
            }
            enough *= 2;
        }
    }

    fn wake(&self, run: RunId) {
        let shared = Arc::clone(&self.shared);
        self.waking.push(Box::pin(async move {
            let answer = shared.ask(&run, Command::Due).await;
            (run, answer)
        }));
    }

    /// Waits until there is something to look at.
    async fn rest(&mut self, has_more: bool) {
        let shared = Arc::clone(&self.shared);
        loop {
            let planned = shared.alarm.planned();
            let wakes = planned.min(self.away.next_try());
            tokio::select! {
                () = shared.clock.sleep_until(wakes), if wakes < Timestamp::MAX => {
                    let now = shared.clock.now();
                    for run in self.away.take_tries(now) {
                        self.wake(run);
                    }
                    if planned <= now {
                        return;
                    }
                }
                () = shared.alarm.changed() => {}
                Some((run, answer)) = self.waking.next() => {
                    self.woken(run, answer);
                    while let Some(Some((run, answer))) = self.waking.next().now_or_never() {
                        self.woken(run, answer);
                    }
                    if has_more && self.waking.len() <= BATCH / 2 {
                        return;
                    }
                }
            }
        }
    }

    fn woken(&mut self, run: RunId, answer: Result<(), Refusal>) {
        let now = self.shared.clock.now();
        match answer {
            Ok(()) | Err(Refusal::NotFound) => self.away.has_answered(&run, now),
            Err(refusal) => {
                tracing::warn!(%run, ?refusal, "a run that is due could not be woken");
                self.away.has_refused(run, now);
            }
        }
    }
}
