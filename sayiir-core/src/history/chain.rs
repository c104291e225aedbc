//! The chain of a run's history: each entry's hash is made over the one before, under a key if there is one.
//!
//! ```text
//! hash   := SHA-256 of piece, or its HMAC-SHA-256 under the key
//! piece  := before time event
//! before := the hash of the entry before; of the first entry 16 bytes of the run's incarnation, big-endian, and the first 16 bytes
//!           of SHA-256 of the run's id
//! time   := nanoseconds since the epoch, 9 bytes, big-endian, in two's complement
//! event  := the event in postcard
//! ```
//!
//! 9 bytes hold every time that there is, from the year -9999 to 9999.
//!
//! Whose entry it is, by the id and by the incarnation, and where it stands are in it through what stands before it, and nowhere else: a step has to pay for
//! each block of 64 bytes.

use jiff::Timestamp;

use super::{Digest, Event, HistoryEntry, HistoryHead, HistoryKey};
use crate::ids::{Incarnation, RunId};
use crate::scratch::Scratch;

/// Where the chain of one run's history stands.
#[derive(Debug, Clone, Copy)]
pub struct Chain {
    incarnation: Incarnation,
    /// Of the run's id, where the next entry is the first.
    owner: Digest,
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
        "run {run} has entries that were written without the key and may have been changed: {count}, the first of them {first}"
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
    /// The chain that `head` ended, of the run with this id and this incarnation.
    #[must_use]
    pub fn new(run: &RunId, incarnation: Incarnation, head: HistoryHead) -> Self {
        // Only a first entry has it in itself: a step does not pay for it.
        let owner = if head.length == 0 { Digest::of(run.as_str().as_bytes()) } else { Digest::default() };
        Self { incarnation, owner, head, key: None }
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
        let hash = hash(self.key, &self.piece(at, &event));
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
        let piece = self.piece(entry.at, &entry.event);
        let holds = |key| hash(key, &piece) == entry.hash;
        let is_keyed = holds(self.key);
        if !is_keyed && (self.key.is_none() || !holds(None)) {
            return Err(Tampered::Changed { run: run.clone(), position });
        }
        self.head = HistoryHead { length: position + 1, hash: entry.hash };
        if is_keyed { Ok(()) } else { Err(Tampered::Unkeyed { run: run.clone(), first: position, count: 1 }) }
    }

    /// What the next entry's hash is made of.
    fn piece(&self, at: Timestamp, event: &Event) -> Scratch {
        // In one: a hasher that is fed every field apart costs several times as much. The time goes in as it is: as a number of
        // postcard it has as many bytes, which take several times as long to make.
        let mut piece = Scratch::new();
        piece.extend_from_slice(&self.before());
        piece.extend_from_slice(&at.as_nanosecond().to_be_bytes()[7..]);
        postcard::serialize_with_flavor(event, piece)
            .expect("an event is plain data, and a vector takes all bytes")
    }

    /// What ties the next entry to its place in this run.
    fn before(&self) -> [u8; 32] {
        if self.head.length > 0 {
            return self.head.hash.0;
        }
        let mut before = [0; 32];
        before[..16].copy_from_slice(&self.incarnation.0.to_be_bytes());
        before[16..].copy_from_slice(&self.owner.0[..16]);
        before
    }
}

fn hash(key: Option<HistoryKey>, piece: &[u8]) -> Digest {
    match key {
        None => Digest::of(piece),
        Some(key) => key.digest(piece),
    }
}

#[cfg(test)]
mod tests;
