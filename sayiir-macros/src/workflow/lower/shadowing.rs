//! Which variables have to be written apart from those that they hide?
//!
//! As a rule a variable is written as the user wrote it, and Rust's own scoping tells it from an outer one of its name. Where
//! the outer one has to be handed on from a place where it is hidden, the inner one gets a name of our own; rustc then says of
//! reports about it that they come from the attribute, so this is done for no others.

use super::super::bindings::Bindings;
use super::super::ir::{BindingId, BlockId, End, Flow};
use super::super::liveness::{Liveness, effects};

/// The variables that hide another one at a place where that one has to be handed on.
pub(super) fn to_be_apart(flow: &Flow) -> Bindings {
    let mut apart = Bindings::default();
    let liveness = Liveness::of(flow);
    for block in flow.block_ids().filter(|block| liveness.is_reachable(*block)) {
        let mut handed_on = Bindings::default();
        for entry in stretches_begun(flow, &liveness, block) {
            liveness.needed(flow, entry).into_iter().for_each(|id| {
                handed_on.insert(id);
            });
        }
        for id in in_scope_at_end(flow, block) {
            if flow.binding(id).hides.iter().any(|hidden| handed_on.contains(*hidden)) {
                apart.insert(id);
            }
        }
    }
    apart
}

/// The stretches that are gone to from the end of a block, and the one that begins with it.
fn stretches_begun(flow: &Flow, liveness: &Liveness, block: BlockId) -> Vec<BlockId> {
    let end = &flow.block(block).end;
    let behind = match end {
        End::Suspend(point) => vec![flow.points[point.0].resume],
        End::Open
        | End::Goto(_)
        | End::Branch { .. }
        | End::Match { .. }
        | End::LetElse { .. }
        | End::Return { .. } => end.successors(),
    };
    behind.into_iter().chain([block]).filter(|block| liveness.is_entry(*block)).collect()
}

fn in_scope_at_end(flow: &Flow, block: BlockId) -> Vec<BindingId> {
    let declared = effects(flow, block).flat_map(|effect| &effect.declares).map(|(id, _)| *id);
    flow.block(block).visible.iter().copied().chain(declared).collect()
}
