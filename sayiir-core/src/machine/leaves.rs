//! The leaves of a state: which of them are still the ones of before, and which are new.

use super::Machine;
use crate::ids::{Frame, IdempotencyKey, LeafPath, RunId, StepNumber};
use crate::operation::{Leaf, Leaves};
use crate::record::{LeafKind, LeafRecord, LeafRecords, Phase, Queue, Record};
use crate::task::PendingTask;
use crate::workflow::LiveState;

impl Record {
    /// What a leaf is known by for as long as it waits: its place may be taken by another leaf later, and the run's id by another
    /// run.
    pub(crate) fn key_of(&self, leaf: &LeafRecord) -> IdempotencyKey {
        IdempotencyKey { incarnation: self.incarnation, step: leaf.scheduled, path: leaf.path.clone() }
    }

    /// Whether the leaf is known by this key.
    pub(crate) fn has_key(&self, leaf: &LeafRecord, key: &IdempotencyKey) -> bool {
        key.incarnation == self.incarnation && leaf.stands_at(key)
    }

    /// The leaf that waits under this key.
    pub(crate) fn leaf(&self, key: &IdempotencyKey) -> Option<&LeafRecord> {
        self.leaves().iter().find(|leaf| self.has_key(leaf, key))
    }
}

impl LeafRecord {
    fn stands_at(&self, key: &IdempotencyKey) -> bool {
        self.scheduled == key.step && self.path == key.path
    }
}

impl Machine {
    /// Makes the leaves of the new state those of the record; `false`, and nothing is changed, if there are none. Those that were
    /// there before keep what the record knows of them; the others are scheduled at a new step.
    pub(super) fn wait_for(&mut self, live: &dyn LiveState, renewed: Option<&[u32]>) -> bool {
        let Record { phase: Phase::Live { leaves }, inbox, steps, .. } = &mut *self.record else {
            // Only a live run moves.
            return false;
        };
        let next = StepNumber(steps.0 + 1);
        let mut list = List { leaves, met: 0, inbox, renewed, next, is_new: false, failed: Vec::new() };
        live.leaves(&mut Leaves::new(&mut |path, leaf| list.meet(path, &leaf)));
        let List { met, is_new, failed, .. } = list;
        if is_new {
            *steps = next;
        }
        let undo = self.undo_leaves(&failed);
        // One that failed waits also with nothing left to undo: an upgrade may find it like that.
        if met == 0 && failed.is_empty() && undo.is_empty() {
            return false;
        }
        if let Phase::Live { leaves } = &mut self.record.phase {
            leaves.truncate(met);
            leaves.extend(undo);
        }
        true
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

/// The leaves of the record, while those of the new state come by.
struct List<'l> {
    /// Those that were met, then what is left of the old ones.
    leaves: &'l mut LeafRecords,
    met: usize,
    inbox: &'l [Queue],
    /// The place under which every leaf is new, if any.
    renewed: Option<&'l [u32]>,
    /// The step of the leaves that are new.
    next: StepNumber,
    is_new: bool,
    /// The workflows that have failed and are to be undone.
    failed: Vec<Frame>,
}

impl List<'_> {
    /// One leaf of the new state: it takes the place of the old one that stood where it stands.
    fn meet(&mut self, path: &LeafPath, leaf: &Leaf<'_>) {
        let stood_there = |old: &LeafRecord| old.path == *path && !old.kind.is_undo();
        let found = self.leaves[self.met..].iter().position(stood_there).map(|after| self.met + after);
        let is_new_place = self.renewed.is_some_and(|renewed| path.is_under(renewed));
        let is_kept = |found: &usize| !is_new_place && is_same(&self.leaves[*found].kind, leaf);
        if !found.as_ref().is_some_and(is_kept) {
            let Some(kind) = kind(leaf, self.inbox) else {
                if let Leaf::Undo { depth } = *leaf {
                    self.failed.push(Frame { path: path.clone(), depth });
                }
                return;
            };
            self.is_new = true;
            match found.map(|found| &mut self.leaves[found]) {
                Some(old) => (old.scheduled, old.kind) = (self.next, kind),
                None => {
                    let new = LeafRecord { path: path.clone(), scheduled: self.next, kind };
                    self.leaves.insert(self.met, new);
                }
            }
        }
        if let Some(found) = found {
            take_date(&mut self.leaves[found].kind, leaf);
        }
        if let Some(found) = found.filter(|found| *found != self.met) {
            self.leaves.swap(self.met, found);
        }
        self.met += 1;
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

/// The time of a leaf that is still the one of before: an upgrade may have set another.
fn take_date(old: &mut LeafKind, leaf: &Leaf<'_>) {
    match (old, leaf) {
        (LeafKind::Signal { deadline: old, .. }, Leaf::Signal { deadline, .. }) => *old = *deadline,
        (LeafKind::Timer { until: old }, Leaf::Timer { until }) => *old = *until,
        (
            LeafKind::Task { .. } | LeafKind::Signal { .. } | LeafKind::Timer { .. } | LeafKind::Spawn { .. },
            _,
        ) => {}
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

/// Calls `body` with each task that waits, in the order of the leaves.
pub(crate) fn each_task(live: &dyn LiveState, mut body: impl FnMut(&LeafPath, &dyn PendingTask)) {
    let mut visit = |at: &LeafPath, leaf: Leaf<'_>| {
        if let Leaf::Task(task) = leaf {
            body(at, task);
        }
    };
    live.leaves(&mut Leaves::new(&mut visit));
}

/// Calls `body` with the task that waits at `path`, if there is one.
pub(crate) fn with_task<R>(
    live: &dyn LiveState,
    path: &LeafPath,
    body: impl FnOnce(&dyn PendingTask) -> R,
) -> Option<R> {
    let mut body = Some(body);
    let mut result = None;
    each_task(live, |at, task| {
        if at == path
            && let Some(body) = body.take()
        {
            result = Some(body(task));
        }
    });
    result
}

#[cfg(test)]
mod tests;
