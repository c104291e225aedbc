//! "Needed later?": which variables must survive each suspension point, and where stretches begin.
//!
//! The usual backward data flow over blocks, made exact by a forward one for variables that are declared without a value:
//! what was certainly never assigned is not needed, whatever a later look at it may say.

use std::collections::{BTreeMap, BTreeSet};

use super::bindings::Bindings;
use super::ir::{BindingId, BlockId, Effect, End, Flow, MatchArm, PointId, Renewed, ScopeId};

/// What `expand` wants to know of a flow.
pub(crate) struct Liveness {
    /// The variables needed where each block begins.
    live: Vec<Bindings>,
    /// The variables that may have a value there.
    valued: Vec<Bindings>,
    reachable: Vec<bool>,
    /// The stretches, by the block with which each begins.
    stretches: BTreeMap<BlockId, Reach>,
}

/// What the blocks of one stretch do, taken together.
struct Reach {
    comes_back: bool,
    assigned: Bindings,
    declared: Bindings,
}

impl Liveness {
    pub(crate) fn of(flow: &Flow) -> Self {
        let reachable = reachable(flow);
        let live = live(flow);
        let valued = valued(flow, &reachable);
        let entries = entries(flow, &reachable);
        let stretches = entries.iter().map(|entry| (*entry, reach(flow, &entries, *entry))).collect();
        Self { live, valued, reachable, stretches }
    }

    /// The variables that have to be there when a block begins, in the order of declaration.
    pub(crate) fn needed(&self, flow: &Flow, block: BlockId) -> Vec<BindingId> {
        let needed = |id: &BindingId| self.is_needed(block, *id) && flow.renewed(*id).is_none();
        let mut needed: Vec<BindingId> = flow.block(block).visible.iter().copied().filter(needed).collect();
        needed.sort_unstable();
        needed
    }

    /// The references that have to be made anew when a block begins.
    pub(crate) fn renewed<'a>(&'a self, flow: &'a Flow, block: BlockId) -> impl Iterator<Item = &'a Renewed> {
        let visible = &flow.block(block).visible;
        flow.renewed.iter().filter(move |renewed| {
            renewed.references.iter().any(|id| visible.contains(&id) && self.is_needed(block, id))
        })
    }

    fn is_needed(&self, block: BlockId, id: BindingId) -> bool {
        self.live[block.0].contains(id) && self.valued[block.0].contains(id)
    }

    /// The variables that are stored while the run waits at a point: what is needed behind it, without its output.
    pub(crate) fn saved(&self, flow: &Flow, point: PointId) -> Vec<BindingId> {
        let point = &flow.points[point.0];
        self.needed(flow, point.resume).into_iter().filter(|id| *id != point.output).collect()
    }

    /// The variables that may have a value where a block begins.
    pub(crate) fn valued(&self, block: BlockId) -> &Bindings {
        &self.valued[block.0]
    }

    /// Where a variable that is needed when a block begins is used next.
    pub(crate) fn next_use(&self, flow: &Flow, from: BlockId, id: BindingId) -> Option<proc_macro2::Span> {
        let mut seen = BTreeSet::new();
        let mut todo = std::collections::VecDeque::from([from]);
        while let Some(block) = todo.pop_front() {
            if !self.live[block.0].contains(id) || !seen.insert(block) {
                continue;
            }
            let used = effects(flow, block).find(|effect| effect.uses.contains(id));
            if let Some(place) = used.and_then(|effect| effect.places.get(&id)) {
                return Some(*place);
            }
            todo.extend(next(flow, block));
        }
        None
    }

    pub(crate) fn is_reachable(&self, block: BlockId) -> bool {
        self.reachable[block.0]
    }

    /// Whether a stretch begins with this block.
    pub(crate) fn is_entry(&self, block: BlockId) -> bool {
        self.stretches.contains_key(&block)
    }

