//! Taking up a state that an earlier version of the workflow left.

use super::Machine;
use crate::caught::caught;
use crate::history::Event;
use crate::ids::LeafPath;
use crate::record::{BlockReason, LeafRecords, Phase, StoredOutcome, StoredPlace};
use crate::workflow::{LiveState, Revived};

impl Machine {
    /// What a turn begins with: [`revive`](Self::revive), or the run is blocked where it waits.
    pub(super) fn take_up_old_state(&mut self) {
        if let Err(reason) = self.revive() {
            let cause = self.cause(LeafPath::default(), StoredOutcome::Nothing);
            self.block(reason, Some(cause));
        }
    }

    /// Lets the workflow's `upgrade` make a state of this version, if the stored one does not read; says whether it did. Without
    /// an upgrade nothing is read before it is needed.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn revive(&mut self) -> Result<bool, BlockReason> {
        if self.live.is_some() || self.is_ending() || !matches!(self.record.phase, Phase::Live { .. }) {
            return Ok(false);
        }
        let (Some(program), Some(state)) = (self.program.clone(), self.record.state.clone()) else {
            return Ok(false);
        };
        if !program.has_upgrade() {
            return Ok(false);
        }
        let incompatible = |detail| BlockReason::Incompatible { detail };
        let Revived { live, is_upgraded } = program.revive(&state).map_err(incompatible)?;
        if is_upgraded {
            self.go_on_as(live).map_err(incompatible)?;
        } else {
            self.live = Some(live);
        }
        Ok(is_upgraded)
    }

    /// The run waits where the upgrade put it; one that is put at the start runs from there.
    fn go_on_as(&mut self, live: Box<dyn LiveState>) -> Result<(), String> {
        let state = match caught(|| live.encode()) {
            Ok(state) => state.map_err(|error| error.to_string())?,
            Err(panic) => return Err(format!("the upgraded state cannot be stored: {panic}")),
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
        Ok(())
    }
}
