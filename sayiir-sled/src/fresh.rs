//! A database that is written in one go, beside the one that counts: by compaction and by import.

use std::path::{Path, PathBuf};

use sayiir_core::backend::BackendError;

use crate::error::{caught, from_sled};
use crate::frame::{self, Header};
use crate::keys;
use crate::layout::{Layout, sync_directory};
use crate::options::Options;
use crate::recovery;
use crate::value;

/// Batches of this size were found to survive crashes, and gain nothing by growing.
const KEYS_OF_A_BATCH: usize = 1_000;

/// The database being written.
#[derive(Debug)]
pub(crate) struct Fresh {
    db: sled::Db,
    directory: PathBuf,
    batch: sled::Batch,
    keys: usize,
    live: u64,
}

impl Fresh {
    /// Creates it in a directory that is not there.
    ///
    /// # Errors
    /// What sled says.
    pub(crate) fn create(directory: &Path, options: &Options) -> Result<Self, BackendError> {
        let db = recovery::open_sled(directory, options)?;
        recovery::write_format(&db)?;
        Ok(Self { db, directory: directory.to_owned(), batch: sled::Batch::default(), keys: 0, live: 0 })
    }

    /// Adds a key.
    ///
    /// # Errors
    /// What sled says.
    pub(crate) fn put(&mut self, key: sled::IVec, value: sled::IVec) -> Result<(), BackendError> {
        self.live += (key.len() + value.len()) as u64;
        self.batch.insert(key, value);
        self.keys += 1;
        if self.keys >= KEYS_OF_A_BATCH {
            self.write()?;
        }
        Ok(())
    }

    /// Brings everything to the device; gives the database and its live bytes.
    ///
    /// # Errors
    /// What sled and the system say.
    pub(crate) fn finish(mut self, layout: &Layout, sequence: u64) -> Result<(sled::Db, u64), BackendError> {
        let header = Header { pieces: 0, sequence };
        let value = frame::encode(keys::SEQUENCE, header, &value::encode(&self.live));
        self.batch.insert(keys::SEQUENCE, value);
        self.write()?;
        caught(|| self.db.flush().map_err(from_sled))?;
        recovery::sync_files(layout, &self.directory)?;
        sync_directory(layout.root())?;
        Ok((self.db, self.live))
    }

    fn write(&mut self) -> Result<(), BackendError> {
        self.keys = 0;
        let batch = std::mem::take(&mut self.batch);
        // Sled uses space again only once what replaced it is flushed.
        caught(|| self.db.apply_batch(batch).and_then(|()| self.db.flush()).map_err(from_sled))?;
        Ok(())
    }
}
