//! A clock that stands still until a test moves it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::clock::Clock;

/// A clock that stands still until a test moves it. A clone is the same clock.
#[derive(Debug, Clone)]
pub struct VirtualClock {
    now: Arc<watch::Sender<Timestamp>>,
    /// How many sleepers wait for each point in time.
    sleepers: Arc<Mutex<BTreeMap<Timestamp, usize>>>,
}

impl VirtualClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self { now: Arc::new(watch::Sender::new(now)), sleepers: Arc::default() }
    }

    /// Moves the clock, forwards or backwards, and wakes who has slept long enough.
    pub fn set(&self, now: Timestamp) {
        self.now.send_replace(now);
    }

    /// The earliest point in time that anybody sleeps for.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.sleepers().keys().next().copied()
    }

    fn sleepers(&self) -> MutexGuard<'_, BTreeMap<Timestamp, usize>> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for VirtualClock {
    /// Stands at the beginning of the year 2026, UTC.
    fn default() -> Self {
        Self::new(Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(1_767_225_600))
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let mut now = self.now.subscribe();
        let sleeper = Sleeper::new(self.clone(), at);
        Box::pin(async move {
            let _sleeper = sleeper;
            // The sender is held by `sleeper`, so the channel cannot close.
            let _ = now.wait_for(|now| *now >= at).await;
        })
    }
}

/// Someone who sleeps; counted until it wakes or is dropped.
struct Sleeper {
    clock: VirtualClock,
    at: Timestamp,
}

impl Sleeper {
    fn new(clock: VirtualClock, at: Timestamp) -> Self {
        *clock.sleepers().entry(at).or_default() += 1;
        Self { clock, at }
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let mut sleepers = self.clock.sleepers();
        if let Some(count) = sleepers.get_mut(&self.at) {
            *count -= 1;
            if *count == 0 {
                sleepers.remove(&self.at);
            }
        }
    }
}
