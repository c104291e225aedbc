//! A walk over all runs, one after the other, each as it stands at one moment, with what does not read named and passed over.

use std::collections::BTreeSet;

use sayiir_core::backend::BackendError;
use sayiir_core::history::HistoryEntry;
use sayiir_core::ids::RunId;
use sayiir_core::record::Record;
use sayiir_core::signal::Message;

use crate::error::{caught, from_sled};
use crate::keys::{self, Part};
use crate::store::Store;
use crate::value::{self, damaged};

/// Everything that is kept of one run.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) run: RunId,
    pub(crate) record: Option<Record>,
    /// As they were appended together.
    pub(crate) history: Vec<Vec<HistoryEntry>>,
    pub(crate) messages: Vec<Message>,
    pub(crate) delivered: Vec<String>,
    /// What does not read or does not fit.
    pub(crate) damage: Vec<BackendError>,
}

/// Hands every run to `visit`; a key that belongs to no run is handed over as damage alone.
///
/// # Errors
/// What `visit` says, and what keeps the tree from being read on.
pub(crate) fn walk<E: From<BackendError>>(
    store: &Store,
    mut visit: impl FnMut(Result<Contents, BackendError>) -> Result<(), E>,
) -> Result<(), E> {
    let mut from = keys::RUNS.to_vec();
    while let Some(key) = store.look_now(|tree| next_key(tree, &from))? {
        let Some((run, _)) = keys::owner(&key) else {
            visit(Err(damaged(&key, "it belongs to no run")))?;
            from = key;
            from.push(0);
            continue;
        };
        visit(store.look_now(|tree| contents(tree, &run)))?;
        from = keys::run(&run);
        from.push(0xff);
    }
    Ok(())
}

/// Hands every record to `visit`, as all of them stand at one moment.
///
/// # Errors
/// `Damaged` if a record does not read.
pub(crate) fn records(tree: &sled::Tree, mut visit: impl FnMut(&Record)) -> Result<(), BackendError> {
    let mut from = keys::RUNS.to_vec();
    while let Some((key, bytes)) = tree.range(from..).next().transpose().map_err(from_sled)? {
        match keys::owner(&key) {
            Some((run, part)) => {
                if part == Part::Record {
                    visit(&value::record(tree, &run, &key, &bytes)?);
                }
                from = keys::run(&run);
                from.push(0xff);
            }
            None if key.starts_with(keys::RUNS) => return Err(damaged(&key, "it belongs to no run")),
            None => break,
        }
    }
    Ok(())
}

fn next_key(tree: &sled::Tree, from: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
    let next = tree.range(from..).keys().next().transpose().map_err(from_sled)?;
    Ok(next.filter(|key| key.starts_with(keys::RUNS)).map(|key| key.to_vec()))
}

fn contents(tree: &sled::Tree, run: &RunId) -> Result<Contents, BackendError> {
    let mut found = Contents {
        run: run.clone(),
        record: None,
        history: Vec::new(),
        messages: Vec::new(),
        delivered: Vec::new(),
        damage: Vec::new(),
    };
    for pair in tree.scan_prefix(keys::run(run)) {
        let (key, bytes) = pair.map_err(from_sled)?;
        if let Err(error) = caught(|| found.take(tree, &key, &bytes)) {
            found.damage.push(error);
        }
    }
    found.check_whole(tree)?;
    Ok(found)
}

impl Contents {
    fn take(&mut self, tree: &sled::Tree, key: &[u8], bytes: &[u8]) -> Result<(), BackendError> {
        match keys::owner(key) {
            Some((_, Part::Record)) => {
                self.record = Some(value::record(tree, &self.run, key, bytes)?);
            }
            Some((_, Part::History)) => self.history.push(value::history(tree, key, bytes)?),
            Some((_, Part::Message)) => self.messages.push(value::message(tree, key, bytes)?),
            Some((_, Part::Delivered)) => self.delivered.push(value::delivered(tree, key, bytes)?),
            // Read with the value it belongs to.
            Some((_, Part::Piece)) => {}
            None => return Err(damaged(key, "it holds nothing that is known")),
        }
        Ok(())
    }

    /// Whether the parts fit together, and the indexes hold the run.
    fn check_whole(&mut self, tree: &sled::Tree) -> Result<(), BackendError> {
        let Some(record) = &self.record else {
            self.damage.push(damaged(&keys::record(&self.run), "it is missing"));
            return Ok(());
        };
        self.damage.extend(of_history(record, &self.history));
        self.damage.extend(of_inbox(record, &self.messages));
        self.damage.extend(of_delivered(record, self.delivered.len()));
        for key in keys::index(&self.run, &record.index()) {
            if !tree.contains_key(&key).map_err(from_sled)? {
                self.damage.push(damaged(&key, "it is missing in its index"));
            }
        }
        Ok(())
    }
}

/// What does not fit between a record and its history.
fn of_history(record: &Record, history: &[Vec<HistoryEntry>]) -> Option<BackendError> {
    let entries = history.iter().flatten();
    let contiguous = entries.clone().zip(0..).all(|(entry, place)| entry.position == place);
    let length = entries.clone().count() as u64;
    let last = entries.last().map(|entry| entry.hash).unwrap_or_default();
    let says = record.history;
    let whole = contiguous && length == says.length && last == says.hash;
    let why = || format!("{length} entries are there, the record says {}", says.length);
    (!whole).then(|| damaged(&keys::history(&record.run, length), &why()))
}

/// The messages that are missing from an inbox, and those that were taken out of it and are there.
fn of_inbox(record: &Record, messages: &[Message]) -> Vec<BackendError> {
    let there: BTreeSet<_> = messages.iter().map(|message| (&*message.signal, message.position)).collect();
    let wanted: BTreeSet<_> = record
        .inbox
        .iter()
        .flat_map(|queue| (queue.head..queue.tail).map(|position| (&*queue.signal, position)))
        .collect();
    let differing = there.symmetric_difference(&wanted).map(|place| {
        let why = if wanted.contains(place) { "it is missing" } else { "the record knows of none there" };
        damaged(&keys::message(&record.run, place.0, place.1), why)
    });
    differing.collect()
}

/// Whether as many idempotency keys are there as the record says.
fn of_delivered(record: &Record, keys: usize) -> Option<BackendError> {
    let says: u64 = record.inbox.iter().map(|queue| queue.keyed).sum();
    let why = || format!("{keys} idempotency keys of signals are there, the record says {says}");
    (keys as u64 != says).then(|| damaged(&keys::record(&record.run), &why()))
}
