//! The timekeeper: one task per engine that sleeps until the next point in time some run waits for, and wakes that run.
//!
//! It holds nothing per run: which is next, the store knows. It never polls, and never fires before the wall clock says so.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::sync::Notify;

use super::command::{Command, Refusal};
use super::shared::{Patience, Shared};
use crate::backend::BackendError;
use crate::ids::RunId;
use crate::operation::deadline;

/// How many runs are woken together.
const BATCH: usize = 256;

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

/// Runs that could not be woken, and when they are tried again.
#[derive(Debug, Default)]
struct Stuck {
    runs: HashMap<RunId, (Timestamp, Duration)>,
}

/// Wakes runs until the engine stops.
pub(crate) async fn keep_time(shared: Arc<Shared>) {
    let mut stuck = Stuck::default();
    loop {
        // From here on every commit with a deadline wakes us, until we know what comes first.
        shared.alarm.plan(Timestamp::MAX);
        let fired = fire(&shared, &mut stuck).await;
        let next = match fired {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, "the store cannot say what is due");
                Some(deadline(shared.clock.now(), LONGEST_STUCK))
            }
        };
        let Some(next) = next else {
            shared.alarm.earlier.notified().await;
            continue;
        };
        shared.alarm.plan(next);
        tokio::select! {
            () = shared.clock.sleep_until(next) => {}
            () = shared.alarm.earlier.notified() => {}
        }
    }
}

/// Wakes what is due now, and says when to look again.
async fn fire(shared: &Arc<Shared>, stuck: &mut Stuck) -> Result<Option<Timestamp>, BackendError> {
    loop {
        let next = shared.store(Patience::Insist, || shared.backend.next_due()).await?;
        let now = shared.clock.now();
        match next {
            None => return Ok(None),
            Some(next) if next > now => return Ok(Some(next)),
            Some(_) => {}
        }
        stuck.forgive(now);
        let limit = BATCH + stuck.runs.len();
        let due = shared.store(Patience::Insist, || shared.backend.due(now, limit)).await?;
        let due = due.into_iter().filter(|(_, run)| !stuck.is_stuck(run, now));
        let due: Vec<RunId> =
            due.inspect(|(due, _)| shared.meter.woken(lag(*due, now))).map(|(_, run)| run).collect();
        if due.is_empty() {
            return Ok(stuck.next(now));
        }
        let woken = due.iter().map(|run| wake(shared, run));
        for (run, outcome) in due.iter().zip(join_all(woken).await) {
            match outcome {
                Ok(()) => stuck.runs.remove(run),
                Err(why) => {
                    tracing::warn!(%run, why, "a run that is due could not be woken");
                    stuck.add(run.clone(), now)
                }
            };
        }
    }
}

fn lag(due: Timestamp, now: Timestamp) -> Duration {
    now.duration_since(due).unsigned_abs()
}

/// Lets one run fire what is due. One that takes too long, because the code between two of its awaits does, holds up no other.
async fn wake(shared: &Arc<Shared>, run: &RunId) -> Result<(), String> {
    let too_long = shared.clock.sleep_until(deadline(shared.clock.now(), LONGEST_WAKE));
    tokio::select! {
        biased;
        outcome = shared.ask(run, Command::Due) => match outcome {
            Ok(()) | Err(Refusal::NotFound) => Ok(()),
            Err(refusal) => Err(format!("{refusal:?}")),
        },
        () = too_long => Err(format!("it is busy for more than {LONGEST_WAKE:?}")),
    }
}

const LONGEST_WAKE: Duration = Duration::from_secs(5);

const LONGEST_STUCK: Duration = Duration::from_secs(30);

impl Stuck {
    fn add(&mut self, run: RunId, now: Timestamp) -> Option<(Timestamp, Duration)> {
        let wait = match self.runs.get(&run) {
            Some((_, wait)) => (*wait * 2).min(LONGEST_STUCK),
            None => Duration::from_millis(500),
        };
        self.runs.insert(run, (deadline(now, wait), wait))
    }

    fn is_stuck(&self, run: &RunId, now: Timestamp) -> bool {
        self.runs.get(run).is_some_and(|(until, _)| *until > now)
    }

    /// Forgets those whose trouble is long over.
    fn forgive(&mut self, now: Timestamp) {
        self.runs.retain(|_, (until, _)| deadline(*until, LONGEST_STUCK) > now);
    }

    /// When one of them is tried again. Those whose time has come are not due any more.
    fn next(&self, now: Timestamp) -> Option<Timestamp> {
        self.runs.values().map(|(until, _)| *until).filter(|until| *until > now).min()
    }
}
