//! Runs that a body starts: they begin in the same commit in which their parent goes on.

use super::Machine;
use super::moves::Cause;
use crate::caught::caught;
use crate::history::Event;
use crate::ids::{LeafPath, RunId};
use crate::operation::AlreadyExists;
use crate::record::{BlockReason, Phase, StoredOutcome};
use crate::step::Outcome;
use crate::workflow::LiveState;

/// A run that is to be started.
#[derive(Debug, PartialEq)]
pub(crate) struct WantedSpawn {
    pub(crate) path: LeafPath,
    pub(crate) run: RunId,
}

impl Machine {
    /// Whether this very turn starts a run of that id.
    pub(crate) fn spawns(&self, run: &RunId) -> bool {
        self.commit.changes[1..].iter().any(|child| child.run == *run)
    }

    /// Takes a run that begins with this commit.
    pub(crate) fn adopt(&mut self, mut child: Box<Machine>) {
        if child.close().is_some() {
            self.commit.changes.append(&mut child.commit.changes);
        }
        // What the child's state holds may panic as it goes; the child begins all the same.
        if let Err(panic) = caught(|| drop(child)) {
            tracing::error!(panic, "what the state of a spawned run held panicked when it was dropped");
        }
    }

    /// Tells the body what became of the run it wanted started.
    pub(crate) fn spawned(&mut self, wanted: WantedSpawn, result: Result<RunId, AlreadyExists>) {
        if !self.ensure_live() {
            return;
        }
        self.log(Event::Spawned { run: wanted.run, started: result.is_ok() });
        self.deliver(wanted.path, Outcome::Spawned(result.clone()), StoredOutcome::Spawned(result));
    }

    /// Blocks the run where it wants another one started: that cannot be.
    pub(crate) fn refuse_spawn(&mut self, wanted: WantedSpawn, reason: BlockReason) {
        self.stop(reason, Some(Cause { path: wanted.path, outcome: StoredOutcome::Nothing }));
    }

    /// The workflow's state where the run waits, decoded if need be; `None` where it does not fit this binary.
    pub(crate) fn waiting(&mut self) -> Option<&dyn LiveState> {
        let waits = matches!(self.record.phase, Phase::Live { .. });
        if waits && self.ensure_live() { self.live.as_deref() } else { None }
    }
}
