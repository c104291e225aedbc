//! Something for each of some leaves, in the order in which a state shows its leaves: looking for one after the other takes a step
//! each, and looking for any one a few.

use crate::ids::{IdempotencyKey, Incarnation, LeafPath, StepNumber};
use crate::record::LeafRecord;

/// By which leaves are in order: their places first.
type Place<'k> = (&'k LeafPath, StepNumber, u128);

fn place_of(key: &IdempotencyKey) -> Place<'_> {
    (&key.path, key.step, key.incarnation.0)
}

/// What there is for which leaf.
#[derive(Debug)]
pub(super) struct ByLeaf<T>(Vec<(IdempotencyKey, T)>);

impl<T> Default for ByLeaf<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ByLeaf<T> {
    pub(super) fn get(&self, key: &IdempotencyKey) -> Option<&T> {
        let at = self.find(place_of(key)).ok()?;
        Some(&self.0[at].1)
    }

    /// Puts it in the place of what there was, if there was anything.
    pub(super) fn insert(&mut self, key: IdempotencyKey, value: T) {
        match self.find(place_of(&key)) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (key, value)),
        }
    }

    pub(super) fn remove(&mut self, key: &IdempotencyKey) -> Option<T> {
        self.remove_if(key, |_| true)
    }

    pub(super) fn remove_if(&mut self, key: &IdempotencyKey, is_meant: impl FnOnce(&T) -> bool) -> Option<T> {
        let at = self.find(place_of(key)).ok().filter(|at| is_meant(&self.0[*at].1))?;
        Some(self.0.remove(at).1)
    }

    /// What there is for a leaf of the run's, if anything is. `near` is where that probably stands; afterwards, where what there is
    /// for the next leaf does.
    pub(super) fn of_leaf(
        &mut self,
        run: Incarnation,
        leaf: &LeafRecord,
        near: &mut usize,
    ) -> Option<&mut T> {
        let place = (&leaf.path, leaf.scheduled, run.0);
        let is_near = self.0.get(*near).is_some_and(|(key, _)| place_of(key) == place);
        let at = if is_near { *near } else { self.find(place).ok()? };
        *near = at + 1;
        Some(&mut self.0[at].1)
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&IdempotencyKey, &mut T) -> bool) {
        self.0.retain_mut(|(key, value)| keep(key, value));
    }

    /// Where what there is for it stands, or would.
    fn find(&self, wanted: Place<'_>) -> Result<usize, usize> {
        self.0.binary_search_by(|(key, _)| place_of(key).cmp(&wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::LeafKind;

    const RUN: Incarnation = Incarnation(7);

    fn key(step: u64, path: &[u32]) -> IdempotencyKey {
        IdempotencyKey { incarnation: RUN, step: StepNumber(step), path: LeafPath(path.to_vec()) }
    }

    fn leaf(IdempotencyKey { step, path, .. }: IdempotencyKey) -> LeafRecord {
        LeafRecord { path, scheduled: step, kind: LeafKind::task("a") }
    }

    #[test]
    fn each_leaf_has_its_own_in_whatever_order_they_come() {
        // Branches that are at different steps, one of them a `join!`, and two compensations.
        let keys = [key(1, &[0]), key(9, &[1, 0]), key(3, &[1, 1]), key(1, &[2]), key(5, &[]), key(4, &[])];
        let mut all = ByLeaf::default();
        for (number, key) in keys.iter().enumerate().rev() {
            all.insert(key.clone(), number);
        }
        for start in 0..=keys.len() {
            let mut near = start;
            for (number, key) in keys.iter().enumerate() {
                assert_eq!(all.of_leaf(RUN, &leaf(key.clone()), &mut near).copied(), Some(number));
                assert_eq!(all.get(key), Some(&number));
            }
        }
        let strangers = [key(2, &[0]), key(1, &[3]), key(1, &[])];
        for stranger in &strangers {
            assert_eq!(all.get(stranger), None);
            assert_eq!(all.remove(stranger), None);
        }
        assert_eq!(all.of_leaf(Incarnation(8), &leaf(key(1, &[0])), &mut 2), None, "of another run");
        assert_eq!(all.remove_if(&keys[0], |number| *number == 1), None);
        assert_eq!(all.remove(&keys[0]), Some(0));
        assert_eq!(all.get(&keys[1]), Some(&1));
    }
}
