//! What a caller may do to a run: cancel it, or let a failed or blocked one go on.

use super::Machine;
use super::moves::Cause;
use smallvec::SmallVec;

use crate::history::Event;
use crate::ids::LeafPath;
use crate::operation::deadline;
use crate::record::{Ending, LastOutcome, LeafKind, LeafRecord, Phase, StatusKind, StoredOutcome};
use crate::step::Outcome;

/// A run that neither failed nor is blocked cannot be retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotRetryable {
    /// It is something else.
    Status(StatusKind),
    /// What it did has been undone.
    Compensated,
}

impl Machine {
    /// Ends the run by the caller's wish, after its compensations. What it holds is kept.
    pub(crate) fn cancel(&mut self, reason: String) {
        self.end(Ending::Cancelled { reason }, None);
    }

    /// Lets a failed or blocked run go on from its last suspension point: what led into the stretch that failed is handed
    /// to it again. A task whose failure led there is run again, under the same idempotency key.
    pub(crate) fn retry(&mut self) -> Result<(), NotRetryable> {
        if self.is_ending() && matches!(self.record.phase, Phase::Failed { .. }) {
            return Err(NotRetryable::Compensated);
        }
        let from = match &self.record.phase {
            Phase::Failed { cause, .. } | Phase::Blocked { cause, .. } => cause.clone(),
            Phase::Live { .. } | Phase::Completed { .. } | Phase::Cancelled { .. } => {
                return Err(NotRetryable::Status(self.record.status()));
            }
        };
        self.log(Event::Retried);
        self.renew_deadline();
        match from {
            Some(cause) => self.go_on_from(cause),
            None => {
                self.record.phase = Phase::Live { leaves: SmallVec::new() };
                if self.revive(Cause { path: LeafPath::default(), outcome: StoredOutcome::Nothing }) {
                    self.move_from_start();
                }
            }
        }
        Ok(())
    }

    fn go_on_from(&mut self, cause: LastOutcome) {
        let LastOutcome { path, outcome, mut leaves } = cause;
        if outcome == StoredOutcome::Repeat {
            for leaf in leaves.iter_mut().filter(|leaf| leaf.path == path) {
                begin_again(leaf);
            }
        }
        let waited = leaves.iter().find(|leaf| leaf.path == path).map(|leaf| self.record.key_of(leaf));
        self.record.phase = Phase::Live { leaves: leaves.into() };
        let is_as_it_was = self.revive(Cause { path: path.clone(), outcome: outcome.clone() });
        if !is_as_it_was && waited.is_none_or(|waited| self.record.leaf(&waited).is_none()) {
            // The upgrade took the run elsewhere: nobody waits for what had come. Or it has gone on behind a workflow that was
            // undone, or is blocked again.
            return;
        }
        match outcome {
            StoredOutcome::Repeat | StoredOutcome::Nothing => {}
            StoredOutcome::Returned(output) => {
                self.deliver(path, Outcome::Recalled(output.clone()), StoredOutcome::Returned(output));
            }
            StoredOutcome::Signal(message) => {
                self.deliver(path, Outcome::Signal(message.clone()), StoredOutcome::Signal(message));
            }
            StoredOutcome::Elapsed => self.deliver(path, Outcome::Elapsed, StoredOutcome::Elapsed),
            StoredOutcome::Spawned(result) => {
                self.deliver(path, Outcome::Spawned(result.clone()), StoredOutcome::Spawned(result));
            }
            StoredOutcome::Undone => self.deliver(path, Outcome::Undone, StoredOutcome::Undone),
        }
    }

    /// A run whose own limit has passed gets it anew; else it would fail again at once.
    fn renew_deadline(&mut self) {
        if self.record.deadline.is_some_and(|deadline| deadline <= self.now) {
            let limit = self.program.as_ref().and_then(|program| program.timeout());
            self.record.deadline = limit.map(|limit| deadline(self.now, limit));
        }
    }
}

/// All attempts of the task count anew.
pub(super) fn begin_again(leaf: &mut LeafRecord) {
    if let LeafKind::Task { attempts, retry_at, begun, .. } = &mut leaf.kind {
        (*attempts, *retry_at, *begun) = (0, None, false);
    }
}
