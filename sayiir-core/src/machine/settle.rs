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

/// What a turn does next by itself.
#[derive(Debug, PartialEq)]
pub(super) enum Ready {
    /// A wait has a message.
    Take(Wanted),
    /// A message is too old for those who wait.
    Supersede { signal: String, position: u64 },
    /// A run is to be started.
    Spawn(WantedSpawn),
    /// The time of a leaf has come.
    Fire(LeafRecord),
    /// That of the whole run has.
    RunOut,
}

impl Machine {
    /// Lets everything happen that is ready, as far as nothing from outside is needed and one commit can hold it.
    pub(crate) fn settle(&mut self) -> Option<Need> {
        while !self.rests() && !self.has_more() {
            match self.next_ready()? {
                Ready::Take(wanted) => match self.held(&wanted) {
                    Some(message) => self.take(wanted, message),
                    None => return Some(Need::Message(wanted)),
                },
                Ready::Supersede { signal, position } => self.supersede(signal, position),
                Ready::Spawn(wanted) => return Some(Need::Spawn(wanted)),
                Ready::Fire(leaf) => self.fire(leaf),
                Ready::RunOut => self.run_out_of_time(),
            }
        }
        None
    }

    /// The first in source order that is ready. A message that is there wins against every limit of time; the limit of the run
    /// against all else.
    pub(super) fn next_ready(&self) -> Option<Ready> {
        let is_out_of_time = self.is_out_of_time();
        let is_due = |kind: &LeafKind| !is_out_of_time && kind.due().is_some_and(|due| due <= self.now);
        let ready = |leaf: &LeafRecord| match &leaf.kind {
            LeafKind::Spawn { run } => (!is_out_of_time)
                .then(|| Ready::Spawn(WantedSpawn { path: leaf.path.clone(), run: run.clone() })),
            LeafKind::Signal { .. } | LeafKind::Task { .. } | LeafKind::Timer { .. } => {
                let in_inbox = self.in_inbox(leaf);
                in_inbox.or_else(|| is_due(&leaf.kind).then(|| Ready::Fire(leaf.clone())))
            }
        };
        let first = self.record.leaves().iter().find_map(ready);
        first.or_else(|| is_out_of_time.then_some(Ready::RunOut))
    }

    /// Whether there are only tasks, all under way, as after most steps: then there is nothing to take, to start or to fire.
    fn rests(&self) -> bool {
        let is_under_way = |leaf: &LeafRecord| matches!(leaf.kind, LeafKind::Task { retry_at: None, .. });
        self.record.deadline.is_none() && self.record.leaves().iter().all(is_under_way)
    }
}
