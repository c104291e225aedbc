//! The alarm: when the timekeeper looks at the store next. Every commit sets it for the time that its run waits for.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::Notify;

/// Earlier times count, later ones do not.
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
        if let Some(due) = due
            && self.lower(due)
        {
            self.earlier.notify_one();
        }
    }

    /// When to look.
    pub(super) fn planned(&self) -> Timestamp {
        *self.lock()
    }

    /// Forgets what it was set for.
    pub(super) fn plan(&self, at: Timestamp) {
        *self.lock() = at;
    }

    pub(super) fn at_the_latest(&self, at: Timestamp) {
        self.lower(at);
    }

    /// Ends when it was set for an earlier time.
    pub(super) async fn changed(&self) {
        self.earlier.notified().await;
    }

    fn lower(&self, at: Timestamp) -> bool {
        let mut planned = self.lock();
        let is_earlier = at < *planned;
        if is_earlier {
            *planned = at;
        }
        is_earlier
    }

    fn lock(&self) -> MutexGuard<'_, Timestamp> {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
