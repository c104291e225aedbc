//! How the engine is: whether its store answers, and how much it has in hand.

use std::sync::atomic::{AtomicBool, Ordering};
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
    reads: Answers,
    commits: Answers,
}

/// What the answers to one kind of question were.
#[derive(Debug, Default)]
struct Answers {
    /// Whether the last was an error. Nearly all are good, and need no lock to find that the one before was, too.
    are_bad: AtomicBool,
    trouble: Mutex<Option<StoreTrouble>>,
}

impl StoreHealth {
    pub(crate) fn answered(&self, access: Access) {
        let answers = self.of(access);
        if !answers.are_bad.load(Ordering::Acquire) {
            return;
        }
        let mut trouble = answers.lock();
        answers.are_bad.store(false, Ordering::Release);
        if let Some(StoreTrouble { since, .. }) = trouble.take() {
            tracing::info!(%since, ?access, "the store answers again");
        }
    }

    pub(crate) fn failed(&self, access: Access, now: Timestamp, error: &BackendError) {
        // A conflict is an answer, and a good one.
        if matches!(error, BackendError::Conflict { .. }) {
            return;
        }
        let answers = self.of(access);
        let mut trouble = answers.lock();
        answers.are_bad.store(true, Ordering::Release);
        let since = trouble.as_ref().map_or(now, |trouble| trouble.since);
        *trouble = Some(StoreTrouble { since, error: error.clone() });
    }

    pub(crate) fn trouble(&self) -> Option<StoreTrouble> {
        let commits = self.commits.lock().clone();
        commits.or_else(|| self.reads.lock().clone())
    }

    /// Why the store takes nothing more, if it does not.
    pub(crate) fn stop(&self) -> Option<BackendError> {
        let errors = [&self.commits, &self.reads].map(|answers| Some(answers.lock().as_ref()?.error.clone()));
        errors.into_iter().flatten().find(|error| matches!(error, BackendError::Stopped { .. }))
    }

    fn of(&self, access: Access) -> &Answers {
        match access {
            Access::Read => &self.reads,
            Access::Commit => &self.commits,
        }
    }
}

impl Answers {
    fn lock(&self) -> MutexGuard<'_, Option<StoreTrouble>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
