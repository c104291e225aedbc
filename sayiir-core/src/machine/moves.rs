//! A move: one outcome goes in, the workflow's own code runs to its next suspension point or its end.

use std::any::Any;
use std::borrow::Cow;

use super::Machine;
use crate::caught::caught;
use crate::codec::Incompatible;
use crate::durable::Stored;
use crate::history::Event;
use crate::ids::{Frame, LeafPath};
use crate::operation::Leaves;
use crate::record::{BlockReason, Compensation, LastOutcome, StoredOutcome, StoredPlace};
use crate::step::{Fault, Outcome, Step};
use crate::task::Verdict;
use crate::workflow::{Advanced, LiveState, Program};

/// What a move led to, before it is taken into the record.
pub(super) struct Moved {
    advanced: Result<Advanced, String>,
    /// The leaf that the outcome was for.
    pub(super) path: LeafPath,
    renewed: Option<Vec<u32>>,
    /// All that is remembered to be undone by now, if the move changed it. Taken over unless the stretch has to be run again.
    compensations: Option<Vec<Compensation>>,
    /// What made compensations necessary.
    causes: Vec<String>,
    /// Why the wait would not have the message.
    pub(super) rejected: Option<String>,
}

/// The outcome that a move hands to a leaf, for the case that the run stops there.
pub(super) struct Cause {
    pub(super) path: LeafPath,
    pub(super) outcome: StoredOutcome,
}

impl Machine {
    /// The first move of a run.
    pub(super) fn begin(&mut self, input: Box<dyn Any + Send>) {
        self.log(Event::Started { workflow: self.record.workflow.clone(), input: self.record.input_digest });
        let Some(program) = self.program.clone() else {
            return;
        };
        let begun = caught(|| program.begin(input)).and_then(|live| match caught(|| live.encode())? {
            Ok(state) => Ok((live, state)),
            Err(error) => Err(error.to_string()),
        });
        match begun {
            Ok((live, state)) => {
                self.record.place = Some(StoredPlace::of(&*live));
                self.record.state = Some(state);
                self.live = Some(live);
                self.move_from_start();
            }
            Err(detail) => self.block(BlockReason::Unencodable { detail }, None),
        }
    }

    /// Runs the body from its beginning.
    pub(super) fn move_from_start(&mut self) {
        match self.take_live() {
            Ok(live) => {
                let moved = self.advance(live, None);
                self.conclude(moved, None);
            }
            Err(reason) => self.block(reason, None),
        }
    }

    /// Hands an outcome to a leaf and takes what follows into the record.
    pub(super) fn deliver(&mut self, path: LeafPath, outcome: Outcome, stored: StoredOutcome) {
        match self.take_live() {
            Ok(live) => {
                let moved = self.advance(live, Some((path, outcome)));
                self.conclude(moved, Some(stored));
            }
            Err(reason) => self.stop(reason, Some(Cause { path, outcome: stored })),
        }
    }

    /// What `retry()` will need of the outcome that led to where the run now stops.
    pub(super) fn cause(&self, path: LeafPath, outcome: StoredOutcome) -> LastOutcome {
        LastOutcome { path, outcome, leaves: self.record.leaves().to_vec() }
    }

    /// Runs the body. Without an outcome it begins at a state that may be an upgrade's.
    pub(super) fn advance(&mut self, live: Box<dyn LiveState>, event: Option<(LeafPath, Outcome)>) -> Moved {
        self.moves += 1;
        let is_begun = event.is_none();
        let mut step = match event {
            None => Step::begin(&self.record.run, self.now),
            Some((path, outcome)) => Step::deliver(&self.record.run, self.now, path, outcome),
        };
        step.remember(&self.record.compensations);
        if is_begun && !self.record.compensations.is_empty() {
            step.leave_others(&children(&*live));
        }
        let advanced = caught(|| live.advance(&mut step));
        Moved {
            advanced,
            path: step.take_path(),
            renewed: step.take_renewed(),
            compensations: match step.take_compensations() {
                Cow::Borrowed(_) => None,
                Cow::Owned(changed) => Some(changed),
            },
            causes: step.take_causes(),
            rejected: step.take_rejected(),
        }
    }

