//! Reads over many runs: each is a range of an index, never a walk over all records.

use std::sync::Arc;

use jiff::Timestamp;
use sayiir_core::backend::{BackendError, Cursor, DamagedRun, Page, Query};
use sayiir_core::ids::RunId;
use sayiir_core::record::{Record, StatusKind};

use crate::error::{caught, from_sled};
use crate::keys::{self, Key};
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

/// A page of runs. One that is damaged, or not as it is listed, is named and passed over.
///
/// # Errors
/// `Damaged` if the listing itself does not read.
pub(crate) fn list(tree: &sled::Tree, query: &Query) -> Result<Page, BackendError> {
    let mut places = Places::new(tree, query)?;
    let mut page = Page { runs: Vec::new(), damage: Vec::new(), next: None };
    let mut last = None;
    while page.runs.len() + page.damage.len() < query.limit {
        let Some((created, run)) = places.next()? else {
            return Ok(page);
        };
        match caught(|| listed(tree, query, &run)) {
            Ok(record) => page.runs.push(Arc::new(record)),
            Err(error @ BackendError::Damaged { .. }) => {
                page.damage.push(DamagedRun { run: run.clone(), error });
            }
            Err(error) => return Err(error),
        }
        last = Some(Cursor { created, run });
    }
    let more = places.next()?.is_some();
    page.next = last.filter(|_| more);
    Ok(page)
}

fn listed(tree: &sled::Tree, query: &Query, run: &RunId) -> Result<Record, BackendError> {
    let otherwise = |why| damaged(&keys::record(run), why);
    let record = read::record(tree, run)?.ok_or_else(|| otherwise("it is missing"))?;
    if query.matches(&record.index()) { Ok(record) } else { Err(otherwise("the listing says otherwise")) }
}

/// The places that stand in everything that the query names.
///
/// All listings have one order. So the one that is behind jumps to where the foremost is, until all stand at one place: the
/// shortest of them bounds the work.
struct Places<'a> {
    tree: &'a sled::Tree,
    named: Vec<Union>,
    /// All places before this one are done with.
    from: Vec<u8>,
}

impl<'a> Places<'a> {
    fn new(tree: &'a sled::Tree, query: &Query) -> Result<Self, BackendError> {
        let mut named = Vec::new();
        if let Some(signal) = &query.waiting_for {
            named.push(Union::new([keys::waiting(signal)]));
        }
        match (&query.workflow, query.status) {
            (None, None) if query.waiting_for.is_some() => {}
            (Some(workflow), Some(status)) => named.push(Union::new([keys::listing(workflow, status)])),
            (Some(workflow), None) => named.push(Union::within(tree, &keys::workflow(workflow), None)?),
            (None, status) => named.push(Union::within(tree, keys::LISTINGS, status)?),
        }
        let mut from = Vec::new();
        if let Some(Cursor { created, run }) = &query.after {
            keys::put_place(&mut from, *created, run);
            from.push(0);
        }
        Ok(Self { tree, named, from })
    }

    fn next(&mut self) -> Result<Option<(Timestamp, RunId)>, BackendError> {
        let (mut agreeing, mut turn) = (0, 0);
        while agreeing < self.named.len() {
            let Some(reached) = self.named[turn].seek(self.tree, &self.from)? else {
                return Ok(None);
            };
            if agreeing > 0 && reached == self.from {
                agreeing += 1;
            } else {
                self.from = reached;
                agreeing = 1;
            }
            turn = (turn + 1) % self.named.len();
        }
        let found = place(&self.from, &[])?;
        self.from.push(0);
        Ok(Some(found))
    }
}

/// Listings taken as one.
struct Union {
    /// Of each, what its keys begin with, and how far it was read.
    listings: Vec<(Key, Reached)>,
}

enum Reached {
    Nothing,
    Place(Vec<u8>),
    End,
}

impl Union {
    fn new(listings: impl IntoIterator<Item = Key>) -> Self {
        let listings = listings.into_iter().map(|prefix| (prefix, Reached::Nothing));
        Self { listings: listings.collect() }
    }

    /// All listings under a prefix, of one status or of all: found by jumping from one to the next.
    fn within(tree: &sled::Tree, prefix: &[u8], status: Option<StatusKind>) -> Result<Self, BackendError> {
        let mut found = Vec::new();
        let mut from = prefix.to_vec();
        while let Some(key) = tree.range(from..).keys().next().transpose().map_err(from_sled)? {
            if !key.starts_with(prefix) {
                break;
            }
            let (listing, wanted) =
                keys::listing_of(&key, status).ok_or_else(|| damaged(&key, "it is not of a listing"))?;
            from = listing.to_vec();
            if wanted {
                found.push(from.clone());
            }
            // No time begins so.
            from.push(0xff);
        }
        Ok(Self::new(found))
    }

    /// The first place that is not before `from`.
    fn seek(&mut self, tree: &sled::Tree, from: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
        let mut first: Option<&Vec<u8>> = None;
        for (listing, reached) in &mut self.listings {
            let behind = match reached {
                Reached::Nothing => true,
                Reached::Place(place) => place.as_slice() < from,
                Reached::End => false,
            };
            if behind {
                *reached = read_on(tree, listing, from)?;
            }
            if let Reached::Place(place) = reached {
                first = Some(first.map_or(&*place, |first| first.min(place)));
            }
        }
        Ok(first.cloned())
    }
}

fn read_on(tree: &sled::Tree, listing: &[u8], from: &[u8]) -> Result<Reached, BackendError> {
    let key = tree.range([listing, from].concat()..).keys().next().transpose().map_err(from_sled)?;
    let place = key.as_ref().and_then(|key| key.strip_prefix(listing));
    Ok(place.map_or(Reached::End, |place| Reached::Place(place.to_vec())))
}

fn place(key: &[u8], prefix: &[u8]) -> Result<(Timestamp, RunId), BackendError> {
    let bytes = key.strip_prefix(prefix).unwrap_or(key);
    keys::place(bytes).ok_or_else(|| damaged(key, "it names no run"))
}
