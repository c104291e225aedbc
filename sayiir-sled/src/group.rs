//! A group: the commits that are written together, as one batch.
//!
//! Each is checked against what the tree holds. A run stands in a group once; a second commit of it waits for the next.

use std::collections::HashMap;

use sayiir_core::backend::BackendError;
use sayiir_core::ids::RunId;

use crate::change::{After, Change, Prepared};
use crate::error::{caught, from_sled};
use crate::frame::{self, Header};
use crate::heads::{Head, Heads};
use crate::keys;
use crate::places::{Changed, Moves};
use crate::value;

/// What is to be written.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) batch: sled::Batch,
    /// What stands of its runs afterwards.
    pub(crate) runs: HashMap<RunId, Option<Head>>,
    moves: Moves,
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
    /// Whether a commit has a run that stands in the group.
    pub(crate) fn meets(&self, commit: &Prepared) -> bool {
        commit.changes.iter().any(|change| self.runs.contains_key(&change.run))
    }

    /// Takes a commit in.
    ///
    /// # Errors
    /// `Conflict`, or `Damaged` if what it builds on does not read.
    pub(crate) fn admit(
        &mut self,
        db: &sled::Db,
        heads: &Heads,
        commit: Prepared,
    ) -> Result<(), BackendError> {
        let mut found = Found::default();
        caught(|| commit.changes.iter().try_for_each(|change| found.look(db, heads, change)))?;
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
            self.moves.add(change.moves);
            self.runs.insert(change.run, change.after.head());
        }
        Ok(())
    }

    /// Whether it has grown to so many keys.
    pub(crate) fn has(&self, keys: usize) -> bool {
        self.keys >= keys
    }

    /// Puts the counters of places into the batch.
    ///
    /// # Errors
    /// `Damaged`.
    pub(crate) fn count(&mut self, db: &sled::Db) -> Result<(), BackendError> {
        for Changed { key, before, after } in caught(|| self.moves.applied(db))? {
            let bytes = |value: &Option<sled::IVec>| value.as_ref().map_or(0, |value| size(&key, value));
            self.live += bytes(&after) - bytes(&before);
            match after {
                Some(count) => self.batch.insert(key, count),
                None => self.batch.remove(key),
            }
        }
        Ok(())
    }

    /// Puts the group's own sequence into the batch; gives the live bytes there will be.
    pub(crate) fn number(&mut self, sequence: u64, live: u64) -> u64 {
        let live = live.saturating_add_signed(self.live);
        let header = Header { pieces: 0, sequence };
        let value = frame::encode(keys::SEQUENCE, header, &value::encode(&live));
        self.batch.insert(keys::SEQUENCE, value);
        live
    }
}

impl Found {
    fn look(&mut self, db: &sled::Db, heads: &Heads, change: &Change) -> Result<(), BackendError> {
        let head = heads.find(db, &change.run)?;
        let found = head.map(|head| head.revision);
        if found != change.expected {
            return Err(BackendError::Conflict { run: change.run.clone(), expected: change.expected, found });
        }
        for key in &change.removes {
            self.live -= size(key, &[]);
        }
        for key in &change.taken {
            self.remove_message(db, key)?;
        }
        match (change.after, head) {
            (After::Nothing, _) => self.remove_run(db, &change.run),
            (After::Record(after), Some(before)) => {
                let key = keys::record(&change.run);
                let left = after.pieces + 1..=before.pieces;
                self.removes.extend(left.map(|number| keys::piece(&key, number).into()));
                self.live -= i64::try_from(before.bytes).unwrap_or(i64::MAX);
                Ok(())
            }
            (After::Record(_), None) => Ok(()),
        }
    }

    fn remove_message(&mut self, db: &sled::Db, key: &[u8]) -> Result<(), BackendError> {
        let Some(value) = db.get(key).map_err(from_sled)? else {
            return Ok(());
        };
        let (header, _) = frame::decode(key, &value)?;
        self.remove(key.into(), &value);
        for number in 1..=header.pieces {
            let key = keys::piece(key, number);
            let value = db.get(&key).map_err(from_sled)?.unwrap_or_default();
            self.remove(key.into(), &value);
        }
        Ok(())
    }

    fn remove_run(&mut self, db: &sled::Db, run: &RunId) -> Result<(), BackendError> {
        for pair in db.scan_prefix(keys::run(run)) {
            let (key, value) = pair.map_err(from_sled)?;
            self.remove(key, &value);
        }
        Ok(())
    }

    fn remove(&mut self, key: sled::IVec, value: &[u8]) {
        self.live -= size(&key, value);
        self.removes.push(key);
    }
}

fn size(key: &[u8], value: &[u8]) -> i64 {
    i64::try_from(key.len() + value.len()).unwrap_or(i64::MAX)
}
