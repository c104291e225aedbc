//! What happens because a point in time has come.

use super::Machine;
use crate::history::Event;
use crate::ids::LeafPath;
use crate::record::{LeafKind, LeafRecord, Phase, StoredOutcome};
use crate::signal::Timeout;
use crate::step::Outcome;

impl Machine {
    /// Whether the limit of the whole run has passed. It holds no more for one that is ending.
    pub(super) fn is_out_of_time(&self) -> bool {
        let may_end = matches!(self.record.phase, Phase::Live { .. }) && !self.is_ending();
        may_end && self.record.deadline.is_some_and(|deadline| deadline <= self.now)
    }

    /// Lets the time of a leaf have come.
    pub(super) fn fire(&mut self, leaf: LeafRecord) {
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
                self.elapse(leaf.path, Some(name), deadline.unwrap_or(self.now));
            }
            LeafKind::Timer { until } => self.elapse(leaf.path, None, until),
            // Never due: it is done as soon as it is there.
            LeafKind::Spawn { .. } => {}
        }
    }

    fn elapse(&mut self, path: LeafPath, signal: Option<String>, due: jiff::Timestamp) {
        if self.ensure_live() {
            self.log(Event::TimerFired { signal, due });
            self.deliver(path, Outcome::Elapsed, StoredOutcome::Elapsed);
        }
    }

    /// The limit of the whole run has passed.
    pub(super) fn run_out_of_time(&mut self) {
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
