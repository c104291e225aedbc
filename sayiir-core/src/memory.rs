//! [`InMemoryBackend`]: the backend contract kept in maps, for tests, and for work that may be lost with the process.
//!
//! Commits and reads come in, answers go out at once; it never waits and never touches a disk.

mod kept;
mod log;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use kept::Kept;

use crate::backend::{
    Answer, Backend, BackendError, Commit, Cursor, Doorbell, Page, PlaceCount, Query, Reindex, RunChange,
};
use crate::history::HistoryEntry;
use crate::ids::{Name, RunId, RunMap};
use crate::record::{IndexEntry, Record, StoredPlace};
use crate::signal::Message;

/// A store in memory. A clone is another handle on the same data, so that a test can drop an engine and start the next one
/// on what the first left behind.
#[derive(Clone, Default)]
pub struct InMemoryBackend {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    store: Mutex<Store>,
    doorbell: Doorbell,
}

#[derive(Default)]
struct Store {
    runs: RunMap<Kept>,
    /// All runs, in the order of listings turned round: a new one mostly comes before all others, which is seen at once.
    created: BTreeSet<Reverse<(Timestamp, RunId)>>,
    due: BTreeSet<(Timestamp, RunId)>,
    ready: BTreeSet<RunId>,
    /// How many runs wait at each place of each workflow.
    places: BTreeMap<Name, BTreeMap<StoredPlace, u64>>,
}

impl InMemoryBackend {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.shared.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer<T>(&self, work: impl FnOnce(&mut Store) -> Result<T, BackendError>) -> Answer<'_, T> {
        Answer::now(work(&mut self.store()))
    }
}

impl Store {
    fn commit(&mut self, commit: &Commit) -> Result<(), BackendError> {
        // One change is checked where it is made, with one look-up; of several either all are made or none.
        if commit.changes.len() > 1 {
            commit.changes.iter().try_for_each(|change| check(change, self.runs.get(change.run.key())))?;
        }
        commit.changes.iter().try_for_each(|change| self.make(change))
    }

    fn make(&mut self, change: &RunChange) -> Result<(), BackendError> {
        let kept = self.runs.get_mut(change.run.key());
        check(change, kept.as_deref())?;
        match (kept, &change.record) {
            (Some(kept), Some(record)) => kept.take(record, change),
            (None, Some(record)) => {
                self.runs.insert(change.run.key().clone(), Kept::new(record, change));
            }
            (_, None) => {
                self.runs.remove(change.run.key());
            }
        }
        if let Some(Reindex { from, to }) = change.reindex.as_deref() {
            self.reindex(&change.run, from.as_ref(), to.as_ref());
        }
        Ok(())
    }

    /// Moves the keys of a run from where they were to where they belong.
    fn reindex(&mut self, run: &RunId, before: Option<&IndexEntry>, after: Option<&IndexEntry>) {
        let key = |time| (time, run.clone());
        let created = |entry: Option<&IndexEntry>| entry.map(|entry| entry.created);
        move_key(&mut self.created, created(before), created(after), |time| Reverse(key(time)));
        let due = |entry: Option<&IndexEntry>| entry.and_then(|entry| entry.due);
        move_key(&mut self.due, due(before), due(after), key);
        self.recount(before, after);
        match after.is_some_and(|entry| entry.ready) {
            true if !before.is_some_and(|entry| entry.ready) => {
                self.ready.insert(run.clone());
            }
            false if before.is_some_and(|entry| entry.ready) => {
                self.ready.remove(run);
            }
            true | false => {}
        }
    }

    fn recount(&mut self, before: Option<&IndexEntry>, after: Option<&IndexEntry>) {
        let (left, entered) =
            (before.and_then(|entry| entry.place.as_ref()), after.and_then(|entry| entry.place.as_ref()));
        if left == entered {
            return;
        }
        let Some(workflow) = before.or(after).map(|entry| &entry.workflow) else { return };
        let counts = self.places.entry(workflow.clone()).or_default();
        if let Some(place) = left
            && let Some(count) = counts.get_mut(place)
        {
            *count -= 1;
            if *count == 0 {
                counts.remove(place);
            }
        }
        if let Some(place) = entered {
            *counts.entry(place.clone()).or_default() += 1;
        }
    }

