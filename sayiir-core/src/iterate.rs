//! `for` loops that await in their body: the iterator is saved with the other variables, as a cursor.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::Hash;
use std::ops::{Range, RangeInclusive};

use serde::{Deserialize, Serialize};

use crate::durable::Durable;

/// What a `for` loop of a workflow can iterate over while it awaits in the body.
#[diagnostic::on_unimplemented(
    message = "a `for` loop that awaits cannot go over `{Self}`",
    label = "this iterator cannot be stored while the run waits",
    note = "`Vec`, `VecDeque`, arrays, `Option`, maps, sets and integer ranges can be; `.collect::<Vec<_>>()` anything else first"
)]
pub trait DurableIterator {
    /// What is stored while the loop waits.
    type Cursor: Cursor;

    /// Begins.
    fn into_cursor(self) -> Self::Cursor;
}

/// The rest of an iteration.
pub trait Cursor {
    /// What the loop's pattern is matched against.
    type Item;

    /// Takes the next item.
    fn advance(&mut self) -> Option<Self::Item>;
}

/// Items that are already there, in order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Items<T>(VecDeque<T>);

impl<T> Cursor for Items<T> {
    type Item = T;
    fn advance(&mut self) -> Option<T> {
        self.0.pop_front()
    }
}

macro_rules! collected {
    ($([$($generics:tt)*] $ty:ty => $item:ty;)*) => { $(
        impl<$($generics)*> DurableIterator for $ty {
            type Cursor = Items<$item>;
            fn into_cursor(self) -> Items<$item> {
                Items(self.into_iter().collect())
            }
        }
    )* };
}

collected! {
    [T: Durable] Vec<T> => T;
    [T: Durable] VecDeque<T> => T;
    [T: Durable, const N: usize] [T; N] => T;
    [T: Durable] Option<T> => T;
    [T: Durable + Ord] BTreeSet<T> => T;
    [T: Durable + Eq + Hash, S: std::hash::BuildHasher] HashSet<T, S> => T;
    [K: Durable + Ord, V: Durable] BTreeMap<K, V> => (K, V);
    [K: Durable + Eq + Hash, V: Durable, S: std::hash::BuildHasher] HashMap<K, V, S> => (K, V);
}

impl<T: Durable> DurableIterator for Items<T> {
    type Cursor = Self;
    fn into_cursor(self) -> Self {
        self
    }
}

/// What is left of an integer range: `None` once it is exhausted, which serde's own form of an inclusive range forgets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Span<T> {
    next: Option<T>,
    last: T,
}

/// What a range counts in: the integers. One rule for all of them, so that `for i in 0..3` gets its type from the use of `i`.
#[diagnostic::on_unimplemented(
    message = "a `for` loop that awaits cannot go over a range of `{Self}`",
    label = "this iterator cannot be stored while the run waits",
    note = "ranges of integers can be; `.collect::<Vec<_>>()` anything else first"
)]
pub trait Integer: Durable + Copy + Ord {
    /// The next one, if the type has one.
    fn following(self) -> Option<Self>;

    /// The one before, if the type has one.
    fn preceding(self) -> Option<Self>;
}

macro_rules! integers {
    ($($int:ty),*) => { $(
        impl Integer for $int {
            fn following(self) -> Option<Self> {
                self.checked_add(1)
            }
            fn preceding(self) -> Option<Self> {
                self.checked_sub(1)
            }
        }
    )* };
}

integers!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);

impl<T: Integer> Cursor for Span<T> {
    type Item = T;
    fn advance(&mut self) -> Option<T> {
        let now = self.next?;
        self.next = now.following().filter(|next| *next <= self.last);
        Some(now)
    }
}

impl<T: Integer> DurableIterator for RangeInclusive<T> {
    type Cursor = Span<T>;
    fn into_cursor(self) -> Span<T> {
        let next = (!self.is_empty()).then_some(*self.start());
        Span { next, last: *self.end() }
    }
}

impl<T: Integer> DurableIterator for Range<T> {
    type Cursor = Span<T>;
    fn into_cursor(self) -> Span<T> {
        let next = (!self.is_empty()).then_some(self.start);
        Span { next, last: self.end.preceding().unwrap_or(self.end) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all<I: DurableIterator>(items: I) -> Vec<<I::Cursor as Cursor>::Item>
    where
        I::Cursor: Durable,
    {
        let mut cursor = items.into_cursor();
        let mut found = Vec::new();
        loop {
            let json = serde_json::to_string(&cursor).expect("a cursor encodes");
            cursor = serde_json::from_str(&json).expect("a cursor decodes");
            match cursor.advance() {
                Some(item) => found.push(item),
                None => return found,
            }
        }
    }

    #[test]
    fn ranges_end_where_rusts_do_also_at_the_limits_of_the_type() {
        assert_eq!(all(0u8..3), vec![0, 1, 2]);
        assert_eq!(all(253u8..=255), vec![253, 254, 255]);
        assert_eq!(all(-1i8..=1), vec![-1, 0, 1]);
        assert_eq!(all(Range { start: 3u32, end: 3 }), Vec::<u32>::new());
        assert_eq!(all(RangeInclusive::new(5i64, 4)), Vec::<i64>::new());
        assert_eq!(all(i8::MIN..i8::MIN), Vec::<i8>::new());
    }

    #[test]
    fn collections_give_their_items_in_their_order() {
        assert_eq!(all(vec!["a".to_owned(), "b".to_owned()]), vec!["a", "b"]);
        assert_eq!(all(BTreeMap::from([(2, 'b'), (1, 'a')])), vec![(1, 'a'), (2, 'b')]);
        assert_eq!(all(Some(7)), vec![7]);
        assert_eq!(all([1, 2]), vec![1, 2]);
    }
}