    /// The blocks with which stretches begin, in source order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = BlockId> + '_ {
        self.stretches.keys().copied()
    }

    /// The blocks that are reached from one without beginning another stretch.
    pub(crate) fn region(&self, flow: &Flow, from: BlockId) -> BTreeSet<BlockId> {
        region(flow, from, |block| self.is_entry(block))
    }

    /// Whether a stretch goes on in itself.
    pub(crate) fn comes_back(&self, entry: BlockId) -> bool {
        self.stretches[&entry].comes_back
    }

    /// The variables that a stretch assigns.
    pub(crate) fn assigned_within(&self, entry: BlockId) -> &Bindings {
        &self.stretches[&entry].assigned
    }

    /// The variables that a stretch declares or assigns.
    pub(crate) fn touched_within(&self, entry: BlockId) -> Bindings {
        let mut touched = self.stretches[&entry].declared.clone();
        touched.add(self.assigned_within(entry));
        touched
    }

    /// The variables without a value where a stretch begins that it assigns: they have to be declared again.
    pub(crate) fn declared_again(&self, flow: &Flow, entry: BlockId) -> Vec<BindingId> {
        let visible: Bindings = flow.block(entry).visible.iter().copied().collect();
        let mut again = self.assigned_within(entry).clone();
        again.keep(&visible);
        again.subtract(&self.needed(flow, entry).into_iter().collect());
        again.iter().collect()
    }
}

/// The blocks of a stretch: from one block up to where others begin.
fn region(flow: &Flow, from: BlockId, is_entry: impl Fn(BlockId) -> bool) -> BTreeSet<BlockId> {
    let mut region = BTreeSet::new();
    let mut todo = vec![from];
    while let Some(block) = todo.pop() {
        if region.insert(block) {
            todo.extend(flow.block(block).end.successors().into_iter().filter(|next| !is_entry(*next)));
        }
    }
    region
}

fn reach(flow: &Flow, entries: &BTreeSet<BlockId>, entry: BlockId) -> Reach {
    let mut reach = Reach { comes_back: false, assigned: Bindings::default(), declared: Bindings::default() };
    for block in region(flow, entry, |block| entries.contains(&block)) {
        reach.comes_back |= flow.block(block).end.successors().contains(&entry);
        for effect in effects(flow, block) {
            reach.assigned.add(&effect.assigns);
            // A reference that is made anew has nothing to do with those of other stretches.
            let declared = effect.declares.iter().map(|(id, _)| *id).filter(|id| flow.renewed(*id).is_none());
            reach.declared.extend(declared);
        }
    }
    reach
}

/// Everything that a block does, in order.
pub(crate) fn effects(flow: &Flow, block: BlockId) -> impl DoubleEndedIterator<Item = &Effect> {
    let block = flow.block(block);
    let (end, arms): (Option<&Effect>, &[MatchArm]) = match &block.end {
        End::Open | End::Goto(_) => (None, &[]),
        End::Branch { effect, .. } | End::LetElse { effect, .. } | End::Return { effect, .. } => {
            (Some(effect), &[])
        }
        End::Match { effect, arms, .. } => (Some(effect), arms),
        End::Suspend(point) => (Some(&flow.points[point.0].effect), &[]),
    };
    let statements = block.statements.iter().map(|statement| &statement.effect);
    statements.chain(end).chain(arms.iter().map(|arm| &arm.effect))
}

/// Where control goes from a block, also across a wait.
pub(crate) fn next(flow: &Flow, block: BlockId) -> Vec<BlockId> {
    match &flow.block(block).end {
        End::Suspend(point) => vec![flow.points[point.0].resume],
        end @ (End::Open
        | End::Goto(_)
        | End::Branch { .. }
        | End::Match { .. }
        | End::LetElse { .. }
        | End::Return { .. }) => end.successors(),
    }
}

fn reachable(flow: &Flow) -> Vec<bool> {
    let mut reachable = vec![false; flow.blocks.len()];
    let mut todo = vec![BlockId(0)];
    while let Some(block) = todo.pop() {
        if !std::mem::replace(&mut reachable[block.0], true) {
            todo.extend(next(flow, block));
        }
    }
    reachable
}

