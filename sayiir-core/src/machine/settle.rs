//! How far a turn gets by itself, and what it needs from outside to get further.

use super::Machine;
use super::inbox::Wanted;
use super::spawn::WantedSpawn;
use crate::record::{LeafKind, LeafRecord};

/// What a turn cannot go on without.
pub(crate) enum Need {
    /// A message that the store holds; [`Machine::take`] takes it.
    Message(Wanted),
    /// To know whether the id of a run to be started is free; [`Machine::spawned`] says so.
    Spawn(WantedSpawn),
}

impl Machine {
    /// Takes the messages that came in this turn and are wanted, and fires what is due.
    pub(crate) fn settle(&mut self) -> Option<Need> {
        while !self.rests() {
            if let Some(wanted) = self.wanted() {
                match self.held(&wanted) {
                    Some(message) => self.take(wanted, message),
                    None => return Some(Need::Message(wanted)),
                }
            } else if let Some(wanted) = self.wanted_spawn() {
                return Some(Need::Spawn(wanted));
            } else if !self.fire_next() {
                break;
            }
        }
        None
    }

    /// Whether there are only tasks, all under way, as after most steps: then there is nothing to take, to start or to fire.
    fn rests(&self) -> bool {
        let is_under_way = |leaf: &LeafRecord| matches!(leaf.kind, LeafKind::Task { retry_at: None, .. });
        self.record.deadline.is_none() && self.record.leaves().iter().all(is_under_way)
    }
}
