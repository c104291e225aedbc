//! Sets of variables: the same operations over and over on small dense numbers, so a bit for each.

use super::ir::BindingId;

/// A set of variables, in the order of declaration.
#[derive(Clone, Default)]
pub(crate) struct Bindings {
    /// Bit `n % 64` of word `n / 64` stands for variable `n`.
    words: Vec<u64>,
}

impl Bindings {
    pub(crate) fn contains(&self, id: BindingId) -> bool {
        self.words.get(id.0 / 64).is_some_and(|word| word & mask(id) != 0)
    }

    /// Whether it was not in the set before.
    pub(crate) fn insert(&mut self, id: BindingId) -> bool {
        self.reserve(id.0 / 64 + 1);
        let word = &mut self.words[id.0 / 64];
        let before = *word;
        *word |= mask(id);
        *word != before
    }

    pub(crate) fn remove(&mut self, id: BindingId) {
        if let Some(word) = self.words.get_mut(id.0 / 64) {
            *word &= !mask(id);
        }
    }

    /// Adds another set. Whether this one grew.
    pub(crate) fn add(&mut self, other: &Self) -> bool {
        self.reserve(other.words.len());
        let mut grew = false;
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            grew |= more & !*word != 0;
            *word |= more;
        }
        grew
    }

    /// Takes another set out.
    pub(crate) fn subtract(&mut self, other: &Self) {
        for (word, gone) in self.words.iter_mut().zip(&other.words) {
            *word &= !gone;
        }
    }

    /// Keeps what is in another set too. Whether anything went.
    pub(crate) fn keep(&mut self, other: &Self) -> bool {
        let mut shrank = false;
        for (index, word) in self.words.iter_mut().enumerate() {
            let kept = *word & other.words.get(index).copied().unwrap_or(0);
            shrank |= kept != *word;
            *word = kept;
        }
        shrank
    }

    /// Whether no variable is in both.
    pub(crate) fn is_disjoint(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).all(|(one, other)| one & other == 0)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = BindingId> + '_ {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            let next = |left: &u64| Some(left & (left - 1)).filter(|left| *left != 0);
            let bits = std::iter::successors(Some(*word).filter(|word| *word != 0), next);
            bits.map(move |left| BindingId(index * 64 + left.trailing_zeros() as usize))
        })
    }

    fn reserve(&mut self, words: usize) {
        if self.words.len() < words {
            self.words.resize(words, 0);
        }
    }
}

fn mask(id: BindingId) -> u64 {
    1 << (id.0 % 64)
}

impl FromIterator<BindingId> for Bindings {
    fn from_iter<I: IntoIterator<Item = BindingId>>(ids: I) -> Self {
        let mut set = Self::default();
        set.extend(ids);
        set
    }
}

impl Extend<BindingId> for Bindings {
    fn extend<I: IntoIterator<Item = BindingId>>(&mut self, ids: I) {
        for id in ids {
            self.insert(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn set(ids: &BTreeSet<usize>) -> Bindings {
        ids.iter().copied().map(BindingId).collect()
    }

    fn listed(set: &Bindings) -> Vec<usize> {
        set.iter().map(|id| id.0).collect()
    }

    proptest! {
        #[test]
        fn sets_of_variables_do_what_sets_do(
            one in proptest::collection::btree_set(0..200usize, 0..20),
            other in proptest::collection::btree_set(0..200usize, 0..20),
        ) {
            let (mut sum, mut rest, mut common) = (set(&one), set(&one), set(&one));
            prop_assert_eq!(sum.add(&set(&other)), !other.is_subset(&one));
            rest.subtract(&set(&other));
            prop_assert_eq!(common.keep(&set(&other)), !one.is_subset(&other));
            prop_assert_eq!(listed(&sum), one.union(&other).copied().collect::<Vec<_>>());
            prop_assert_eq!(listed(&rest), one.difference(&other).copied().collect::<Vec<_>>());
            prop_assert_eq!(listed(&common), one.intersection(&other).copied().collect::<Vec<_>>());
            prop_assert_eq!(set(&one).is_disjoint(&set(&other)), one.is_disjoint(&other));
            for id in &other {
                prop_assert_eq!(rest.insert(BindingId(*id)), true);
                rest.remove(BindingId(*id));
                prop_assert!(!rest.contains(BindingId(*id)));
            }
        }
    }
}
