//! The contract between the engine and a store. Every line of it is held by `testing::conformance`.
//!
//! A backend keeps four things: records, messages that wait in inboxes, histories, and the indexes over records. It decides
//! nothing: the engine says what is to be written, and one [`Commit`] is written whole or not at all.

mod answer;
mod doorbell;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use smallvec::SmallVec;

pub use answer::Answer;
pub use doorbell::{Doorbell, Listener};

use crate::history::HistoryEntry;
use crate::ids::{Revision, RunId};
use crate::record::{IndexEntry, Record, StatusKind};
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

/// A page of runs, in the order of creation, then by id.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The runs.
    pub runs: Vec<Arc<Record>>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<Cursor>,
}

/// A place in a listing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// Creation time of the last run seen.
    pub created: Timestamp,
    /// Its id.
    pub run: RunId,
}

/// How many unfinished runs wait at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceCount {
    /// The workflow's durable name.
    pub workflow: String,
    /// The stored variant's name.
    pub place: String,
    /// The fingerprint of what is saved there.
    pub schema: u32,
    /// How many.
    pub runs: u64,
}

/// Which runs a listing wants. Conditions that are given must all hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Of this workflow.
    pub workflow: Option<String>,
    /// In this status.
    pub status: Option<StatusKind>,
    /// Waiting for this signal.
    pub waiting_for: Option<String>,
    /// After this place.
    pub after: Option<Cursor>,
    /// At most so many.
    pub limit: usize,
}

impl Query {
    /// Whether a run is wanted, apart from `after` and `limit`.
    #[must_use]
    pub fn matches(&self, entry: &IndexEntry) -> bool {
        self.workflow.as_ref().is_none_or(|workflow| *workflow == entry.workflow)
            && self.status.is_none_or(|status| status == entry.status)
            && self.waiting_for.as_ref().is_none_or(|signal| entry.waiting.contains(signal))
    }
}

/// What went wrong in a store.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// A commit built on something that the store does not hold. Nothing of it was written.
    #[error("run {run} has changed: expected {}, found {}", at(*expected), at(*found))]
    Conflict {
        /// The run.
        run: RunId,
        /// What the commit built on.
        expected: Option<Revision>,
        /// What the store holds.
        found: Option<Revision>,
    },
    /// Another process has the database open, or this one has it open already.
    #[error("the database {path} is in use by another process, or by another handle of this one")]
    InUse {
        /// The database.
        path: String,
    },
    /// The data does not read as what was written.
    #[error("the database is damaged: {detail}")]
    Damaged {
        /// What, and where.
        detail: String,
    },
    /// The database was written by a newer version.
    #[error(
        "the database has format {found}, this version reads up to {supported}: open it with a newer one"
    )]
    NewerFormat {
        /// What it says.
        found: u32,
        /// What this version reads.
        supported: u32,
    },
    /// The device is full. Whether a commit was written shows when there is room again.
    #[error("the disk is full: {detail}")]
    StorageFull {
        /// What the system said.
        detail: String,
    },
    /// The system refused to read or write. Whether a commit was written shows when the store is opened again.
    #[error("i/o error: {detail}")]
    Io {
        /// What it said.
        detail: String,
        /// The error itself.
        #[source]
        source: Option<Arc<std::io::Error>>,
    },
    /// The store has failed or was closed, and takes nothing more until it is opened again.
    #[error("the store has stopped and has to be opened again: {detail}")]
    Stopped {
        /// Why.
        detail: String,
    },
}

/// What stands at a revision, for a message.
fn at(revision: Option<Revision>) -> String {
    revision.map_or_else(|| "no record".into(), |Revision(number)| format!("revision {number}"))
}

impl BackendError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::StorageFull { .. } | Self::Io { .. } => true,
            Self::Conflict { .. }
            | Self::InUse { .. }
            | Self::Damaged { .. }
            | Self::NewerFormat { .. }
            | Self::Stopped { .. } => false,
        }
    }
}

