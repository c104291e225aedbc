//! From a commit to the keys it writes and removes. Pure, and done by the caller, so that the writing threads have less to do.

use sayiir_core::backend::{Accepted, Commit, Reindex, RunChange};
use sayiir_core::ids::{Revision, RunId};
use sayiir_core::record::{IndexEntry, Record};

use crate::heads::Head;
use crate::keys::{self, Key};
use crate::places::Moves;
use crate::value::{self, Pair};

/// A commit, ready to be written.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) changes: Vec<Change>,
}

/// What is written of one run.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) run: RunId,
    /// What the store must hold.
    pub(crate) expected: Option<Revision>,
    pub(crate) after: After,
    /// Keys that need no look at what is stored.
    pub(crate) puts: Vec<Pair>,
    pub(crate) removes: Vec<sled::IVec>,
    /// Where the run waits now and no more.
    pub(crate) moves: Moves,
    /// Messages to be taken out: they may have pieces.
    pub(crate) taken: Vec<Key>,
}

/// What stands of the run afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// A record: if the one before had more pieces, those go.
    Record(Head),
    /// Nothing: all of its keys go.
    Nothing,
}

impl After {
    pub(crate) fn head(self) -> Option<Head> {
        match self {
            Self::Record(head) => Some(head),
            Self::Nothing => None,
        }
    }
}

impl Prepared {
    /// Encodes a commit.
    pub(crate) fn new(commit: &Commit) -> Self {
        Self { changes: commit.changes.iter().map(Change::new).collect() }
    }

    /// How many keys it will touch, apart from those of a purge.
    pub(crate) fn size(&self) -> usize {
        let sizes = self.changes.iter().map(Change::size);
        sizes.sum()
    }
}

impl Change {
    fn new(change: &RunChange) -> Self {
        let mut prepared = Self {
            run: change.run.clone(),
            expected: change.expected,
            after: After::Nothing,
            puts: Vec::new(),
            removes: Vec::new(),
            moves: Moves::default(),
            taken: Vec::new(),
        };
        if let Some(Reindex { from, to }) = change.reindex.as_deref() {
            prepared.reindex(from.as_ref(), to.as_ref());
        }
        if let Some(record) = &change.record {
            prepared.put_record(record);
            value::put_history(&change.run, &change.history, &mut prepared.puts);
            prepared.put_messages(change);
        }
        prepared
    }

    fn put_record(&mut self, record: &Record) {
        let payload = value::encode(record);
        let key = keys::record(&self.run);
        let pieces = value::put(&key, record.revision.0, &payload, &mut self.puts);
        let parts = self.puts.iter().rev().take(pieces as usize + 1);
        let bytes = parts.map(|(key, value)| (key.len() + value.len()) as u64).sum();
        self.after = After::Record(Head { revision: record.revision, pieces, bytes });
    }

    fn put_messages(&mut self, change: &RunChange) {
        let is_removed = |accepted: &Accepted| {
            let (signal, position) = (&accepted.message.signal, accepted.message.position);
            let mut removed = change.removed.iter();
            removed.any(|(name, place)| name == signal && *place == position)
        };
        for accepted in &change.accepted {
            let message = &accepted.message;
            if let Some(key) = &accepted.idempotency_key {
                value::put(&keys::delivered(&self.run, key), 0, key.as_bytes(), &mut self.puts);
            }
            if !accepted.taken && !is_removed(accepted) {
                let key = keys::message(&self.run, &message.signal, message.position);
                value::put(&key, message.position, &value::encode(message), &mut self.puts);
            }
        }
        let removed = change.removed.iter();
        let taken = removed.map(|(signal, position)| keys::message(&self.run, signal, *position));
        self.taken.extend(taken);
    }

    /// Moves the index keys that differ.
    fn reindex(&mut self, before: Option<&IndexEntry>, after: Option<&IndexEntry>) {
        self.moves = Moves::of(before, after);
        let keys_of =
            |entry: Option<&IndexEntry>| entry.map_or_else(Vec::new, |entry| keys::index(&self.run, entry));
        let (old, new) = (keys_of(before), keys_of(after));
        let gone = old.iter().filter(|key| !new.contains(key));
        self.removes.extend(gone.map(|key| key.as_slice().into()));
        let come = new.into_iter().filter(|key| !old.contains(key));
        self.puts.extend(come.map(|key| (key.as_slice().into(), sled::IVec::default())));
    }

    fn size(&self) -> usize {
        self.puts.len() + self.removes.len() + self.taken.len()
    }
}