    /// Takes what a move led to into the record. `outcome` is what had come, if anything had.
    pub(super) fn conclude(&mut self, moved: Moved, outcome: Option<StoredOutcome>) {
        if let (Some(error), Some(StoredOutcome::Signal(message))) = (moved.rejected, &outcome) {
            let (signal, position) = (message.signal.clone(), message.position);
            self.log(Event::SignalRejected { signal, position, error });
        }
        let cause = outcome.map(|outcome| Cause { path: moved.path, outcome });
        match moved.advanced {
            Err(message) => self.stop(BlockReason::StretchPanicked { message }, cause),
            Ok(Advanced::Waits(live)) => {
                let before = self.replace_compensations(moved.compensations);
                if self.wait(live, moved.renewed.as_deref(), cause) {
                    self.log_causes(moved.causes);
                } else {
                    self.replace_compensations(before);
                }
            }
            Ok(Advanced::Returned(Verdict::Success(Ok(output)))) => {
                self.replace_compensations(moved.compensations);
                self.log_causes(moved.causes);
                self.complete(output);
            }
            Ok(Advanced::Returned(Verdict::Success(Err(error)))) => {
                let detail = format!("the value that the workflow returned cannot be stored: {error}");
                self.stop(BlockReason::Unencodable { detail }, cause);
            }
            Ok(Advanced::Returned(Verdict::Failure(error))) => {
                let cause = cause.map(|cause| self.cause(cause.path, cause.outcome));
                self.replace_compensations(moved.compensations);
                self.fail(error, cause);
            }
            Ok(Advanced::Fault(fault)) => self.stop(reason(fault), cause),
        }
    }

    /// Takes over what is remembered, if it changed; gives what was remembered before.
    fn replace_compensations(&mut self, changed: Option<Vec<Compensation>>) -> Option<Vec<Compensation>> {
        changed.map(|changed| std::mem::replace(&mut self.record.compensations, changed))
    }

    /// Blocks the run where it waited before the move.
    pub(super) fn stop(&mut self, reason: BlockReason, cause: Option<Cause>) {
        let cause = cause.map(|cause| self.cause(cause.path, cause.outcome));
        self.block(reason, cause);
    }

    /// Stores the place where the run now waits; `false` if that cannot be stored and the run is blocked.
    fn wait(&mut self, live: Box<dyn LiveState>, renewed: Option<&[u32]>, cause: Option<Cause>) -> bool {
        let state = match caught(|| live.encode()) {
            Ok(Ok(state)) => state,
            Ok(Err(error)) => {
                self.stop(BlockReason::Unencodable { detail: error.to_string() }, cause);
                return false;
            }
            Err(message) => {
                self.stop(BlockReason::StretchPanicked { message }, cause);
                return false;
            }
        };
        // In release builds the round trip would cost as much as the step itself.
        if cfg!(debug_assertions)
            && let Some(program) = &self.program
            && let Err(Incompatible { detail }) = decoded(&**program, &state)
        {
            let detail = format!("the state would not read back: {detail}");
            self.stop(BlockReason::Unencodable { detail }, cause);
            return false;
        }
        if !self.wait_for(&*live, renewed) {
            let detail = format!("`{}` waits for nothing", live.variant_name());
            self.stop(BlockReason::Incompatible { detail }, cause);
            return false;
        }
        self.changed = true;
        self.record.place = Some(StoredPlace::of(&*live));
        self.record.state = Some(state);
        self.live = Some(live);
        true
    }

    /// The state in memory, decoded now if it was not yet.
    pub(super) fn take_live(&mut self) -> Result<Box<dyn LiveState>, BlockReason> {
        match self.live.take() {
            Some(live) => Ok(live),
            None => self.decode().map_err(|Incompatible { detail }| BlockReason::Incompatible { detail }),
        }
    }

    /// Makes sure that the state is in memory; where it does not fit this binary, the run is blocked with all it holds.
    pub(crate) fn ensure_live(&mut self) -> bool {
        if self.live.is_some() {
            return true;
        }
        match self.decode() {
            Ok(live) => {
                self.live = Some(live);
                true
            }
            Err(Incompatible { detail }) => {
                let cause = self.cause(LeafPath::default(), StoredOutcome::Nothing);
                self.block(BlockReason::Incompatible { detail }, Some(cause));
                false
            }
        }
    }

    fn decode(&self) -> Result<Box<dyn LiveState>, Incompatible> {
        let Some(program) = &self.program else {
            let detail = format!("no workflow `{}` is registered", self.record.workflow);
            return Err(Incompatible { detail });
        };
        let Some(state) = &self.record.state else {
            let detail = "there is no stored state".into();
            return Err(Incompatible { detail });
        };
        decoded(&**program, state)
    }
}

/// The workflows that the state awaits, directly or not.
fn children(live: &dyn LiveState) -> Vec<Frame> {
    let mut children = Vec::new();
    live.leaves(&mut Leaves::with_children(&mut children, &mut |_, _| {}));
    children
}

fn decoded(program: &dyn Program, state: &Stored) -> Result<Box<dyn LiveState>, Incompatible> {
    caught(|| program.decode(state)).unwrap_or_else(|detail| Err(Incompatible { detail }))
}

fn reason(fault: Fault) -> BlockReason {
    match fault {
        Fault::Incompatible(Incompatible { detail }) => BlockReason::Incompatible { detail },
        Fault::Unencodable(error) => BlockReason::Unencodable { detail: error.to_string() },
        Fault::TooDeep => BlockReason::TooDeep,
        Fault::Misrouted(_) => BlockReason::Incompatible { detail: fault.to_string() },
    }
}
