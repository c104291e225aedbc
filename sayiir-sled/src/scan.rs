//! Reads over many runs: each is a range of an index, never a walk over all records.

use std::sync::Arc;

use jiff::Timestamp;
use sayiir_core::backend::{BackendError, Cursor, Page, Query};
use sayiir_core::ids::RunId;

use crate::error::from_sled;
use crate::keys::{self, Key, Listing};
use crate::read;
use crate::value::damaged;

/// The runs that are due, earliest first.
///
/// # Errors
/// `Damaged`.
pub(crate) fn due(
    tree: &sled::Tree,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<(Timestamp, RunId)>, BackendError> {
    let mut found = Vec::new();
    for key in tree.scan_prefix(keys::DUE).keys().take(limit) {
        let place = place(&key.map_err(from_sled)?, keys::DUE)?;
        if place.0 > until {
            break;
        }
        found.push(place);
    }
    Ok(found)
}

/// When the first is due.
///
/// # Errors
/// `Damaged`.
pub(crate) fn next_due(tree: &sled::Tree) -> Result<Option<Timestamp>, BackendError> {
    match tree.scan_prefix(keys::DUE).keys().next() {
        Some(key) => place(&key.map_err(from_sled)?, keys::DUE).map(|(at, _)| Some(at)),
        None => Ok(None),
    }
}

/// The runs with a task to be run, by id.
///
/// # Errors
/// `Damaged`.
pub(crate) fn ready(
    tree: &sled::Tree,
    after: Option<&RunId>,
    limit: usize,
) -> Result<Vec<RunId>, BackendError> {
    let mut start = after.map_or_else(|| keys::READY.to_vec(), keys::ready);
    if after.is_some() {
        start.push(0);
    }
    let keys = tree.range(start..).keys().take(limit);
    let mut found = Vec::new();
    for key in keys {
        let key = key.map_err(from_sled)?;
        let Some(id) = key.strip_prefix(keys::READY) else {
            break;
        };
        found.push(keys::run_id(id).ok_or_else(|| damaged(&key, "it names no run"))?);
    }
    Ok(found)
}

/// A page of runs.
///
/// # Errors
/// `Damaged`, also if a run is listed and not there.
pub(crate) fn list(tree: &sled::Tree, query: &Query) -> Result<Page, BackendError> {
    let mut places = Places::new(tree, query);
    let mut runs = Vec::new();
    while runs.len() < query.limit {
        let Some((_, run)) = places.next()? else {
            return Ok(Page { runs, next: None });
        };
        let record = read::record(tree, &run)?
            .filter(|record| query.matches(&record.index()))
            .ok_or_else(|| damaged(&keys::record(&run), "the listing says otherwise"))?;
        runs.push(Arc::new(record));
    }
    let more = places.next()?.is_some();
    let next =
        runs.last().filter(|_| more).map(|last| Cursor { created: last.created, run: last.run.clone() });
    Ok(Page { runs, next })
}

/// The places that stand in every listing the query names.
///
/// All listings have one order. So the one that is behind jumps to where the foremost is, until all stand at one place: the
/// shortest of them bounds the work.
struct Places<'a> {
    tree: &'a sled::Tree,
    listings: Vec<Key>,
    /// All places before this one are done with.
    from: Vec<u8>,
}

impl<'a> Places<'a> {
    fn new(tree: &'a sled::Tree, query: &Query) -> Self {
        let waiting = query.waiting_for.as_deref().map(Listing::Waiting);
        let status = query.status.map(Listing::Status);
        let workflow = query.workflow.as_deref().map(Listing::Workflow);
        let given = [waiting, status, workflow].into_iter().flatten();
        let mut listings: Vec<Key> = given.map(Listing::prefix).collect();
        if listings.is_empty() {
            listings.push(Listing::All.prefix());
        }
        let mut from = Vec::new();
        if let Some(Cursor { created, run }) = &query.after {
            keys::put_place(&mut from, *created, run);
            from.push(0);
        }
        Self { tree, listings, from }
    }

    fn next(&mut self) -> Result<Option<(Timestamp, RunId)>, BackendError> {
        let mut agreeing = 0;
        for listing in self.listings.iter().cycle() {
            let Some(reached) = seek(self.tree, listing, &self.from)? else {
                return Ok(None);
            };
            if agreeing > 0 && reached == self.from {
                agreeing += 1;
            } else {
                self.from = reached;
                agreeing = 1;
            }
            if agreeing == self.listings.len() {
                break;
            }
        }
        let found = place(&self.from, &[])?;
        self.from.push(0);
        Ok(Some(found))
    }
}

/// The first place of a listing that is not before `from`.
fn seek(tree: &sled::Tree, listing: &Key, from: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
    let start = [listing, from].concat();
    match tree.range(start..).keys().next() {
        Some(key) => Ok(key.map_err(from_sled)?.strip_prefix(listing.as_slice()).map(<[u8]>::to_vec)),
        None => Ok(None),
    }
}

fn place(key: &[u8], prefix: &[u8]) -> Result<(Timestamp, RunId), BackendError> {
    let bytes = key.strip_prefix(prefix).unwrap_or(key);
    keys::place(bytes).ok_or_else(|| damaged(key, "it names no run"))
}
