//! Undoing: a run that fails or is cancelled first runs what it had remembered for that, last first.
//!
//! Meanwhile the run is live with one leaf, the compensation's task, so that attempts, retries and recovery are those of any
//! task. [`Record::ending`](crate::record::Record) says how the run ends once nothing is left; it stays, so that nobody
//! retries a run whose effects were undone.

use super::Turn;
use crate::history::Event;
use crate::ids::{LeafPath, StepNumber};
use crate::record::{BlockReason, Ending, LastOutcome, LeafKind, LeafRecord, Phase, StoredOutcome};

impl Turn {
    /// Ends the run as failed or cancelled, at once or after its compensations.
    pub(super) fn end(&mut self, ending: Ending, cause: Option<LastOutcome>) {
        self.live = None;
        if self.record.compensations.is_empty() {
            return self.end_now(ending, cause);
        }
        self.log(Event::Compensating { because: ending.to_string() });
        self.record.ending = Some(ending);
        self.compensate_next();
    }

    /// Whether the run is undoing what it did, or has.
    pub(super) fn is_ending(&self) -> bool {
        self.record.ending.is_some()
    }

    /// The compensation that ran has succeeded.
    pub(super) fn compensated(&mut self) {
        self.record.compensations.pop();
        self.compensate_next();
    }

    /// The compensation that ran has failed for good. `retry()` goes on with it.
    pub(super) fn compensation_failed(&mut self, task: String, message: String) {
        let cause = self.cause(LeafPath::default(), StoredOutcome::Repeat);
        self.block(BlockReason::CompensationFailed { task, message }, Some(cause));
    }

    /// Runs the last compensation that is left; after the first one, ends the run.
    fn compensate_next(&mut self) {
        let Some(next) = self.record.compensations.last() else {
            if let Some(ending) = self.record.ending.clone() {
                self.end_now(ending, None);
            }
            return;
        };
        let kind = LeafKind::Task {
            name: next.task.clone(),
            attempts: 0,
            last_error: None,
            retry_at: None,
            begun: false,
        };
        let scheduled = StepNumber(self.record.steps.0 + 1);
        self.record.steps = scheduled;
        self.record.phase =
            Phase::Live { leaves: vec![LeafRecord { path: LeafPath::default(), scheduled, kind }] };
        self.changed = true;
    }

    fn end_now(&mut self, ending: Ending, cause: Option<LastOutcome>) {
        match ending {
            Ending::Failed { error } => {
                self.log(Event::Failed { error: error.clone() });
                self.record.phase = Phase::Failed { error, cause };
            }
            Ending::Cancelled { reason } => {
                self.log(Event::Cancelled { reason: reason.clone() });
                self.record.phase = Phase::Cancelled { reason };
            }
        }
    }
}

impl std::fmt::Display for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed { error } => write!(f, "failed: {error}"),
            Self::Cancelled { reason } => write!(f, "cancelled: {reason}"),
        }
    }
}
