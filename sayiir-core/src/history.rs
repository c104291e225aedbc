//! The history: what happened to a run, append-only, each entry carrying the hash of the one before.

mod chain;
mod digest;
mod key;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use chain::{Chain, Tampered};
pub use digest::Digest;
pub use key::HistoryKey;

pub use crate::ids::IdempotencyKey;
use crate::ids::{Name, RunId};

/// Length of a run's history and the hash of its last entry: kept in the record, so that a missing tail shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HistoryHead {
    /// How many entries there are.
    pub length: u64,
    /// The hash of the last, a SHA-256; zeros if there is none.
    pub hash: Digest,
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
///
/// The chain runs over an event's binary form ([postcard](https://docs.rs/postcard)), in which variants and fields are known
/// by their order: new ones only ever come last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Event {
    /// The run was accepted.
    Started {
        /// The workflow's durable name.
        workflow: Name,
        /// Of the arguments' JSON.
        input: Digest,
    },
    /// A task succeeded.
    StepDone {
        /// The task's durable name.
        task: Name,
        /// Its idempotency key.
        key: IdempotencyKey,
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
        task: Name,
        /// Its idempotency key.
        key: IdempotencyKey,
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
        task: Name,
        /// Its idempotency key.
        key: IdempotencyKey,
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
    /// The run undoes what it did, before it ends as failed or cancelled.
    Compensating {
        /// How it ends, and why.
        because: String,
    },
    /// The body started another run, or found its id taken.
    Spawned {
        /// The other run.
        run: RunId,
        /// Whether it was started.
        started: bool,
    },
    /// The run cannot go on.
    Blocked {
        /// Why.
        reason: String,
    },
    /// A failed or blocked run goes on.
    Retried,
    /// The state that an earlier version had left was made one of this version.
    Upgraded {
        /// Where the run waited: the stored variant.
        from: String,
        /// Where it waits now.
        to: String,
    },
}
