//! The leaves of a state: which of them are still the ones of before, and which are new.

use super::Machine;
use crate::ids::{Frame, IdempotencyKey, LeafPath, RunId, StepNumber};
use crate::operation::{Leaf, Leaves};
use crate::record::{self, LeafKind, LeafRecord, Phase, Queue, Record};
use crate::task::PendingTask;
use crate::workflow::LiveState;

impl Record {
    /// What a leaf is known by for as long as it waits: its place may be taken by another leaf later, and the run's id by another
    /// run.
    pub(crate) fn key_of(&self, leaf: &LeafRecord) -> IdempotencyKey {
        IdempotencyKey { incarnation: self.incarnation, step: leaf.scheduled, path: leaf.path.clone() }
    }

    /// The leaf that waits under this key.
    pub(crate) fn leaf(&self, key: &IdempotencyKey) -> Option<&LeafRecord> {
        let is_own = key.incarnation == self.incarnation;
        self.leaves().iter().find(|leaf| is_own && leaf.stands_at(key))
    }
}

impl LeafRecord {
    fn stands_at(&self, key: &IdempotencyKey) -> bool {
        self.scheduled == key.step && self.path == key.path
    }
}

impl Machine {
    /// The leaves of the new state. Those that were there before keep what the record knows of them; the others are
    /// scheduled at a new step.
    pub(super) fn leaves_of(&mut self, live: &dyn LiveState, renewed: Option<&[u32]>) -> record::LeafRecords {
        let next = StepNumber(self.record.steps.0 + 1);
        let old = self.record.leaves();
        let queues = &self.record.inbox;
        let mut leaves = record::LeafRecords::new();
        let mut failed = Vec::new();
        let mut visit = |path: &LeafPath, leaf: Leaf<'_>| {
            let Some(new) = kind(&leaf, queues) else {
                if let Leaf::Undo { depth } = leaf {
                    failed.push(Frame { path: path.clone(), depth });
                }
                return;
            };
            let is_new_place = renewed.is_some_and(|renewed| path.is_under(renewed));
            let kept = old.iter().find(|old| !is_new_place && old.path == *path && is_same(&old.kind, &leaf));
            leaves.push(kept.cloned().unwrap_or_else(|| LeafRecord {
                path: path.clone(),
                scheduled: next,
                kind: new,
            }));
        };
        live.leaves(&mut Leaves::new(&mut visit));
        if leaves.iter().any(|leaf| leaf.scheduled == next) {
            self.record.steps = next;
        }
        leaves.extend(self.undo_leaves(&failed));
        leaves
    }

    /// The leaf, if it still waits.
    pub(super) fn leaf_mut(&mut self, key: &IdempotencyKey) -> Option<&mut LeafRecord> {
        let is_own = key.incarnation == self.record.incarnation;
        match &mut self.record.phase {
            Phase::Live { leaves } => leaves.iter_mut().find(|leaf| is_own && leaf.stands_at(key)),
            Phase::Completed { .. }
            | Phase::Failed { .. }
            | Phase::Cancelled { .. }
            | Phase::Blocked { .. } => None,
        }
    }
}

fn is_same(old: &LeafKind, leaf: &Leaf<'_>) -> bool {
    match (old, leaf) {
        (LeafKind::Task { name, undoes: None, .. }, Leaf::Task(task)) => name == task.name(),
        (LeafKind::Signal { name, .. }, Leaf::Signal { name: wanted, .. }) => name == wanted,
        (LeafKind::Timer { .. }, Leaf::Timer { .. }) => true,
        (LeafKind::Spawn { run }, Leaf::Spawn(wanted)) => run.as_str() == wanted.id(),
        (
            LeafKind::Task { .. } | LeafKind::Signal { .. } | LeafKind::Timer { .. } | LeafKind::Spawn { .. },
            _,
        ) => false,
    }
}

/// What the record keeps of a leaf; a compensation is kept otherwise.
fn kind(leaf: &Leaf<'_>, queues: &[Queue]) -> Option<LeafKind> {
    Some(match leaf {
        Leaf::Task(task) => LeafKind::task(task.name()),
        Leaf::Signal { name, deadline, fresh } => LeafKind::Signal {
            name: (*name).into(),
            deadline: *deadline,
            from: match queues.iter().find(|queue| *fresh && queue.signal == *name) {
                Some(queue) => queue.tail,
                None => 0,
            },
        },
        Leaf::Timer { until } => LeafKind::Timer { until: *until },
        Leaf::Spawn(wanted) => LeafKind::Spawn {
            run: RunId::new(wanted.id()).expect("the operation checks the id when its wait begins"),
        },
        Leaf::Undo { .. } => return None,
    })
}

/// Calls `body` with the task that waits at `path`, if there is one.
pub(crate) fn with_task<R>(
    live: &dyn LiveState,
    path: &LeafPath,
    body: impl FnOnce(&dyn PendingTask) -> R,
) -> Option<R> {
    let mut body = Some(body);
    let mut result = None;
    let mut visit = |at: &LeafPath, leaf: Leaf<'_>| {
        if at == path
            && let Leaf::Task(task) = leaf
            && let Some(body) = body.take()
        {
            result = Some(body(task));
        }
    };
    live.leaves(&mut Leaves::new(&mut visit));
    result
}