fn live(flow: &Flow) -> Vec<Bindings> {
    let mut live = vec![Bindings::default(); flow.blocks.len()];
    let mut changed = true;
    while changed {
        changed = false;
        for block in flow.block_ids().rev() {
            let mut needed = Bindings::default();
            for next in next(flow, block) {
                needed.add(&live[next.0]);
            }
            if let End::Suspend(point) = &flow.block(block).end {
                needed.remove(flow.points[point.0].output);
            }
            for effect in effects(flow, block).rev() {
                needed.subtract(&effect.kills);
                for (id, _) in &effect.declares {
                    needed.remove(*id);
                }
                needed.add(&effect.uses);
            }
            for renewed in &flow.renewed {
                if !renewed.references.is_disjoint(&needed) {
                    needed.add(&renewed.uses);
                }
            }
            // What is needed only ever grows from one round to the next.
            changed |= live[block.0].add(&needed);
        }
    }
    live
}

fn valued(flow: &Flow, reachable: &[bool]) -> Vec<Bindings> {
    let parameters =
        flow.bindings.iter().enumerate().filter(|(_, b)| b.origin == super::ir::Origin::Parameter);
    let mut valued = vec![Bindings::default(); flow.blocks.len()];
    valued[0] = parameters.map(|(index, _)| BindingId(index)).collect();
    let mut changed = true;
    while changed {
        changed = false;
        for block in flow.block_ids().filter(|block| reachable[block.0]) {
            let mut now = valued[block.0].clone();
            for effect in effects(flow, block) {
                gain(effect, &mut now);
            }
            if let End::Suspend(point) = &flow.block(block).end {
                now.insert(flow.points[point.0].output);
            }
            for next in next(flow, block) {
                changed |= valued[next.0].add(&now);
            }
        }
    }
    valued
}

/// Which variables have a value behind a piece of code, if these have one before it.
pub(crate) fn gain(effect: &Effect, valued: &mut Bindings) {
    for (id, with_value) in &effect.declares {
        // Declared again in another turn of a loop, it has lost the value of the turn before.
        if *with_value {
            valued.insert(*id);
        } else {
            valued.remove(*id);
        }
    }
    valued.add(&effect.assigns);
}

/// A stretch begins at the start, behind every wait, at every loop head, and where the code of several stretches meets.
fn entries(flow: &Flow, reachable: &[bool]) -> BTreeSet<BlockId> {
    let mut entries: BTreeSet<BlockId> = [BlockId(0)].into();
    for block in flow.block_ids().filter(|block| reachable[block.0]) {
        if flow.block(block).is_loop_head {
            entries.insert(block);
        }
        if let End::Suspend(point) = &flow.block(block).end {
            entries.insert(flow.points[point.0].resume);
        }
    }
    loop {
        let meetings = meetings(flow, &entries);
        if meetings.is_empty() {
            return entries;
        }
        entries.extend(meetings);
    }
}

/// The blocks that two of these stretches reach first: whatever else begins a stretch, they have to.
fn meetings(flow: &Flow, entries: &BTreeSet<BlockId>) -> Vec<BlockId> {
    let mut owner: Vec<Option<BlockId>> = vec![None; flow.blocks.len()];
    let mut meetings = Vec::new();
    for entry in entries.iter().copied() {
        let mut todo = flow.block(entry).end.successors();
        while let Some(block) = todo.pop() {
            if entries.contains(&block) {
                continue;
            }
            match owner[block.0].replace(entry) {
                None => todo.extend(flow.block(block).end.successors()),
                Some(other) if other != entry => meetings.push(block),
                Some(_) => {}
            }
        }
    }
    meetings
}

/// The scopes around a block, outermost first, that lie inside `outer`.
pub(crate) fn scopes_within(flow: &Flow, inner: ScopeId, outer: Option<ScopeId>) -> Vec<ScopeId> {
    let mut chain = Vec::new();
    let mut scope = Some(inner);
    while let Some(current) = scope {
        if Some(current) == outer {
            break;
        }
        chain.push(current);
        scope = flow.scopes[current.0].parent;
    }
    chain.reverse();
    chain
}
