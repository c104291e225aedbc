//! Does every variable have a value where it is used, and only one if it is not `mut`?
//!
//! Within a stretch rustc sees to that. Across a wait it cannot: there a variable is taken from the state, or declared anew.

use std::collections::BTreeSet;

use super::bindings::Bindings;
use super::ir::{BindingId, BlockId, Effect, Flow, Origin};
use super::liveness::{Liveness, effects, gain, next};
use super::model::{Model, bare};
use crate::diagnostics::Errors;

/// Reports uses of variables that may have no value, and second values of variables that are not `mut`.
pub(crate) fn check(model: &Model, flow: &Flow, liveness: &Liveness, errors: &mut Errors) {
    let certain = certain(flow, liveness);
    let mut check = Check { model, flow, errors, reported: BTreeSet::new() };
    for block in flow.block_ids().filter(|block| liveness.is_reachable(*block)) {
        let mut certain = certain[block.0].clone().unwrap_or_default();
        let mut possible = liveness.valued(block).clone();
        for effect in effects(flow, block) {
            check.uses(effect, &certain);
            check.assignments(effect, &possible);
            gain(effect, &mut certain);
            gain(effect, &mut possible);
        }
    }
}

struct Check<'a> {
    model: &'a Model,
    flow: &'a Flow,
    errors: &'a mut Errors,
    reported: BTreeSet<BindingId>,
}

impl Check<'_> {
    fn uses(&mut self, effect: &Effect, certain: &Bindings) {
        let given = |id: &BindingId| {
            certain.contains(*id)
                || effect.assigns.contains(*id)
                || effect.declares.iter().any(|(declared, _)| declared == id)
        };
        for id in effect.uses.iter().filter(|id| !given(id)) {
            self.report(id, effect, |name| {
                format!("`{name}` may have no value here: give it one on every way to this place")
            });
        }
    }

    fn assignments(&mut self, effect: &Effect, possible: &Bindings) {
        for id in effect.assigns.iter().filter(|id| possible.contains(*id)) {
            if !self.flow.binding(id).mutable {
                self.report(id, effect, |name| {
                    format!("`{name}` has a value already, and it is not `mut`: write `mut {name}` where it is declared")
                });
            }
        }
    }

    fn report(&mut self, id: BindingId, effect: &Effect, message: impl FnOnce(&str) -> String) {
        let binding = self.flow.binding(id);
        let place = effect.places.get(&id);
        let is_users = matches!(binding.origin, Origin::User | Origin::Parameter);
        if let Some(place) = place.filter(|_| is_users && self.reported.insert(id)) {
            self.errors.at(self.model.user_span(*place), message(&bare(&binding.ident)));
        }
    }
}

/// The variables that have a value where each block begins, whatever way led there. `None` where nothing leads.
fn certain(flow: &Flow, liveness: &Liveness) -> Vec<Option<Bindings>> {
    let mut certain: Vec<Option<Bindings>> = vec![None; flow.blocks.len()];
    certain[0] = Some(liveness.valued(BlockId(0)).clone());
    let mut todo = vec![BlockId(0)];
    while let Some(block) = todo.pop() {
        let mut now = certain[block.0].clone().unwrap_or_default();
        for effect in effects(flow, block) {
            gain(effect, &mut now);
        }
        if let super::ir::End::Suspend(point) = &flow.block(block).end {
            now.insert(flow.points[point.0].output);
        }
        for next in next(flow, block) {
            let changed = match &mut certain[next.0] {
                Some(before) => before.keep(&now),
                unknown @ None => {
                    *unknown = Some(now.clone());
                    true
                }
            };
            if changed {
                todo.push(next);
            }
        }
    }
    certain
}
