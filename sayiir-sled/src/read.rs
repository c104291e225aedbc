//! Reads of one run.

use std::ops::ControlFlow;

use sayiir_core::backend::BackendError;
use sayiir_core::history::HistoryEntry;
use sayiir_core::ids::RunId;
use sayiir_core::record::Record;
use sayiir_core::signal::Message;

use crate::error::from_sled;
use crate::keys;
use crate::value::{self, damaged};

/// The record of a run, whose history must end as it says.
///
/// # Errors
/// `Damaged`.
pub(crate) fn record(tree: &sled::Tree, run: &RunId) -> Result<Option<Record>, BackendError> {
    let found = bare_record(tree, run)?;
    if let Some(record) = &found {
        let last = tree.range(keys::histories(run)).next_back().transpose().map_err(from_sled)?;
        let last = match last {
            Some((key, bytes)) => value::history(tree, &key, &bytes)?.pop(),
            None => None,
        };
        let end = last.map(|entry| (entry.position + 1, entry.hash)).unwrap_or_default();
        if end != (record.history.length, record.history.hash) {
            let why = format!("its history has {} entries, it says {}", end.0, record.history.length);
            return Err(damaged(&keys::record(run), &why));
        }
    }
    Ok(found)
}

/// The record of a run, whatever else is there of it.
///
/// # Errors
/// `Damaged`.
pub(crate) fn bare_record(tree: &sled::Tree, run: &RunId) -> Result<Option<Record>, BackendError> {
    let key = keys::record(run);
    match tree.get(&key).map_err(from_sled)? {
        Some(bytes) => value::record(tree, run, &key, &bytes).map(Some),
        None => Ok(None),
    }
}

/// A message in the inbox.
///
/// # Errors
/// `Damaged`.
pub(crate) fn message(
    tree: &sled::Tree,
    run: &RunId,
    signal: &str,
    position: u64,
) -> Result<Option<Message>, BackendError> {
    let key = keys::message(run, signal, position);
    match tree.get(&key).map_err(from_sled)? {
        Some(bytes) => value::message(tree, &key, &bytes).map(Some),
        None => Ok(None),
    }
}

/// Whether an idempotency key is there.
///
/// # Errors
/// What sled says.
pub(crate) fn is_delivered(tree: &sled::Tree, run: &RunId, key: &str) -> Result<bool, BackendError> {
    tree.contains_key(keys::delivered(run, key)).map_err(from_sled)
}

/// Entries of a history, contiguous from `position`, and to the end that the record names if there is no limit before.
///
/// # Errors
/// `Damaged` if an entry is missing.
pub(crate) fn history(
    tree: &sled::Tree,
    run: &RunId,
    position: u64,
    limit: usize,
) -> Result<Vec<HistoryEntry>, BackendError> {
    let mut found = Reader { run, next: position, limit, entries: Vec::new() };
    let prefix = keys::history_of(run);
    let start = keys::history(run, position);
    // The entry at `position` may lie in a group that begins before it.
    let group = tree.range(prefix.clone()..=start.clone()).next_back();
    let group = group.transpose().map_err(from_sled)?;
    let from = group.map_or(start, |(key, _)| key.to_vec());
    for pair in tree.range(from..) {
        let (key, bytes) = pair.map_err(from_sled)?;
        if !key.starts_with(&prefix) || found.full() {
            break;
        }
        if found.take(value::history(tree, &key, &bytes)?)?.is_break() {
            break;
        }
    }
    if !found.full() {
        found.check_end(bare_record(tree, run)?)?;
    }
    Ok(found.entries)
}

struct Reader<'a> {
    run: &'a RunId,
    next: u64,
    limit: usize,
    entries: Vec<HistoryEntry>,
}

impl Reader<'_> {
    fn full(&self) -> bool {
        self.entries.len() >= self.limit
    }

    fn take(&mut self, group: Vec<HistoryEntry>) -> Result<ControlFlow<()>, BackendError> {
        for entry in group {
            if entry.position < self.next {
                continue;
            }
            if self.full() {
                return Ok(ControlFlow::Break(()));
            }
            if entry.position != self.next {
                return Err(self.missing());
            }
            self.next += 1;
            self.entries.push(entry);
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The record says how long the history is.
    fn check_end(&self, record: Option<Record>) -> Result<(), BackendError> {
        match record {
            Some(record) if self.next < record.history.length => Err(self.missing()),
            Some(record) if self.next > record.history.length && !self.entries.is_empty() => {
                Err(damaged(&keys::record(self.run), "it is older than the history"))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn missing(&self) -> BackendError {
        damaged(&keys::history(self.run, self.next), "it is missing")
    }
}
