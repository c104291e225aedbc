//! The contract between the engine and a store. Every line of it is held by `testing::conformance`.
//!
//! A backend keeps four things: records, messages that wait in inboxes, histories, and the indexes over records. It decides
//! nothing: the engine says what is to be written, and one [`Commit`] is written whole or not at all.

mod answer;
mod commit;
mod doorbell;
mod error;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

pub use answer::Answer;
pub use commit::{Accepted, Commit, Reindex, RunChange};
pub use doorbell::{Doorbell, Listener};
pub use error::BackendError;

use crate::history::HistoryEntry;
use crate::ids::RunId;
use crate::record::{IndexEntry, Record, StatusKind};
use crate::signal::Message;

/// A page of runs, in the order of creation, then by id.
#[derive(Debug, Clone)]
pub struct Page {
    /// The runs.
    pub runs: Vec<Arc<Record>>,
    /// What stands in the listing and does not read. It is passed over, so that a page may have no runs at all and not be the last.
    pub damage: Vec<DamagedRun>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<Cursor>,
}

/// A run that is listed, and does not read.
#[derive(Debug, Clone)]
pub struct DamagedRun {
    /// Its id.
    pub run: RunId,
    /// What is wrong with it.
    pub error: BackendError,
}

impl fmt::Display for DamagedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, error } = self;
        write!(f, "run {run} does not read: {error}")
    }
}

/// A place in a listing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// Creation time of the last run seen, or passed over.
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
    /// At most so many, together with those that do not read.
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

/// A store of runs.
pub trait Backend: fmt::Debug + Send + Sync + 'static {
    /// Writes a batch. `Ok` means: all of it is durable, as durable as this backend gets.
    ///
    /// Commits of one run are issued one after another; those of different runs may be in flight together. When the work is
    /// done is the backend's affair, with the call or with the first poll: who drops the answer does not know what came of it.
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

    /// A page of runs. One that does not read is no reason to fail: it goes to [`Page::damage`].
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