    fn list(&self, query: &Query) -> Page {
        let start = match &query.after {
            Some(Cursor { created, run }) => Bound::Excluded(Reverse((*created, run.clone()))),
            None => Bound::Unbounded,
        };
        let mut found = self
            .created
            .range((Bound::Unbounded, start))
            .rev()
            .filter_map(|Reverse((_, run))| self.runs.get(run.key()))
            .map(|kept| &kept.record)
            .filter(|record| query.matches(&record.index()));
        let runs: Vec<Arc<Record>> = found.by_ref().take(query.limit).cloned().collect();
        let more = found.next().is_some();
        let next =
            runs.last().filter(|_| more).map(|last| Cursor { created: last.created, run: last.run.clone() });
        Page { runs, damage: Vec::new(), next }
    }
}

/// Whether a change builds on what is kept.
fn check(change: &RunChange, kept: Option<&Kept>) -> Result<(), BackendError> {
    let found = kept.map(|kept| kept.record.revision);
    if found == change.expected {
        return Ok(());
    }
    Err(BackendError::Conflict { run: change.run.clone(), expected: change.expected, found })
}

/// Moves what is kept under one time to where it belongs under another.
fn move_key<K: Ord>(
    keys: &mut BTreeSet<K>,
    before: Option<Timestamp>,
    after: Option<Timestamp>,
    key: impl Fn(Timestamp) -> K,
) {
    if before == after {
        return;
    }
    if let Some(before) = before {
        keys.remove(&key(before));
    }
    if let Some(after) = after {
        keys.insert(key(after));
    }
}

impl Backend for InMemoryBackend {
    fn commit<'a>(&'a self, commit: &'a Commit) -> Answer<'a, ()> {
        self.answer(|store| store.commit(commit))
    }

    fn record<'a>(&'a self, run: &'a RunId) -> Answer<'a, Option<Arc<Record>>> {
        self.answer(|store| Ok(store.runs.get(run.key()).map(|kept| Arc::clone(&kept.record))))
    }

    fn message<'a>(&'a self, run: &'a RunId, signal: &'a str, position: u64) -> Answer<'a, Option<Message>> {
        self.answer(|store| {
            let kept = store.runs.get(run.key());
            Ok(kept.and_then(|kept| kept.message(signal, position).cloned()))
        })
    }

    fn is_delivered<'a>(&'a self, run: &'a RunId, idempotency_key: &'a str) -> Answer<'a, bool> {
        self.answer(|store| {
            let kept = store.runs.get(run.key());
            Ok(kept.is_some_and(|kept| kept.has_had(idempotency_key)))
        })
    }

    fn history<'a>(&'a self, run: &'a RunId, position: u64, limit: usize) -> Answer<'a, Vec<HistoryEntry>> {
        self.answer(|store| {
            let first = usize::try_from(position).unwrap_or(usize::MAX);
            let entries = store.runs.get(run.key()).into_iter().flat_map(|kept| kept.history.from(first));
            Ok(entries.take(limit).cloned().collect())
        })
    }

    fn due(&self, until: Timestamp, limit: usize) -> Answer<'_, Vec<(Timestamp, RunId)>> {
        self.answer(|store| {
            let due = store.due.iter().take_while(|(due, _)| *due <= until);
            Ok(due.take(limit).cloned().collect())
        })
    }

    fn next_due(&self) -> Answer<'_, Option<Timestamp>> {
        self.answer(|store| Ok(store.due.first().map(|(due, _)| *due)))
    }

    fn ready<'a>(&'a self, after: Option<&'a RunId>, limit: usize) -> Answer<'a, Vec<RunId>> {
        self.answer(|store| {
            let start = after.map_or(Bound::Unbounded, Bound::Excluded);
            let ready = store.ready.range::<RunId, _>((start, Bound::Unbounded));
            Ok(ready.take(limit).cloned().collect())
        })
    }

    fn list<'a>(&'a self, query: &'a Query) -> Answer<'a, Page> {
        self.answer(|store| Ok(store.list(query)))
    }

    fn doorbell(&self) -> Option<&Doorbell> {
        Some(&self.shared.doorbell)
    }

    fn places(&self) -> Answer<'_, Vec<PlaceCount>> {
        self.answer(|store| {
            let counts = store.places.iter().flat_map(|(workflow, counts)| {
                counts.iter().map(|(place, runs)| PlaceCount {
                    workflow: workflow.to_string(),
                    place: place.name.to_string(),
                    schema: place.schema,
                    runs: *runs,
                })
            });
            Ok(counts.collect())
        })
    }
}

impl fmt::Debug for InMemoryBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemoryBackend").field("runs", &self.store().runs.len()).finish()
    }
}
