//! Taking up a state that an earlier version of the workflow left.

use super::Machine;
use super::moves::Cause;
use crate::history::Event;
use crate::ids::{Frame, LeafPath};
use crate::operation::{Leaf, Leaves};
use crate::record::{BlockReason, Phase, StoredOutcome};
use crate::step::Outcome;
use crate::workflow::{LiveState, Revived};

impl Machine {
    /// What a turn begins with: [`revive`](Self::revive), or the run is blocked where it waits.
    pub(super) fn take_up_old_state(&mut self) {
        self.revive(Cause { path: LeafPath::default(), outcome: StoredOutcome::Nothing });
    }

    /// Lets the workflow's `upgrade` make a state of this version, if the stored one does not read. Without an upgrade nothing is
    /// read before it is needed. Where the run has to stop, it keeps the old state, and `held`, which had come to it.
    ///
    /// `true` if the run is where it was; `false` if it is elsewhere now, or blocked.
    pub(super) fn revive(&mut self, held: Cause) -> bool {
        if self.live.is_some() || self.is_ending() || !matches!(self.record.phase, Phase::Live { .. }) {
            return true;
        }
        let (Some(program), Some(state)) = (self.program.clone(), self.record.state.clone()) else {
            return true;
        };
        if !program.has_upgrade() {
            return true;
        }
        match program.revive(&state) {
            Ok(Revived { live, is_upgraded: false }) => {
                self.live = Some(live);
                return true;
            }
            Ok(Revived { live, is_upgraded: true }) => self.go_on_as(live, held),
            Err(detail) => self.stop(BlockReason::Incompatible { detail }, Some(held)),
        }
        false
    }

    /// The run goes on where the upgrade put it. One move without an outcome begins what has not begun there, and leaves alone
    /// what has.
    fn go_on_as(&mut self, live: Box<dyn LiveState>, held: Cause) {
        let from = self.record.place.as_ref().map(|place| place.name.to_string()).unwrap_or_default();
        self.log(Event::Upgraded { from, to: live.variant_name().into() });
        let mut moved = self.advance(live, None);
        moved.path = held.path;
        self.conclude(moved, Some(held.outcome));
        while let Some(path) = self.undone() {
            self.deliver(path, Outcome::Undone, StoredOutcome::Undone);
        }
    }

    /// A workflow in the state that has failed and of which nothing is left to undo: it had been undone when the run stopped.
    fn undone(&self) -> Option<LeafPath> {
        let remembered = &self.record.compensations;
        let mut undone = None;
        self.live.as_ref()?.leaves(&mut Leaves::new(&mut |path, leaf| {
            let Leaf::Undo { depth } = leaf else {
                return;
            };
            let failed = Frame { path: path.clone(), depth };
            if remembered.iter().all(|known| known.owner.as_ref() != Some(&failed)) {
                undone.get_or_insert(failed.path);
            }
        }));
        undone
    }
}
