//! Which stretches have to be arms of one function: those that share a variable whose type only rustc knows.

use std::collections::BTreeMap;

use crate::workflow::bindings::Bindings;
use crate::workflow::ir::{BlockId, Flow};
use crate::workflow::liveness::Liveness;

/// The group of each stretch; groups are numbered by their first stretch.
pub(super) fn of(flow: &Flow, liveness: &Liveness) -> BTreeMap<BlockId, usize> {
    let entries: Vec<BlockId> = liveness.entries().collect();
    let mut parent: Vec<usize> = (0..entries.len()).collect();
    let mut first_with = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        for id in shared(flow, liveness, *entry).iter() {
            let other = *first_with.entry(id).or_insert(index);
            let (one, other) = (root(&parent, index), root(&parent, other));
            parent[one.max(other)] = one.min(other);
        }
    }
    let mut numbers = BTreeMap::new();
    let mut groups = BTreeMap::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let count = numbers.len();
        let number = *numbers.entry(root(&parent, index)).or_insert(count);
        groups.insert(entry, number);
    }
    groups
}

fn root(parent: &[usize], mut index: usize) -> usize {
    while parent[index] != index {
        index = parent[index];
    }
    index
}

/// The variables without a named type that a stretch needs, declares or assigns.
fn shared(flow: &Flow, liveness: &Liveness, entry: BlockId) -> Bindings {
    let mut shared = liveness.touched_within(entry);
    shared.extend(liveness.needed(flow, entry));
    shared.iter().filter(|id| flow.binding(*id).ty.is_none()).collect()
}
