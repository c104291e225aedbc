//! A database that is written in one go, beside the one that counts: by compaction and by import.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sayiir_core::backend::BackendError;

use crate::error::{At, caught, from_sled};
use crate::frame::{self, Header};
use crate::keys;
use crate::layout::Layout;
use crate::options::Options;
use crate::recovery;
use crate::value;

/// Sled fills its files with what is garbage a moment later, and gives it free only after a flush: larger batches leave
/// files that are larger.
const KEYS_OF_A_BATCH: usize = 200;
/// One segment is given free each time sled's thread wakes: every half second, as it does otherwise, would leave most of the
/// garbage of a copy in the files.
const COLLECT_EVERY: Duration = Duration::from_millis(1);

/// The database being written.
#[derive(Debug)]
pub(crate) struct Fresh {
    /// Until it is finished.
    db: Option<sled::Db>,
    /// A second handle on its log, which is told what sled's own thread keeps to itself.
    log: File,
    directory: PathBuf,
    options: Options,
    batch: sled::Batch,
    keys: usize,
    live: u64,
}

/// It is on the device, and open as the options say.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) db: sled::Db,
    /// As in `Opened`.
    pub(crate) log: File,
    pub(crate) live: u64,
}

impl Fresh {
    /// Creates it in a directory that is not there.
    ///
    /// # Errors
    /// What sled says.
    pub(crate) fn create(directory: &Path, options: &Options) -> Result<Self, BackendError> {
        let collecting = Options { collect_every: COLLECT_EVERY, ..options.clone() };
        let log = recovery::open_log(directory)?;
        let db = recovery::open_sled(directory, &collecting)?;
        let (db, ()) = recovery::keep(db, |db| caught(|| recovery::write_format(db)))?;
        Ok(Self {
            db: Some(db),
            log,
            directory: directory.to_owned(),
            options: options.clone(),
            batch: sled::Batch::default(),
            keys: 0,
            live: 0,
        })
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

    /// Brings everything to the device and opens it anew, which leaves a snapshot of sled's, so that the next opening does not
    /// read the whole log.
    ///
    /// # Errors
    /// What sled and the system say.
    pub(crate) fn finish(mut self, layout: &Layout, sequence: u64) -> Result<Finished, BackendError> {
        let header = Header { pieces: 0, sequence };
        let value = frame::encode(keys::SEQUENCE, header, &value::encode(&self.live));
        self.batch.insert(keys::SEQUENCE, value);
        self.write()?;
        recovery::close(self.db.take());
        let db = recovery::open_sled(&self.directory, &self.options)?;
        let (db, log) = recovery::keep(db, |db| {
            if caught(|| recovery::check_format(db))? != (sequence, self.live) {
                return Err(BackendError::Damaged {
                    detail: format!("{} does not read as it was written", self.directory.display()),
                });
            }
            recovery::sync_files(layout, &self.directory, &self.log)?;
            self.log.try_clone().at("opening", &self.directory.join("db"))
        })?;
        Ok(Finished { db, log, live: self.live })
    }

    fn write(&mut self) -> Result<(), BackendError> {
        self.keys = 0;
        let batch = std::mem::take(&mut self.batch);
        // Sled uses space again only once what replaced it is flushed.
        let db = self.db.as_ref().expect("it is not finished");
        caught(|| db.apply_batch(batch).and_then(|()| db.flush()).map(drop).map_err(from_sled))
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        recovery::close(self.db.take());
    }
}
