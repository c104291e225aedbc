//! A place in sled's log, to wait for while sled goes on writing.
//!
//! sled's own flush holds the lock that a batch needs for as long as it waits for the device, so that nothing is written
//! meanwhile, and it waits for whatever has been begun by then. What it does inside is public, if hidden from its
//! documentation: `make_stable` waits until all of the log up to a place has been written and synced, and returns at once if it
//! is. To learn the place, a message without content is put there and cancelled, as sled does itself with changes that did
//! not come to pass: reading the log, it skips them. The version of sled is pinned, so that this stays what it is.

use sayiir_core::backend::BackendError;
use sled::{LogKind, Lsn, PageId};

use crate::error::{caught, from_sled};

/// The page of the message. None has this number, and a cancelled message belongs to none.
const NO_PAGE: PageId = PageId::MAX - 1;

/// All that was written before it was made lies before it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark(Lsn);

impl Mark {
    /// Behind what has been written. Nobody may be writing.
    ///
    /// # Errors
    /// What sled says.
    pub(crate) fn new(db: &sled::Db) -> Result<Self, BackendError> {
        caught(|| {
            let pin = sled::pin();
            let message = db.context.pagecache.log.reserve(LogKind::Free, NO_PAGE, &(), &pin);
            let (place, _) = message.map_err(from_sled)?.abort().map_err(from_sled)?;
            Ok(Self(place - 1))
        })
    }

    /// Waits until all before it is on the device.
    ///
    /// # Errors
    /// What sled says.
    pub(crate) fn reach(self, db: &sled::Db) -> Result<(), BackendError> {
        // Keeps the buffers that sled looks at meanwhile: the thread that writes replaces them.
        let _pin = sled::pin();
        caught(|| db.context.pagecache.log.make_stable(self.0).map(drop).map_err(from_sled))
    }
}
