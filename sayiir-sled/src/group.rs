//! A group: the commits that are written together, as one batch.
//!
//! Each is checked against what the tree holds. A run stands in a group once; a second commit of it waits for the next.

use std::collections::HashSet;

use sayiir_core::backend::BackendError;
use sayiir_core::ids::{Revision, RunId};

use crate::change::{After, Change, Prepared};
use crate::error::{caught, from_sled};
use crate::frame::{self, Header};
use crate::keys;
use crate::value;

/// What is to be written.
#[derive(Debug, Default)]
pub(crate) struct Group {
    batch: sled::Batch,
    runs: HashSet<RunId>,
    keys: usize,
    /// By how much the live bytes change.
    live: i64,
}

/// What a commit adds to its group, found without touching the group, so that one that is refused leaves no trace.
#[derive(Debug, Default)]
struct Found {
    removes: Vec<sled::IVec>,
    live: i64,
}

impl Group {
    /// Takes a commit in.
    ///
    /// # Errors
    /// `Conflict`, or `Damaged` if what it builds on does not read.
    pub(crate) fn admit(&mut self, db: &sled::Db, commit: Prepared) -> Result<(), BackendError> {
        let mut found = Found::default();
        caught(|| {
            let mut changes = commit.changes.iter();
            changes.try_for_each(|change| found.look(db, change))
        })?;
        self.keys += commit.size() + found.removes.len();
        self.live += found.live;
        // Removals first: of two writes of one key in a batch the last counts.
        found.removes.into_iter().for_each(|key| self.batch.remove(key));
        for change in commit.changes {
            change.removes.into_iter().for_each(|key| self.batch.remove(key));
            for (key, value) in change.puts {
                self.live += size(&key, &value);
                self.batch.insert(key, value);
            }
            self.runs.insert(change.run);
        }
        Ok(())
    }

    /// How many keys it touches.
    pub(crate) fn keys(&self) -> usize {
        self.keys
    }

    /// The batch with the group's own sequence in it, the runs, and the live bytes there will be.
    pub(crate) fn finish(mut self, sequence: u64, live: u64) -> (sled::Batch, HashSet<RunId>, u64) {
        let live = live.saturating_add_signed(self.live);
        let header = Header { pieces: 0, sequence };
        let value = frame::encode(keys::SEQUENCE, header, &value::encode(&live));
        self.batch.insert(keys::SEQUENCE, value);
        (self.batch, self.runs, live)
    }
}

impl Found {
    fn look(&mut self, db: &sled::Db, change: &Change) -> Result<(), BackendError> {
        let key = keys::record(&change.run);
        let stored = db.get(&key).map_err(from_sled)?;
        let header = match &stored {
            Some(bytes) => Some(frame::decode(&key, bytes)?.0),
            None => None,
        };
        let found = header.map(|header| Revision(header.sequence));
        if found != change.expected {
            return Err(BackendError::Conflict { run: change.run.clone(), expected: change.expected, found });
        }
        for key in &change.removes {
            self.live -= size(key, &[]);
        }
        for key in &change.taken {
            self.remove_message(db, key)?;
        }
        match (change.after, header, stored) {
            (After::Nothing, ..) => self.remove_run(db, &change.run),
            (After::Record { pieces }, Some(before), Some(bytes)) => {
                self.live -= size(&key, &bytes);
                self.remove_pieces(db, &key, pieces + 1, before.pieces)?;
                self.forget_pieces(db, &key, pieces.min(before.pieces))
            }
            (After::Record { .. }, ..) => Ok(()),
        }
    }

    fn remove_message(&mut self, db: &sled::Db, key: &[u8]) -> Result<(), BackendError> {
        if let Some(bytes) = db.get(key).map_err(from_sled)? {
            let (header, _) = frame::decode(key, &bytes)?;
            self.remove(key.into(), &bytes);
            self.remove_pieces(db, key, 1, header.pieces)?;
        }
        Ok(())
    }

    fn remove_pieces(&mut self, db: &sled::Db, owner: &[u8], from: u32, to: u32) -> Result<(), BackendError> {
        for number in from..=to {
            let key = keys::piece(owner, number);
            let bytes = db.get(&key).map_err(from_sled)?.unwrap_or_default();
            self.remove(key.into(), &bytes);
        }
        Ok(())
    }

    /// Counts the pieces that are overwritten.
    fn forget_pieces(&mut self, db: &sled::Db, owner: &[u8], to: u32) -> Result<(), BackendError> {
        for number in 1..=to {
            let key = keys::piece(owner, number);
            let bytes = db.get(&key).map_err(from_sled)?.unwrap_or_default();
            self.live -= size(&key, &bytes);
        }
        Ok(())
    }

    fn remove_run(&mut self, db: &sled::Db, run: &RunId) -> Result<(), BackendError> {
        for pair in db.scan_prefix(keys::run(run)) {
            let (key, bytes) = pair.map_err(from_sled)?;
            self.remove(key, &bytes);
        }
        Ok(())
    }

    fn remove(&mut self, key: sled::IVec, bytes: &[u8]) {
        self.live -= size(&key, bytes);
        self.removes.push(key);
    }
}

fn size(key: &[u8], value: &[u8]) -> i64 {
    i64::try_from(key.len() + value.len()).unwrap_or(i64::MAX)
}
