//! Taking up a state that an earlier version of the workflow left.

use super::Machine;
use super::moves::caught;
use crate::history::Event;
use crate::ids::LeafPath;
use crate::record::{BlockReason, LeafRecords, Phase, StoredOutcome, StoredPlace};
use crate::workflow::{LiveState, Revived};

impl Machine {
    /// Lets the workflow's `upgrade` make a state of this version, if the stored one does not read. Without an upgrade
    /// nothing is read before it is needed.
    pub(super) fn take_up_old_state(&mut self) {
        if self.live.is_some() || self.is_ending() || !matches!(self.record.phase, Phase::Live { .. }) {
            return;
        }
        let (Some(program), Some(state)) = (self.program.clone(), self.record.state.clone()) else { return };
        if !program.has_upgrade() {
            return;
        }
        match program.revive(&state) {
            Ok(Revived { live, is_upgraded: false }) => self.live = Some(live),
            Ok(Revived { live, is_upgraded: true }) => {
                self.go_on_as(live);
            }
            Err(detail) => self.block_old_state(detail),
        }
    }

    /// The run waits where the upgrade put it; one that is put at the start runs from there.
    fn go_on_as(&mut self, live: Box<dyn LiveState>) {
        let state = match caught(|| live.encode()) {
            Ok(Ok(state)) => state,
            Ok(Err(error)) => return self.block_old_state(error.to_string()),
            Err(panic) => {
                return self.block_old_state(format!("the upgraded state cannot be stored: {panic}"));
            }
        };
        let place = StoredPlace::of(&*live);
        let from = self.record.place.take().map(|place| place.name.into_owned()).unwrap_or_default();
        self.log(Event::Upgraded { from, to: place.name.to_string() });
        let waits = self.wait_for(&*live, None);
        self.record.place = Some(place);
        self.record.state = Some(state);
        self.live = Some(live);
        if !waits {
            self.record.phase = Phase::Live { leaves: LeafRecords::new() };
            self.move_from_start();
        }
    }

    fn block_old_state(&mut self, detail: String) {
        let cause = self.cause(LeafPath::default(), StoredOutcome::Nothing);
        self.block(BlockReason::Incompatible { detail }, Some(cause));
    }
}
