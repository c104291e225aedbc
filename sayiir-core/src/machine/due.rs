//! What happens because a point in time has come.

use super::{MOST_MOVES, Machine};
use crate::history::Event;
use crate::ids::LeafPath;
use crate::record::{LeafKind, Phase, StoredOutcome};
use crate::signal::Timeout;
use crate::step::Outcome;

impl Machine {
    /// Fires the first thing that is due by the time of this turn; `false` if nothing is. What waits in the inbox has been
    /// taken before ([`Machine::wanted`]), so a signal stored in time wins against its deadline.
    pub(super) fn fire_next(&mut self) -> bool {
        if self.moves >= MOST_MOVES || !matches!(self.record.phase, Phase::Live { .. }) {
            return false;
        }
        if !self.is_ending() && self.record.deadline.is_some_and(|deadline| deadline <= self.now) {
            self.run_out_of_time();
            return true;
        }
        let now = self.now;
        let due = |kind: &LeafKind| kind.due().is_some_and(|due| due <= now);
        let Some(leaf) = self.record.leaves().iter().find(|leaf| due(&leaf.kind)).cloned() else {
            return false;
        };
        match leaf.kind {
            LeafKind::Task { .. } => {
                let key = self.record.key_of(&leaf);
                if let Some(leaf) = self.leaf_mut(&key)
                    && let LeafKind::Task { retry_at, .. } = &mut leaf.kind
                {
                    *retry_at = None;
                    self.changed = true;
                }
            }
            LeafKind::Signal { name, deadline, .. } => {
                self.elapse(leaf.path, Some(name), deadline.unwrap_or(now));
            }
            LeafKind::Timer { until } => self.elapse(leaf.path, None, until),
            // Never due: it is done as soon as it is there.
            LeafKind::Spawn { .. } => return false,
        }
        true
    }

    fn elapse(&mut self, path: LeafPath, signal: Option<String>, due: jiff::Timestamp) {
        if self.ensure_live() {
            self.log(Event::TimerFired { signal, due });
            self.deliver(path, Outcome::Elapsed, StoredOutcome::Elapsed);
        }
    }

    /// The limit of the whole run has passed.
    fn run_out_of_time(&mut self) {
        let limit = self.program.as_ref().and_then(|program| program.timeout());
        let since_start = || self.now.duration_since(self.record.created).unsigned_abs();
        let timeout = Timeout {
            subject: format!("workflow `{}` did not finish", self.record.workflow),
            limit: limit.unwrap_or_else(since_start),
        };
        let cause = self.cause(LeafPath::default(), StoredOutcome::Nothing);
        self.fail(timeout.to_string(), Some(cause));
    }
}
