//! What a run does to undo what it did, and how it ends once that is done.

use serde::{Deserialize, Serialize};

use super::Record;
use crate::durable::Stored;
use crate::ids::{Frame, Name, StepNumber};

/// A task to run, with these arguments, if the workflow that remembered it fails or is cancelled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compensation {
    /// The task's durable name.
    pub task: Name,
    /// Its arguments, as a JSON array.
    pub input: Stored,
    /// Whose it is: first the workflow's that remembered it, when that has succeeded the one's that awaited it. `None`: of a
    /// workflow that was cancelled while the run goes on; it is run as soon as may be.
    pub owner: Option<Frame>,
    /// The step at which it was scheduled, once it was: part of its idempotency key.
    pub scheduled: Option<StepNumber>,
}

impl Record {
    /// Whether how the run ends is settled: it has ended, or only undoes what it did. Then nobody can take a signal, and nothing is
    /// left to cancel.
    pub(crate) fn is_over(&self) -> bool {
        self.ending.is_some() || self.status().is_finished()
    }

    /// What is going to be undone, whatever becomes of the run: all if it is ending; else what belongs to workflows that have failed
    /// or were cancelled.
    pub(crate) fn being_undone(&self) -> impl Iterator<Item = &Compensation> {
        let all = &self.compensations;
        // Of a workflow that has failed one is always under way.
        let has_begun = |owner: &Option<Frame>| {
            all.iter().any(|other| other.owner == *owner && other.scheduled.is_some())
        };
        all.iter().filter(move |remembered| {
            self.ending.is_some() || remembered.owner.is_none() || has_begun(&remembered.owner)
        })
    }
}

/// How a run ends that has something to compensate first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// It returned this value, and what cancelled branches remembered is still to be undone.
    Completed {
        /// As JSON.
        output: Stored,
    },
    /// It returned an error.
    Failed {
        /// The error and its sources, as text.
        error: String,
    },
    /// It was cancelled.
    Cancelled {
        /// As the caller gave it.
        reason: String,
    },
}
