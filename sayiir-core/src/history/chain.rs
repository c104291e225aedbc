//! The chain of a run's history: each entry's hash is made over the one before, under a key if there is one.

use jiff::Timestamp;

use super::{Digest, Event, HistoryEntry, HistoryHead};
use crate::ids::{Incarnation, RunId};
use crate::scratch::Scratch;

/// What the hashes of a history are made with, so that nobody without it can make them anew.
///
/// ```
/// # use sayiir_core::history::HistoryKey;
/// let key = HistoryKey::from_secret(b"from the safe, not from the database");
/// assert_eq!(format!("{key:?}"), "HistoryKey(..)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HistoryKey([u8; 32]);

impl HistoryKey {
    /// The key that belongs to a secret of any length: random bytes, not a password that can be guessed.
    #[must_use]
    pub fn from_secret(secret: &[u8]) -> Self {
        Self(blake3::derive_key("sayiir 2026 key of the history chain", secret))
    }
}

impl std::fmt::Debug for HistoryKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HistoryKey(..)")
    }
}

/// Where the chain of one run's history stands.
#[derive(Debug, Clone, Copy)]
pub struct Chain {
    incarnation: Incarnation,
    head: HistoryHead,
    key: Option<HistoryKey>,
}

/// A place where a history does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Tampered {
    /// An entry's hash is not that of its content and its predecessor.
    #[error("entry {position} of run {run} was changed")]
    Changed {
        /// The run.
        run: RunId,
        /// The entry.
        position: u64,
    },
    /// An entry is missing or out of place.
    #[error("run {run} has no entry {position}, or entries in the wrong order")]
    Missing {
        /// The run.
        run: RunId,
        /// The entry.
        position: u64,
    },
    /// No entry holds: all were written under another key, or with one where none was given, or without one; or all were changed.
    #[error(
        "no entry of run {run} holds: its history was written under another key, or all of it was changed"
    )]
    OtherKey {
        /// The run.
        run: RunId,
    },
    /// Everything holds, but entries were written without the key: before there was one, by a program that was not given it, or
    /// by somebody who changed them.
    #[error(
        "{count} entries of run {run}, the first of them {first}, were written without the key and may have been changed"
    )]
    Unkeyed {
        /// The run.
        run: RunId,
        /// The first such entry.
        first: u64,
        /// How many there are.
        count: u64,
    },
    /// The record's head is not the last entry's.
    #[error("the history of run {run} does not end as its record says")]
    WrongHead {
        /// The run.
        run: RunId,
    },
}

impl Chain {
    /// The chain that `head` ended.
    #[must_use]
    pub fn new(incarnation: Incarnation, head: HistoryHead) -> Self {
        Self { incarnation, head, key: None }
    }

    /// The same chain, under a key if there is one.
    #[must_use]
    pub fn under(self, key: Option<HistoryKey>) -> Self {
        Self { key, ..self }
    }

    /// Where it stands.
    #[must_use]
    pub fn head(&self) -> HistoryHead {
        self.head
    }

    /// Adds an entry.
    pub fn append(&mut self, at: Timestamp, event: Event) -> HistoryEntry {
        let position = self.head.length;
        let hash = self.hash(self.key, position, at, &event);
        self.head = HistoryHead { length: position + 1, hash };
        HistoryEntry { position, at, event, hash }
    }

    /// Checks the next entry and moves behind it.
    ///
    /// # Errors
    /// Where it does not hold. Behind one that only was written without the key ([`Tampered::Unkeyed`]) the chain moves all the
    /// same, so that the check can go on.
    pub fn verify(&mut self, run: &RunId, entry: &HistoryEntry) -> Result<(), Tampered> {
        let position = self.head.length;
        if entry.position != position {
            return Err(Tampered::Missing { run: run.clone(), position });
        }
        let holds = |key| self.hash(key, position, entry.at, &entry.event) == entry.hash;
        let is_keyed = holds(self.key);
        if !is_keyed && (self.key.is_none() || !holds(None)) {
            return Err(Tampered::Changed { run: run.clone(), position });
        }
        self.head = HistoryHead { length: position + 1, hash: entry.hash };
        if is_keyed { Ok(()) } else { Err(Tampered::Unkeyed { run: run.clone(), first: position, count: 1 }) }
    }

    fn hash(&self, key: Option<HistoryKey>, position: u64, at: Timestamp, event: &Event) -> Digest {
        // One piece: a hasher that is fed every field apart costs several times as much.
        let mut piece = Scratch::new();
        piece.extend_from_slice(&self.incarnation.0.to_be_bytes());
        piece.extend_from_slice(&self.head.hash.0);
        piece.extend_from_slice(&position.to_be_bytes());
        piece.extend_from_slice(&at.as_nanosecond().to_be_bytes());
        let piece = postcard::serialize_with_flavor(event, piece)
            .expect("an event is plain data, and a vector takes all bytes");
        match key {
            None => Digest::of(&piece),
            Some(HistoryKey(key)) => Digest(*blake3::keyed_hash(&key, &piece).as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_a_missing_and_a_swapped_entry_show() {
        let run = RunId::new("exp-001").expect("a valid id");
        let fresh = || Chain::new(Incarnation(1), HistoryHead::default());
        let mut chain = fresh();
        let entries: Vec<HistoryEntry> = (0..3)
            .map(|n| chain.append(Timestamp::UNIX_EPOCH, Event::Cancelled { reason: format!("{n}") }))
            .collect();
        let check = |entries: &[HistoryEntry]| {
            let mut chain = fresh();
            entries.iter().try_for_each(|entry| chain.verify(&run, entry))
        };
        check(&entries).expect("as it was written it holds");
        let mut changed = entries.clone();
        changed[1].event = Event::Cancelled { reason: "another".into() };
        assert!(matches!(check(&changed), Err(Tampered::Changed { position: 1, .. })));
        let missing = [entries[0].clone(), entries[2].clone()];
        assert!(matches!(check(&missing), Err(Tampered::Missing { position: 1, .. })));
        let mut swapped = entries.clone();
        swapped.swap(0, 1);
        assert!(check(&swapped).is_err());
        let mut other = Chain::new(Incarnation(2), HistoryHead::default());
        assert!(other.verify(&run, &entries[0]).is_err(), "another run's entry");
    }
}
