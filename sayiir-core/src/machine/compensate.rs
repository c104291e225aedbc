//! Undoing what workflows remembered, last first, each task with its own attempts.
//!
//! A run that fails or is cancelled undoes everything before it ends: [`Record::ending`](crate::record::Record) says how, and
//! stays, so that nobody retries a run whose effects were undone. A child workflow that fails undoes what is its own before
//! its caller sees the error. What belongs to a child that was cancelled is undone while the run goes on, and before it ends.
//!
//! A compensation that is under way is a leaf like any task, with a step number that no other leaf has.

use super::Machine;
use super::control::begin_again;
use smallvec::smallvec;

use crate::codec::Incompatible;
use crate::durable::Stored;
use crate::history::{Digest, Event};
use crate::ids::{Frame, IdempotencyKey, LeafPath, StepNumber};
use crate::record::{
    BlockReason, Compensation, Ending, LastOutcome, LeafKind, LeafRecord, Phase, Record, StoredOutcome,
};
use crate::step::Outcome;

impl Machine {
    /// Ends the run, at once or after its compensations.
    pub(super) fn end(&mut self, ending: Ending, cause: Option<LastOutcome>) {
        self.live = None;
        if self.record.compensations.is_empty() {
            return self.end_now(ending, cause);
        }
        self.log_causes(vec![ending.to_string()]);
        self.record.ending = Some(ending);
        self.compensate_next();
    }

    /// Whether the run is undoing what it did before it ends, or has.
    pub(super) fn is_ending(&self) -> bool {
        self.record.ending.is_some()
    }

    /// Says in the history why something is undone.
    pub(super) fn log_causes(&mut self, causes: Vec<String>) {
        for because in causes {
            self.log(Event::Compensating { because });
        }
    }

    /// The leaves of compensations that are to be under way while the run is live: one for each of these workflows, which
    /// have failed, and one for all that were cancelled.
    pub(super) fn undo_leaves(&mut self, failed: &[Frame]) -> Vec<LeafRecord> {
        if self.record.compensations.is_empty() {
            return Vec::new();
        }
        let owners = failed.iter().map(Some).chain([None]);
        owners.filter_map(|owner| self.next_of(owner)).collect()
    }

    /// A compensation has succeeded.
    pub(super) fn compensated(&mut self, key: &IdempotencyKey) {
        let all = &mut self.record.compensations;
        let Some(index) = all.iter().position(|remembered| remembered.scheduled == Some(key.step)) else {
            return;
        };
        let done = all.remove(index);
        if self.is_ending() {
            return self.compensate_next();
        }
        let next = self.next_of(done.owner.as_ref());
        if let Phase::Live { leaves } = &mut self.record.phase {
            leaves.retain(|leaf| leaf.scheduled != key.step);
            leaves.extend(next.clone());
        }
        if let (None, Some(failed)) = (next, done.owner) {
            self.deliver(failed.path, Outcome::Undone, StoredOutcome::Undone);
        }
    }

    /// A compensation has failed for good. `retry()` goes on with it.
    pub(super) fn compensation_failed(&mut self, key: &IdempotencyKey, task: String, message: String) {
        self.leaf_mut(key).map(begin_again);
        let cause = self.cause(LeafPath::default(), StoredOutcome::Nothing);
        self.block(BlockReason::CompensationFailed { task, message }, Some(cause));
    }

    /// Blocks the run if one of the compensations that are to begin is unknown to this binary.
    pub(crate) fn ensure_undoable(&mut self, known: impl Fn(&str, &Stored) -> Result<(), Incompatible>) {
        let unknown = self.record.leaves().iter().find_map(|leaf| match &leaf.kind {
            LeafKind::Task { name, retry_at: None, undoes: Some(input), .. } => known(name, input).err(),
            LeafKind::Task { .. }
            | LeafKind::Signal { .. }
            | LeafKind::Timer { .. }
            | LeafKind::Spawn { .. } => None,
        });
        if let Some(Incompatible { detail }) = unknown {
            let cause = self.cause(LeafPath::default(), StoredOutcome::Nothing);
            self.block(BlockReason::Incompatible { detail }, Some(cause));
        }
    }

    /// Runs the next compensation of a run that ends; after the last one, ends it.
    fn compensate_next(&mut self) {
        match self.next(|_| true) {
            Some(leaf) => {
                self.record.phase = Phase::Live { leaves: smallvec![leaf] };
                self.changed = true;
            }
            None => {
                if let Some(ending) = self.record.ending.clone() {
                    self.end_now(ending, None);
                }
            }
        }
    }

    /// The next compensation of one workflow that has failed, or of those that were cancelled.
    fn next_of(&mut self, owner: Option<&Frame>) -> Option<LeafRecord> {
        self.next(|remembered| remembered.owner.as_ref() == owner)
    }

    /// The leaf of the next compensation: of those that are wanted, one that is under way, else the last.
    fn next(&mut self, is_wanted: impl Fn(&Compensation) -> bool) -> Option<LeafRecord> {
        let all = &self.record.compensations;
        let wanted = || (0..all.len()).rev().filter(|index| is_wanted(&all[*index]));
        let begun = wanted().find(|index| all[*index].scheduled.is_some());
        let next = begun.or_else(|| wanted().next())?;
        Some(self.undo_leaf(next))
    }

    /// The leaf of a compensation: the one that there is, or a new one.
    fn undo_leaf(&mut self, index: usize) -> LeafRecord {
        let Record { compensations, steps, .. } = &mut *self.record;
        let Compensation { task, input, scheduled, .. } = &mut compensations[index];
        let scheduled = *scheduled.get_or_insert_with(|| {
            *steps = StepNumber(steps.0 + 1);
            *steps
        });
        let mut kind = LeafKind::task(task.clone());
        if let LeafKind::Task { undoes, .. } = &mut kind {
            *undoes = Some(input.clone());
        }
        let new = LeafRecord { path: LeafPath::default(), scheduled, kind };
        let known =
            self.record.leaves().iter().find(|leaf| leaf.kind.is_undo() && leaf.scheduled == scheduled);
        known.cloned().unwrap_or(new)
    }

    fn end_now(&mut self, ending: Ending, cause: Option<LastOutcome>) {
        match ending {
            Ending::Completed { output } => {
                self.log(Event::Completed { output: Digest::of(output.as_str().as_bytes()) });
                self.record.state = None;
                self.record.phase = Phase::Completed { output };
            }
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
            Self::Completed { .. } => f.write_str("completed"),
            Self::Failed { error } => write!(f, "failed: {error}"),
            Self::Cancelled { reason } => write!(f, "cancelled: {reason}"),
        }
    }
}
