//! Whether a database is whole: all of it is read, and compared with itself.
//!
//! What belongs to one run is compared as it is read (`walk`). What the runs have in common is summed up on the way: the counters
//! of places, and how many keys the indexes have. Since each run was found in all of its indexes, they hold something else as
//! well only if they hold more.

use sayiir_core::backend::BackendError;
use sayiir_core::record::Record;

use crate::SledBackend;
use crate::error::from_sled;
use crate::keys;
use crate::places::Moves;
use crate::read;
use crate::store::Store;
use crate::value::damaged;
use crate::walk::{self, Contents};

/// So many keys of the indexes are read while commits wait.
const PAGE: usize = 1_000;

/// What an export or a check found.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// How many runs were read.
    pub runs: u64,
    /// What did not read, or does not fit together. Empty for a whole database.
    pub damage: Vec<BackendError>,
}

impl SledBackend {
    /// Reads everything and compares it with itself: checksums; records with their histories, their inboxes and the number of
    /// idempotency keys; and, if every record reads, records with the indexes and with the counters of the places where runs
    /// wait. Other commits go on meanwhile; only if those do not fit, as when runs move all the time, do they wait, while all
    /// runs are read once more. Blocks until it is done.
    ///
    /// # Errors
    /// If the database cannot be read at all.
    pub fn check(&self) -> Result<Report, BackendError> {
        let mut report = Report::default();
        let mut sums = Sums::default();
        let mut unread = false;
        walk::walk::<BackendError>(self.store(), |found| {
            match report.take(found).and_then(|contents| contents.record) {
                Some(record) => sums.add(&record),
                None => unread = true,
            }
            Ok(())
        })?;
        if !unread && !sums.hold(self.store())? {
            // Runs may have moved since they were read: what differs counts only if it does while nothing moves.
            report.damage.append(&mut self.store().look_now(|tree| Sums::of(tree)?.damage(tree))?);
        }
        Ok(report)
    }
}

impl Report {
    pub(crate) fn take(&mut self, found: Result<Contents, BackendError>) -> Option<Contents> {
        match found {
            Ok(mut contents) => {
                self.runs += u64::from(contents.record.is_some());
                self.damage.append(&mut contents.damage);
                Some(contents)
            }
            Err(error) => {
                self.damage.push(error);
                None
            }
        }
    }
}

/// What the records say of all of them together.
#[derive(Debug, Default)]
struct Sums {
    waiting: Moves,
    /// How many keys the indexes have for them.
    indexed: usize,
}

impl Sums {
    /// Of every run that is there.
    fn of(tree: &sled::Tree) -> Result<Self, BackendError> {
        let mut sums = Self::default();
        walk::records(tree, |record| sums.add(record))?;
        Ok(sums)
    }

    fn add(&mut self, record: &Record) {
        let entry = record.index();
        self.waiting.count(&entry, 1);
        self.indexed += keys::index(&record.run, &entry).len();
    }

    /// Whether the counters and the indexes say the same, while commits go on.
    fn hold(&self, store: &Store) -> Result<bool, BackendError> {
        let counted = store.look_now(|tree| Ok(self.waiting.differing(tree)?.is_empty()))?;
        let (mut keys, mut next) = (0, Some(sled::IVec::from(keys::DUE)));
        while let Some(from) = next {
            let page = store.look_now(|tree| {
                indexes(tree, &from).take(PAGE).collect::<sled::Result<Vec<_>>>().map_err(from_sled)
            })?;
            keys += page.len();
            next = page.last().map(|last| [last, [0].as_slice()].concat().into());
        }
        Ok(counted && keys == self.indexed)
    }

    /// What they say otherwise.
    fn damage(&self, tree: &sled::Tree) -> Result<Vec<BackendError>, BackendError> {
        let mut found = self.waiting.differing(tree)?;
        let mut keys = indexes(tree, keys::DUE);
        if keys.try_fold(0, |keys, key| key.map(|_| keys + 1)).map_err(from_sled)? != self.indexed {
            found.append(&mut strays(tree)?);
        }
        Ok(found)
    }
}

/// The keys of the indexes that stand for no run.
fn strays(tree: &sled::Tree) -> Result<Vec<BackendError>, BackendError> {
    let mut found = Vec::new();
    for key in indexes(tree, keys::DUE) {
        let key = key.map_err(from_sled)?;
        let record = match keys::indexed(&key) {
            Some(run) => read::bare_record(tree, &run)?,
            None => None,
        };
        let stands = record.is_some_and(|record| {
            keys::index(&record.run, &record.index()).iter().any(|wanted| wanted.as_slice() == &*key)
        });
        if !stands {
            found.push(damaged(&key, "it is in an index, and the run is not so"));
        }
    }
    Ok(found)
}

fn indexes(tree: &sled::Tree, from: &[u8]) -> impl Iterator<Item = sled::Result<sled::IVec>> {
    tree.range(from..keys::PLACES).keys()
}
