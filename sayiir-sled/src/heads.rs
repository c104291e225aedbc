//! What the writing thread must know of a record before it writes the next one, kept for the runs that were written lately.
//!
//! Without it each commit would read the record it replaces.

use std::collections::HashMap;

use sayiir_core::backend::BackendError;
use sayiir_core::ids::{Revision, RunId};

use crate::error::from_sled;
use crate::frame;
use crate::keys;

/// At most twice so many runs are kept, about 100 bytes each.
const GENERATION: usize = 16_384;

/// What a record is, apart from its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) revision: Revision,
    /// How many pieces follow its first part.
    pub(crate) pieces: u32,
    /// Keys and values of all its parts.
    pub(crate) bytes: u64,
}

impl Head {
    /// Of a stored record.
    ///
    /// # Errors
    /// `Damaged`.
    pub(crate) fn read(db: &sled::Db, run: &RunId) -> Result<Option<Self>, BackendError> {
        let key = keys::record(run);
        let Some(value) = db.get(&key).map_err(from_sled)? else {
            return Ok(None);
        };
        let (header, _) = frame::decode(&key, &value)?;
        let mut bytes = key.len() + value.len();
        for number in 1..=header.pieces {
            let key = keys::piece(&key, number);
            let value = db.get(&key).map_err(from_sled)?.unwrap_or_default();
            bytes += key.len() + value.len();
        }
        Ok(Some(Self { revision: Revision(header.sequence), pieces: header.pieces, bytes: bytes as u64 }))
    }
}

/// The heads of the runs that were written lately; `None` for one that was removed.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    young: HashMap<RunId, Option<Head>>,
    old: HashMap<RunId, Option<Head>>,
}

impl Heads {
    /// Of a run, from memory or from the tree.
    ///
    /// # Errors
    /// `Damaged`.
    pub(crate) fn find(&self, db: &sled::Db, run: &RunId) -> Result<Option<Head>, BackendError> {
        match self.young.get(run).or_else(|| self.old.get(run)) {
            Some(head) => Ok(*head),
            None => Head::read(db, run),
        }
    }

    /// Takes what was written.
    pub(crate) fn keep(&mut self, written: &HashMap<RunId, Option<Head>>) {
        self.young.extend(written.iter().map(|(run, head)| (run.clone(), *head)));
        if self.young.len() > GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
    }
}
