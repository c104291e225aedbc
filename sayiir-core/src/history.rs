//! The history: what happened to a run, append-only, each entry carrying the hash of the one before.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{Incarnation, RunId};

/// Length of a run's history and the hash of its last entry: kept in the record, so that a missing tail shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HistoryHead {
    /// How many entries there are.
    pub length: u64,
    /// The hash of the last; zeros before the first.
    pub hash: Digest,
}

/// A BLAKE3 hash.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// Its place, from 0.
    pub position: u64,
    /// When.
    #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::required")]
    pub at: Timestamp,
    /// What.
    pub event: Event,
    /// The hash over the entry before and this one.
    pub hash: Digest,
}

/// What can happen to a run. Values are kept as digests: the chain can be verified after a payload was erased.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Event {
    /// The run was accepted.
    Started {
        /// The workflow's durable name.
        workflow: String,
        /// Of the arguments' JSON.
        input: Digest,
    },
    /// A task succeeded.
    StepDone {
        /// The task's durable name.
        task: String,
        /// Its idempotency key.
        key: String,
        /// Which attempt, from 1.
        attempt: u32,
        /// How long that attempt took, in microseconds.
        micros: u64,
        /// Of the value's JSON.
        output: Digest,
    },
    /// An attempt of a task failed.
    StepFailed {
        /// The task's durable name.
        task: String,
        /// Its idempotency key.
        key: String,
        /// Which attempt, from 1.
        attempt: u32,
        /// How long it took, in microseconds.
        micros: u64,
        /// Its error and the error's sources.
        error: String,
        /// Whether another attempt follows.
        will_retry: bool,
    },
    /// An attempt ended that nobody waited for any more: of a race that was lost, or of a run that was cancelled.
    StepDiscarded {
        /// The task's durable name.
        task: String,
        /// Its idempotency key.
        key: String,
        /// Which attempt, from 1.
        attempt: u32,
        /// How long it took, in microseconds.
        micros: u64,
        /// What it failed with; `None`: it succeeded.
        error: Option<String>,
    },
    /// A signal was accepted.
    SignalReceived {
        /// Its name.
        signal: String,
        /// Its place among all of that name.
        position: u64,
        /// Who sent it.
        by: Option<String>,
        /// Of its payload.
        payload: Digest,
    },
    /// A wait took a signal.
    SignalTaken {
        /// Its name.
        signal: String,
        /// Its place among all of that name.
        position: u64,
    },
    /// A signal did not decode at its wait and was set aside.
    SignalRejected {
        /// Its name.
        signal: String,
        /// Its place among all of that name.
        position: u64,
        /// Why.
        error: String,
    },
    /// A signal was older than the wait that wanted fresh ones.
    SignalSuperseded {
        /// Its name.
        signal: String,
        /// Its place among all of that name.
        position: u64,
    },
    /// A sleep ended or a wait gave up.
    TimerFired {
        /// What waited: a signal's name, or nothing for a sleep.
        signal: Option<String>,
        /// When it was due.
        #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::required")]
        due: Timestamp,
    },
    /// The run ended with a value.
    Completed {
        /// Of the value's JSON.
        output: Digest,
    },
    /// The run ended with an error.
    Failed {
        /// The error and its sources.
        error: String,
    },
    /// The run was cancelled.
    Cancelled {
        /// As the caller gave it.
        reason: String,
    },
    /// The run cannot go on.
    Blocked {
        /// Why.
        reason: String,
    },
    /// A failed or blocked run goes on.
    Retried,
}

/// Where the chain of one run's history stands.
#[derive(Debug, Clone, Copy)]
pub struct Chain {
    incarnation: Incarnation,
    head: HistoryHead,
}

/// A place where a history does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Tampered {
    /// An entry's hash is not that of its content and its predecessor.
    #[error("entry {position} of run {run} was changed")]
    Changed {
        /// The run.
        run: RunId,
        /// The entry.
        position: u64,
    },
    /// An entry is missing or out of place.
    #[error("run {run} has no entry {position}, or entries in the wrong order")]
    Missing {
        /// The run.
        run: RunId,
        /// The entry.
        position: u64,
    },
    /// The record's head is not the last entry's.
    #[error("the history of run {run} does not end as its record says")]
    WrongHead {
        /// The run.
        run: RunId,
    },
}

impl Chain {
    /// The chain that `head` ended.
    #[must_use]
    pub fn new(incarnation: Incarnation, head: HistoryHead) -> Self {
        Self { incarnation, head }
    }

    /// Where it stands.
    #[must_use]
    pub fn head(&self) -> HistoryHead {
        self.head
    }

    /// Adds an entry.
    pub fn append(&mut self, at: Timestamp, event: Event) -> HistoryEntry {
        let position = self.head.length;
        let hash = self.hash(position, at, &event);
        self.head = HistoryHead { length: position + 1, hash };
        HistoryEntry { position, at, event, hash }
    }

    /// Checks the next entry and moves behind it.
    ///
    /// # Errors
    /// Where it does not hold.
    pub fn verify(&mut self, run: &RunId, entry: &HistoryEntry) -> Result<(), Tampered> {
        let position = self.head.length;
        if entry.position != position {
            return Err(Tampered::Missing { run: run.clone(), position });
        }
        let hash = self.hash(position, entry.at, &entry.event);
        if hash != entry.hash {
            return Err(Tampered::Changed { run: run.clone(), position });
        }
        self.head = HistoryHead { length: position + 1, hash };
        Ok(())
    }

    fn hash(&self, position: u64, at: Timestamp, event: &Event) -> Digest {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.incarnation.0.to_be_bytes());
        hasher.update(&self.head.hash.0);
        hasher.update(&position.to_be_bytes());
        hasher.update(&at.as_nanosecond().to_be_bytes());
        serde_json::to_writer(&mut hasher, event)
            .expect("an event is plain data, and a hasher takes all bytes");
        Digest(*hasher.finalize().as_bytes())
    }
}
