//! How the engine is: whether its store answers, and how much it has in hand.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::backend::BackendError;

/// How an engine is, as far as it can tell at once.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Health {
    /// How many runs have attempts running or something to be decided. Runs that wait do not count.
    pub active_runs: usize,
    /// How many attempts of tasks are running.
    pub running_attempts: usize,
    /// What is wrong with the store, if its last answer to a commit, or else to a read, was an error.
    pub store: Option<StoreTrouble>,
    /// Whether the engine is being shut down or has stopped.
    pub is_closed: bool,
}

/// A store that fails. The engine goes on trying; what it could not store it has acknowledged to nobody.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StoreTrouble {
    /// Since when every answer of that kind has been an error.
    pub since: Timestamp,
    /// The last of them.
    pub error: BackendError,
}

/// What the store is asked for. A full disk can still be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Commit,
}

/// What the store's last answers were.
#[derive(Debug, Default)]
pub(crate) struct StoreHealth {
    reads: Mutex<Option<StoreTrouble>>,
    commits: Mutex<Option<StoreTrouble>>,
}

impl StoreHealth {
    pub(crate) fn answered(&self, access: Access) {
        let mut trouble = self.lock(access);
        if let Some(StoreTrouble { since, .. }) = trouble.take() {
            tracing::info!(%since, ?access, "the store answers again");
        }
    }

    pub(crate) fn failed(&self, access: Access, now: Timestamp, error: &BackendError) {
        // A conflict is an answer, and a good one.
        if matches!(error, BackendError::Conflict { .. }) {
            return;
        }
        let mut trouble = self.lock(access);
        let since = trouble.as_ref().map_or(now, |trouble| trouble.since);
        *trouble = Some(StoreTrouble { since, error: error.clone() });
    }

    pub(crate) fn trouble(&self) -> Option<StoreTrouble> {
        let commits = self.lock(Access::Commit).clone();
        commits.or_else(|| self.lock(Access::Read).clone())
    }

    fn lock(&self, access: Access) -> MutexGuard<'_, Option<StoreTrouble>> {
        let trouble = match access {
            Access::Read => &self.reads,
            Access::Commit => &self.commits,
        };
        trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