/// A store of runs.
pub trait Backend: fmt::Debug + Send + Sync + 'static {
    /// Writes a batch. `Ok` means: all of it is durable, as durable as this backend gets.
    ///
    /// Commits of one run are issued one after another; those of different runs may be in flight together.
    ///
    /// # Errors
    /// [`BackendError::Conflict`] if a run is not at its expected revision; then nothing of the batch was written. On every
    /// other error nothing of it is visible, and its outcome is unknown: a device that fails does not say how far it got, so
    /// that the whole batch may turn out to be written when the store answers again or is opened anew; never a part of it.
    /// Whoever repeats the commit then meets a conflict, and reads what the store holds.
    fn commit<'a>(&'a self, commit: &'a Commit) -> Answer<'a, ()>;

    /// The record of a run; `None` if there is none.
    fn record<'a>(&'a self, run: &'a RunId) -> Answer<'a, Option<Arc<Record>>>;

    /// A message that waits; `None` if it was never there or has been taken out.
    fn message<'a>(&'a self, run: &'a RunId, signal: &'a str, position: u64) -> Answer<'a, Option<Message>>;

    /// Whether a message with this idempotency key was accepted by the run.
    fn is_delivered<'a>(&'a self, run: &'a RunId, idempotency_key: &'a str) -> Answer<'a, bool>;

    /// The history of a run from `position` on, at most `limit` entries.
    fn history<'a>(&'a self, run: &'a RunId, position: u64, limit: usize) -> Answer<'a, Vec<HistoryEntry>>;

    /// The runs whose [`IndexEntry::due`] is at or before `until`, earliest first, at most `limit`.
    fn due(&self, until: Timestamp, limit: usize) -> Answer<'_, Vec<(Timestamp, RunId)>>;

    /// The earliest [`IndexEntry::due`] of all.
    fn next_due(&self) -> Answer<'_, Option<Timestamp>>;

    /// The runs that are [`IndexEntry::ready`], by id, behind `after`, at most `limit`.
    fn ready<'a>(&'a self, after: Option<&'a RunId>, limit: usize) -> Answer<'a, Vec<RunId>>;

    /// A page of runs.
    fn list<'a>(&'a self, query: &'a Query) -> Answer<'a, Page>;

    /// How many runs there are for each workflow and [`IndexEntry::place`], by workflow, place and schema. Takes time by the
    /// number of distinct places, not of runs.
    fn places(&self) -> Answer<'_, Vec<PlaceCount>>;

    /// Where an engine hears of signals that were sent past it: one and the same for all handles of a store in this process.
    /// `None`, as by default: then it finds them when it next touches the run.
    fn doorbell(&self) -> Option<&Doorbell> {
        None
    }
}

/// A shared backend is one.
impl<B: Backend + ?Sized> Backend for Arc<B> {
    fn commit<'a>(&'a self, commit: &'a Commit) -> Answer<'a, ()> {
        (**self).commit(commit)
    }

    fn record<'a>(&'a self, run: &'a RunId) -> Answer<'a, Option<Arc<Record>>> {
        (**self).record(run)
    }

    fn message<'a>(&'a self, run: &'a RunId, signal: &'a str, position: u64) -> Answer<'a, Option<Message>> {
        (**self).message(run, signal, position)
    }

    fn is_delivered<'a>(&'a self, run: &'a RunId, idempotency_key: &'a str) -> Answer<'a, bool> {
        (**self).is_delivered(run, idempotency_key)
    }

    fn history<'a>(&'a self, run: &'a RunId, position: u64, limit: usize) -> Answer<'a, Vec<HistoryEntry>> {
        (**self).history(run, position, limit)
    }

    fn due(&self, until: Timestamp, limit: usize) -> Answer<'_, Vec<(Timestamp, RunId)>> {
        (**self).due(until, limit)
    }

    fn next_due(&self) -> Answer<'_, Option<Timestamp>> {
        (**self).next_due()
    }

    fn ready<'a>(&'a self, after: Option<&'a RunId>, limit: usize) -> Answer<'a, Vec<RunId>> {
        (**self).ready(after, limit)
    }

    fn list<'a>(&'a self, query: &'a Query) -> Answer<'a, Page> {
        (**self).list(query)
    }

    fn doorbell(&self) -> Option<&Doorbell> {
        (**self).doorbell()
    }

    fn places(&self) -> Answer<'_, Vec<PlaceCount>> {
        (**self).places()
    }
}
