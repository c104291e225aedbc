//! "Needed later?": which variables must survive each suspension point, and where stretches begin.
//!
//! The usual backward data flow over blocks, made exact by a forward one for variables that are declared without a value:
//! what was certainly never assigned is not needed, whatever a later look at it may say.

use std::collections::BTreeSet;

use super::ir::{BindingId, Bindings, BlockId, Effect, End, Flow, PointId, ScopeId};

/// What `expand` wants to know of a flow.
pub(crate) struct Liveness {
    /// The variables needed where each block begins.
    live: Vec<Bindings>,
    /// The variables that may have a value there.
    valued: Vec<Bindings>,
    reachable: Vec<bool>,
    /// The blocks with which a stretch begins.
    entries: BTreeSet<BlockId>,
}

impl Liveness {
    pub(crate) fn of(flow: &Flow) -> Self {
        let reachable = reachable(flow);
        let live = live(flow);
        let valued = valued(flow, &reachable);
        let entries = entries(flow, &reachable);
        Self { live, valued, reachable, entries }
    }

    /// The variables that have to be there when a block begins, in the order of declaration.
    pub(crate) fn needed(&self, flow: &Flow, block: BlockId) -> Vec<BindingId> {
        let visible: Bindings = flow.block(block).visible.iter().copied().collect();
        self.live[block.0]
            .iter()
            .copied()
            .filter(|id| visible.contains(id) && self.valued[block.0].contains(id))
            .collect()
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
            if !seen.insert(block) || !self.live[block.0].contains(&id) {
                continue;
            }
            let used = effects(flow, block).into_iter().find(|effect| effect.uses.contains(&id));
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
        self.entries.contains(&block)
    }

    /// The blocks with which stretches begin, in source order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = BlockId> + '_ {
        self.entries.iter().copied()
    }

    /// The blocks of one stretch: from its entry up to where others begin.
    pub(crate) fn region(&self, flow: &Flow, entry: BlockId) -> BTreeSet<BlockId> {
        let mut region = BTreeSet::new();
        let mut todo = vec![entry];
        while let Some(block) = todo.pop() {
            if region.insert(block) {
                todo.extend(
                    flow.block(block).end.successors().into_iter().filter(|next| !self.is_entry(*next)),
                );
            }
        }
        region
    }

    /// Whether a stretch goes on in itself.
    pub(crate) fn comes_back(&self, flow: &Flow, entry: BlockId) -> bool {
        self.region(flow, entry).into_iter().any(|block| flow.block(block).end.successors().contains(&entry))
    }

    /// The variables that a stretch assigns.
    pub(crate) fn assigned_within(&self, flow: &Flow, entry: BlockId) -> Bindings {
        let blocks = self.region(flow, entry);
        blocks
            .into_iter()
            .flat_map(|block| effects(flow, block))
            .flat_map(|effect| effect.assigns.clone())
            .collect()
    }

    /// The variables that a stretch declares or assigns.
    pub(crate) fn touched_within(&self, flow: &Flow, entry: BlockId) -> Bindings {
        let blocks = self.region(flow, entry);
        let declared =
            blocks.into_iter().flat_map(|block| effects(flow, block)).flat_map(|effect| &effect.declares);
        declared.map(|(id, _)| *id).chain(self.assigned_within(flow, entry)).collect()
    }

    /// The variables without a value where a stretch begins that it assigns: they have to be declared again.
    pub(crate) fn declared_again(&self, flow: &Flow, entry: BlockId) -> Vec<BindingId> {
        let needed: Bindings = self.needed(flow, entry).into_iter().collect();
        let visible: Bindings = flow.block(entry).visible.iter().copied().collect();
        let assigned = self.assigned_within(flow, entry);
        assigned.into_iter().filter(|id| visible.contains(id) && !needed.contains(id)).collect()
    }
}

/// Everything that a block does, in order.
pub(crate) fn effects(flow: &Flow, block: BlockId) -> Vec<&Effect> {
    let block = flow.block(block);
    let mut all: Vec<&Effect> = block.statements.iter().map(|statement| &statement.effect).collect();
    match &block.end {
        End::Open | End::Goto(_) => {}
        End::Branch { effect, .. } | End::LetElse { effect, .. } | End::Return { effect, .. } => {
            all.push(effect);
        }
        End::Match { effect, arms, .. } => {
            all.push(effect);
            all.extend(arms.iter().map(|arm| &arm.effect));
        }
        End::Suspend(point) => all.push(&flow.points[point.0].effect),
    }
    all
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
    let mut live = vec![Bindings::new(); flow.blocks.len()];
    let mut changed = true;
    while changed {
        changed = false;
        for block in flow.block_ids().rev() {
            let mut needed: Bindings =
                next(flow, block).into_iter().flat_map(|next| live[next.0].iter().copied()).collect();
            if let End::Suspend(point) = &flow.block(block).end {
                needed.remove(&flow.points[point.0].output);
            }
            for effect in effects(flow, block).into_iter().rev() {
                needed.retain(|id| {
                    !effect.kills.contains(id) && !effect.declares.iter().any(|(new, _)| new == id)
                });
                needed.extend(effect.uses.iter().copied());
            }
            if needed != live[block.0] {
                live[block.0] = needed;
                changed = true;
            }
        }
    }
    live
}

fn valued(flow: &Flow, reachable: &[bool]) -> Vec<Bindings> {
    let parameters =
        flow.bindings.iter().enumerate().filter(|(_, b)| b.origin == super::ir::Origin::Parameter);
    let mut valued = vec![Bindings::new(); flow.blocks.len()];
    valued[0] = parameters.map(|(index, _)| BindingId(index)).collect();
    let mut changed = true;
    while changed {
        changed = false;
        for block in flow.block_ids().filter(|block| reachable[block.0]) {
            let mut now = valued[block.0].clone();
            for effect in effects(flow, block) {
                for (id, with_value) in &effect.declares {
                    // Declared again in another turn of a loop, it has lost the value of the turn before.
                    if *with_value {
                        now.insert(*id)
                    } else {
                        now.remove(id)
                    };
                }
                now.extend(effect.assigns.iter().copied());
            }
            if let End::Suspend(point) = &flow.block(block).end {
                now.insert(flow.points[point.0].output);
            }
            for next in next(flow, block) {
                let before = valued[next.0].len();
                valued[next.0].extend(now.iter().copied());
                changed |= valued[next.0].len() != before;
            }
        }
    }
    valued
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
        let mut owner: Vec<Option<BlockId>> = vec![None; flow.blocks.len()];
        let mut shared = None;
        for entry in entries.iter().copied() {
            let mut todo = flow.block(entry).end.successors();
            while let Some(block) = todo.pop() {
                if entries.contains(&block) {
                    continue;
                }
                match owner[block.0] {
                    None => {
                        owner[block.0] = Some(entry);
                        todo.extend(flow.block(block).end.successors());
                    }
                    Some(other) if other != entry => {
                        shared = Some(shared.map_or(block, |first: BlockId| first.min(block)));
                    }
                    Some(_) => {}
                }
            }
        }
        match shared {
            Some(block) => entries.insert(block),
            None => return entries,
        };
    }
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
