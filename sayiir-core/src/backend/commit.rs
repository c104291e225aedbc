//! What is written: one commit, and what it does to each run.

use smallvec::SmallVec;

use crate::history::HistoryEntry;
use crate::ids::{Revision, RunId};
use crate::record::{IndexEntry, Record};
use crate::signal::Message;

/// One atomic, durable batch.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    /// The runs it changes, each at most once. Mostly one, which needs no room of its own.
    pub changes: SmallVec<[RunChange; 1]>,
}

impl From<RunChange> for Commit {
    fn from(change: RunChange) -> Self {
        Self { changes: SmallVec::from_buf([change]) }
    }
}

/// What one commit does to one run. [`RunChange::new`] makes one that changes the record only.
#[derive(Debug, Clone)]
pub struct RunChange {
    /// The run.
    pub run: RunId,
    /// The revision that the store must hold, or the commit is refused; `None`: the run must not be there.
    pub expected: Option<Revision>,
    /// What it holds afterwards; `None` removes the run with its history, inbox and idempotency keys.
    pub record: Option<Box<Record>>,
    /// What becomes of the run's keys in the indexes; `None`: they stay as they are, as they do at most steps.
    pub reindex: Option<Box<Reindex>>,
    /// Appended to the history.
    pub history: Vec<HistoryEntry>,
    /// Put into the inbox.
    pub accepted: Vec<Accepted>,
    /// Taken out of the inbox: signal and position.
    pub removed: Vec<(String, u64)>,
}

impl RunChange {
    /// Takes a run from the record that the store holds, if it holds one, to the next, or removes it.
    ///
    /// # Panics
    /// If there is neither.
    #[must_use]
    pub fn new(before: Option<&Record>, after: Option<Record>) -> Self {
        let run = before.or(after.as_ref()).map(|record| record.run.clone());
        let (from, to) = (before.map(Record::index), after.as_ref().map(Record::index));
        Self {
            run: run.expect("a change has a record before it, or after it, or both"),
            expected: before.map(|record| record.revision),
            record: after.map(Box::new),
            reindex: (from != to).then(|| Box::new(Reindex { from, to })),
            history: Vec::new(),
            accepted: Vec::new(),
            removed: Vec::new(),
        }
    }
}

/// What the indexes hold of a run before and after a commit, each as [`Record::index`] gives it. The two differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reindex {
    /// Before; `None`: the run is new.
    pub from: Option<IndexEntry>,
    /// After; `None`: the run is removed.
    pub to: Option<IndexEntry>,
}

/// A message to be put into the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The message.
    pub message: Message,
    /// Remembered for the life of the run, so that a second delivery counts once.
    pub idempotency_key: Option<String>,
    /// Whether it is consumed in this same commit: then only its idempotency key is kept, and the message is not stored.
    pub taken: bool,
}
