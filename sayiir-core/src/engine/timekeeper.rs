//! The timekeeper: one task per engine that sleeps until the next point in time some run waits for, and wakes that run.
//!
//! It holds nothing of the runs that wait: which is next, the store knows. It never polls, and never fires before the wall clock
//! says so. A run that does not answer, or cannot be woken, holds up no other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use jiff::Timestamp;
use tokio::sync::Notify;

use super::command::{Command, Refusal};
use super::shared::{Patience, Shared};
use crate::backend::BackendError;
use crate::ids::RunId;
use crate::operation::deadline;

/// How many runs are being woken at a time.
const BATCH: usize = 256;
/// How long a run that could not be woken is left alone, the first time and at most.
const SHORTEST_REST: Duration = Duration::from_millis(500);
const LONGEST_REST: Duration = Duration::from_secs(30);

/// Wakes the timekeeper when something earlier than its next point in time was committed.
#[derive(Debug)]
pub(crate) struct Alarm {
    planned: Mutex<Timestamp>,
    earlier: Notify,
}

impl Alarm {
    pub(crate) fn new() -> Self {
        Self { planned: Mutex::new(Timestamp::MAX), earlier: Notify::new() }
    }

    /// Says that a run now wants to be woken at `due`.
    pub(crate) fn set(&self, due: Option<Timestamp>) {
        let Some(due) = due else { return };
        let planned = *self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        if due < planned {
            self.earlier.notify_one();
        }
    }

    fn plan(&self, next: Timestamp) {
        *self.planned.lock().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

/// Wakes runs until the engine stops.
pub(crate) async fn keep_time(shared: Arc<Shared>) {
    let mut keeper = Timekeeper { shared, waking: FuturesUnordered::new(), away: HashMap::new() };
    loop {
        // From here on every commit with a deadline wakes us, until we know what comes first.
        keeper.shared.alarm.plan(Timestamp::MAX);
        let next = match keeper.look().await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, "the store cannot say what is due");
                Next::At(deadline(keeper.shared.clock.now(), LONGEST_REST))
            }
        };
        keeper.rest(next).await;
    }
}

struct Timekeeper {
    shared: Arc<Shared>,
    /// The runs that were told, and have not answered yet.
    waking: FuturesUnordered<BoxFuture<'static, (RunId, Result<(), Refusal>)>>,
    /// Those, and the ones that could not be woken. The store may have them as due, and they are left alone.
    away: HashMap<RunId, Away>,
}

#[derive(Debug, Clone, Copy)]
struct Away {
    /// The end of time, while it is being woken.
    until: Timestamp,
    /// How long it was left alone last; nothing if it had no trouble yet.
    rest: Duration,
}

/// When to look at the store again.
#[derive(Debug, Clone, Copy)]
enum Next {
    At(Timestamp),
    /// Once enough of those that are being woken have answered: there are more.
    Crowd,
    /// Once something is committed.
    Never,
}

impl Timekeeper {
    /// Wakes what is due now.
    async fn look(&mut self) -> Result<Next, BackendError> {
        loop {
            let now = self.shared.clock.now();
            // Those whose trouble is long over are forgotten.
            self.away.retain(|_, away| deadline(away.until, LONGEST_REST) > now);
            // The ones that are away may come first.
            match self.due(Timestamp::MAX, now, 1).await?.first() {
                Some((at, _)) if *at <= now => {}
                Some((at, _)) => return Ok(self.and_tries(Next::At(*at))),
                None => return Ok(self.and_tries(Next::Never)),
            }
            let room = BATCH - self.waking.len();
            if room == 0 {
                return Ok(Next::Crowd);
            }
            for (at, run) in self.due(now, now, room).await? {
                self.shared.meter.woken(now.duration_since(at).unsigned_abs());
                self.wake(run);
            }
        }
    }

    /// The first so many runs that are due by `until` and not away.
    async fn due(
        &mut self,
        until: Timestamp,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Timestamp, RunId)>, BackendError> {
        let (shared, enough) = (&self.shared, limit + self.away.len());
        let due = shared.store(Patience::Insist, || shared.backend.due(until, enough)).await?;
        let is_away = |run: &RunId| self.away.get(run).is_some_and(|away| away.until > now);
        Ok(due.into_iter().filter(|(_, run)| !is_away(run)).take(limit).collect())
    }

    /// Also when the first of those that could not be woken is tried again. Those whose time has come were not due any more.
    fn and_tries(&self, next: Next) -> Next {
        let now = self.shared.clock.now();
        let tries = self.away.values().map(|away| away.until);
        let tries = tries.filter(|until| now < *until && *until < Timestamp::MAX);
        match (tries.min(), next) {
            (Some(again), Next::At(at)) => Next::At(at.min(again)),
            (Some(again), Next::Never) => Next::At(again),
            (Some(_) | None, next) => next,
        }
    }

    fn wake(&mut self, run: RunId) {
        let rest = self.away.get(&run).map(|away| away.rest).unwrap_or_default();
        self.away.insert(run.clone(), Away { until: Timestamp::MAX, rest });
        let shared = Arc::clone(&self.shared);
        self.waking.push(Box::pin(async move {
            let answer = shared.ask(&run, Command::Due).await;
            (run, answer)
        }));
    }

    /// Waits until there is something to look at.
    async fn rest(&mut self, next: Next) {
        let shared = Arc::clone(&self.shared);
        shared.alarm.plan(match next {
            Next::At(at) => at,
            // Whatever is committed meanwhile, there is no room for it.
            Next::Crowd => Timestamp::MIN,
            Next::Never => Timestamp::MAX,
        });
        let time = async {
            match next {
                Next::At(at) => shared.clock.sleep_until(at).await,
                Next::Crowd | Next::Never => std::future::pending().await,
            }
        };
        tokio::select! {
            () = time => {}
            () = shared.alarm.earlier.notified() => {}
            Some((run, answer)) = self.waking.next() => {
                self.woken(run, answer);
                self.take_answers(matches!(next, Next::Crowd)).await;
            }
        }
    }

    /// Takes the answers that are there; of a crowd, until there is room for more than a few.
    async fn take_answers(&mut self, is_crowd: bool) {
        let enough = if is_crowd { BATCH / 2 } else { BATCH };
        while let Some(answered) = self.waking.next().now_or_never().flatten() {
            self.woken(answered.0, answered.1);
        }
        while self.waking.len() > enough
            && let Some((run, answer)) = self.waking.next().await
        {
            self.woken(run, answer);
        }
    }

    fn woken(&mut self, run: RunId, answer: Result<(), Refusal>) {
        let away = self.away.remove(&run);
        match answer {
            Ok(()) | Err(Refusal::NotFound) => {}
            Err(refusal) => {
                tracing::warn!(%run, ?refusal, "a run that is due could not be woken");
                let before = away.map(|away| away.rest).unwrap_or_default();
                let rest = (before * 2).clamp(SHORTEST_REST, LONGEST_REST);
                self.away.insert(run, Away { until: deadline(self.shared.clock.now(), rest), rest });
            }
        }
    }
}
