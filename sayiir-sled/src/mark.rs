//! A place in sled's log, to wait for while sled goes on writing.
//!
//! sled's own flush holds the lock that a batch needs for as long as it waits for the device, so that nothing is written
//! meanwhile, and it waits for whatever has been begun by then. What it does inside is public, if hidden from its
//! documentation: `make_stable` waits until all of the log up to a place has been written and synced, and returns at once if it
//! is. To learn the place, a message without content is put there and cancelled, as sled does itself with changes that did
//! not come to pass: reading the log, it skips them. The version of sled is pinned, so that this stays what it is.
//!
//! sled writes a batch as two buffers. When the sync of the one fails and that of the other does not, it may note the error
//! and tell nobody: who waits learns of it only when something is written again. So after a sync that failed, marks are put
//! into the logs that are waited for.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use sayiir_core::backend::BackendError;
use sled::{LogKind, Lsn, PageId};

use crate::error::{caught, from_sled};
use crate::recovery;

/// The page of the message. None has this number, and a cancelled message belongs to none.
const NO_PAGE: PageId = PageId::MAX - 1;

/// sled notes an error a moment after the call has failed.
const NOTED: Duration = Duration::from_millis(10);
/// How often it is looked at whether it has.
const LOOKS: usize = 100;

/// Whose logs are waited for just now.
static WAITED_FOR: Mutex<Waits> = Mutex::new(Waits { next: 0, logs: Vec::new() });

struct Waits {
    next: u64,
    logs: Vec<(u64, sled::Db)>,
}

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
        let _wait = Wait::new(db);
        // Keeps the buffers that sled looks at meanwhile: the thread that writes replaces them.
        let _pin = sled::pin();
        caught(|| db.context.pagecache.log.make_stable(self.0).map(drop).map_err(from_sled))
    }
}

/// Brings all that was written to the device, and hears of it when that fails, which sled's own flush may not.
///
/// # Errors
/// What sled says.
pub(crate) fn flush(db: &sled::Db) -> Result<(), BackendError> {
    Mark::new(db)?.reach(db)
}

/// Lets all who wait for a log in which something has failed hear of it.
pub(crate) fn wake() {
    let look = || {
        for _ in 0..LOOKS {
            thread::sleep(NOTED);
            let logs = waits().logs.clone();
            if logs.is_empty() {
                return;
            }
            for (_, db) in logs {
                // Where nothing has failed it is a message that is skipped; where something has, its writer wakes the others.
                let _ = Mark::new(&db);
                recovery::close(Some(db));
            }
        }
    };
    if let Err(error) = thread::Builder::new().name("sayiir-sled-wake".into()).spawn(look) {
        tracing::error!(%error, "who waits for the failed sync may not hear of it before the next commit");
    }
}

/// One wait for a log.
struct Wait(u64);

impl Wait {
    fn new(db: &sled::Db) -> Self {
        let mut waits = waits();
        let number = waits.next;
        waits.next += 1;
        waits.logs.push((number, db.clone()));
        Self(number)
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        waits().logs.retain(|(number, _)| *number != self.0);
    }
}

fn waits() -> MutexGuard<'static, Waits> {
    WAITED_FOR.lock().unwrap_or_else(PoisonError::into_inner)
}
