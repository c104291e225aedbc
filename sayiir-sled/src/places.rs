//! How many runs wait at each place of each workflow: counters that change with the records, in the same batch.
//!
//! They answer what a new binary wants to know of the runs that are there, without a walk over them. A counter that reaches
//! zero goes.

use std::collections::BTreeMap;

use sayiir_core::backend::{BackendError, PlaceCount};
use sayiir_core::record::IndexEntry;

use crate::error::from_sled;
use crate::frame::{self, Header};
use crate::keys::{self, Key};
use crate::value::{self, Pair, damaged};
use crate::walk;

/// By how much each counter changes.
#[derive(Debug, Default)]
pub(crate) struct Moves(BTreeMap<Key, i64>);

impl Moves {
    /// From one index entry of a run to the next.
    pub(crate) fn of(before: Option<&IndexEntry>, after: Option<&IndexEntry>) -> Self {
        let mut moves = Self::default();
        if before.and_then(|entry| entry.place.as_ref()) != after.and_then(|entry| entry.place.as_ref()) {
            if let Some(entry) = before {
                moves.count(entry, -1);
            }
            if let Some(entry) = after {
                moves.count(entry, 1);
            }
        }
        moves
    }

    /// Counts a run where it waits.
    pub(crate) fn count(&mut self, entry: &IndexEntry, by: i64) {
        if let Some(place) = &entry.place {
            *self.0.entry(keys::waits_at(&entry.workflow, place)).or_default() += by;
        }
    }

    /// Counts every run that is there.
    ///
    /// # Errors
    /// `Damaged` if a record does not read.
    pub(crate) fn counted(tree: &sled::Tree) -> Result<Self, BackendError> {
        let mut moves = Self::default();
        walk::records(tree, |record| moves.count(&record.index(), 1))?;
        Ok(moves)
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (key, by) in other.0 {
            *self.0.entry(key).or_default() += by;
        }
    }

    /// Every counter that changes, as it was and as it will be; `None` where there is nothing to count.
    ///
    /// # Errors
    /// `Damaged`.
    pub(crate) fn applied(&self, tree: &sled::Tree) -> Result<Vec<Changed>, BackendError> {
        let changed = self.0.iter().filter(|(_, by)| **by != 0);
        let applied = changed.map(|(key, by)| {
            let before = tree.get(key).map_err(from_sled)?;
            let count = before.as_ref().map_or(Ok(0), |bytes| read(key, bytes))?;
            let after = put(key, count.saturating_add_signed(*by));
            Ok(Changed { key: key.clone(), before, after })
        });
        applied.collect()
    }

    /// What the counters say otherwise than was counted here, as damage.
    ///
    /// # Errors
    /// What keeps the counters from being read.
    pub(crate) fn differing(&self, tree: &sled::Tree) -> Result<Vec<BackendError>, BackendError> {
        let mut found = Vec::new();
        let mut counted = self.0.clone();
        for pair in tree.scan_prefix(keys::PLACES) {
            let (key, bytes) = pair.map_err(from_sled)?;
            let runs = counted.remove(&*key).unwrap_or_default();
            match read(&key, &bytes) {
                Ok(says) if says == runs.unsigned_abs() => {}
                Ok(says) => found.push(miscounted(&key, says, runs)),
                Err(error) => found.push(error),
            }
        }
        let uncounted = counted.iter().filter(|(_, runs)| **runs != 0);
        found.extend(uncounted.map(|(key, runs)| miscounted(key, 0, *runs)));
        Ok(found)
    }

    /// The counters of a store that has none yet.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = Pair> {
        self.0.iter().filter_map(|(key, by)| Some((key.as_slice().into(), put(key, by.unsigned_abs())?)))
    }
}

/// One counter that changes.
pub(crate) struct Changed {
    pub(crate) key: Key,
    pub(crate) before: Option<sled::IVec>,
    pub(crate) after: Option<sled::IVec>,
}

/// All counters.
///
/// # Errors
/// `Damaged`.
pub(crate) fn all(tree: &sled::Tree) -> Result<Vec<PlaceCount>, BackendError> {
    let counters = tree.scan_prefix(keys::PLACES).map(|pair| {
        let (key, bytes) = pair.map_err(from_sled)?;
        let (workflow, place, schema) =
            keys::place_of(&key).ok_or_else(|| damaged(&key, "it names no place"))?;
        Ok(PlaceCount { workflow, place, schema, runs: read(&key, &bytes)? })
    });
    counters.collect()
}

fn put(key: &[u8], count: u64) -> Option<sled::IVec> {
    let header = Header { pieces: 0, sequence: 0 };
    (count > 0).then(|| frame::encode(key, header, &value::encode(&count)).into())
}

fn miscounted(key: &[u8], says: u64, runs: i64) -> BackendError {
    damaged(key, &format!("it says {says} runs, and {runs} are there"))
}

fn read(key: &[u8], bytes: &[u8]) -> Result<u64, BackendError> {
    let (_, payload) = frame::decode(key, bytes)?;
    postcard::from_bytes(payload).map_err(|error| damaged(key, &error.to_string()))
}
