//! What is stored of a run: its record, rewritten at every step, and the entry under which the indexes find it.

mod blocked;
mod copy;
mod index;
mod leaf;
mod undo;

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::durable::Stored;
use crate::history::{Digest, HistoryHead};
use crate::ids::{Incarnation, LeafPath, Name, Revision, RunId, StepNumber};

pub use blocked::BlockReason;
pub use index::{IndexEntry, StatusKind, StoredPlace};
pub use leaf::{LeafKind, LeafRecord};
pub use undo::{Compensation, Ending};

/// Everything about one run but its history and its inbox. Its size is that of the live variables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Which run.
    pub run: RunId,
    /// Told apart from other runs that used the same id before.
    pub incarnation: Incarnation,
    /// The workflow's durable name.
    pub workflow: Name,
    /// How often this record has been written.
    pub revision: Revision,
    /// When the run was started.
    #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::required")]
    pub created: Timestamp,
    /// When this revision was written.
    #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::required")]
    pub updated: Timestamp,
    /// SHA-256 of the arguments' JSON, by which `or_attach` knows a repeated start.
    pub input_digest: Digest,
    /// How many suspension points were entered so far.
    pub steps: StepNumber,
    /// When the whole run gives up.
    #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::optional")]
    pub deadline: Option<Timestamp>,
    /// The state as JSON: of a live run where it waits, of a failed or blocked one where it last waited.
    /// `None` once a run has completed.
    pub state: Option<Stored>,
    /// Where the state waits, as the binary that wrote it called it.
    pub place: Option<StoredPlace>,
    /// What the run is about.
    pub phase: Phase,
    /// For each signal name that the run's workflows declare, which messages wait in the inbox. Few steps change it: revisions
    /// share it.
    pub inbox: Arc<[Queue]>,
    /// Length and hash of the history.
    pub history: HistoryHead,
    /// The run that spawned this one.
    pub parent: Option<RunId>,
    /// What the run's workflows remembered to undo, should they fail or be cancelled, in the order of its commits.
    pub compensations: Vec<Compensation>,
    /// How the run ends once its compensations are done; stays when it has ended so.
    pub ending: Option<Ending>,
}

impl Record {
    /// The record of a run that begins, before its first move: nothing is written, done or waited for yet.
    #[must_use]
    pub fn new(run: RunId, incarnation: Incarnation, workflow: impl Into<Name>, created: Timestamp) -> Self {
        Self {
            run,
            incarnation,
            workflow: workflow.into(),
            revision: Revision(0),
            created,
            updated: created,
            input_digest: Digest::default(),
            steps: StepNumber(0),
            deadline: None,
            state: None,
            place: None,
            phase: Phase::Live { leaves: LeafRecords::new() },
            inbox: Arc::default(),
            history: HistoryHead::default(),
            parent: None,
            compensations: Vec::new(),
            ending: None,
        }
    }
}

/// What a run waits for: mostly one thing, which needs no room of its own.
pub type LeafRecords = SmallVec<[LeafRecord; 1]>;

/// What a run is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Phase {
    /// It runs tasks or waits.
    Live {
        /// What it waits for.
        leaves: LeafRecords,
    },
    /// It returned this value.
    Completed {
        /// As JSON.
        output: Stored,
    },
    /// It returned an error, which `retry()` can go on from.
    Failed {
        /// The error and its sources, as text.
        error: String,
        /// What led into the stretch that failed.
        cause: Option<LastOutcome>,
    },
    /// It was cancelled.
    Cancelled {
        /// As the caller gave it.
        reason: String,
    },
    /// It cannot go on; nothing of it is lost.
    Blocked {
        /// Why.
        reason: BlockReason,
        /// What led into the stretch that could not be run.
        cause: Option<LastOutcome>,
    },
}

/// The outcome that led into a stretch which failed, so that `retry()` repeats the stretch alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastOutcome {
    /// The leaf it was for.
    pub path: LeafPath,
    /// What it was.
    pub outcome: StoredOutcome,
    /// The leaves of the state as they were, this one included.
    pub leaves: Vec<LeafRecord>,
}

/// An outcome as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum StoredOutcome {
    /// A task's success.
    Returned(Stored),
    /// A task's failure: its error has no stored form, so the task is run again.
    Repeat,
    /// A signal.
    Signal(crate::signal::Message),
    /// A deadline.
    Elapsed,
    /// The spawning of a run.
    Spawned(Result<RunId, crate::operation::AlreadyExists>),
    /// What a child workflow that failed had to undo is undone.
    Undone,
    /// Nothing had come: the run was stopped where it waited, and waits there again after `retry()`.
    Nothing,
}

/// The messages of one signal name that wait: positions `head..tail`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// The signal's name.
    pub signal: Name,
    /// The oldest that nobody took.
    pub head: u64,
    /// The position of the next to come.
    pub tail: u64,
    /// How many of all that came had an idempotency key, so that a store can tell whether it has kept all of those.
    pub keyed: u64,
}
