//! Who waits for sled's log hears of what has failed in it.
//!
//! sled writes a batch as two buffers, each on a thread of its own. When one of them fails, it may note the error and tell
//! nobody: who waits for the log, or reads what was in the buffer, would learn of it only when something is written again. So
//! as long as databases are open, a thread looks whether an error has been noted in one.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use sled::Lsn;

/// How often it is looked at: the longest that anybody waits for what has failed. To look is to load a number.
const LOOKS: Duration = Duration::from_millis(100);

static WATCHED: Mutex<Watched> = Mutex::new(Watched { databases: Vec::new(), by_a_thread: false });

struct Watched {
    databases: Vec<sled::Db>,
    by_a_thread: bool,
}

/// Watches a database, and keeps it open, until [`end`].
///
/// # Errors
/// The system's, if it gives no thread.
pub(crate) fn begin(db: &sled::Db) -> io::Result<()> {
    let mut watched = watched();
    if !watched.by_a_thread {
        thread::Builder::new().name("sayiir-sled-watch".into()).spawn(watch)?;
        watched.by_a_thread = true;
    }
    watched.databases.push(db.clone());
    Ok(())
}

/// Lets go a database that is about to be closed.
pub(crate) fn end(db: &sled::Db) {
    let pages = &raw const *db.context.pagecache;
    watched().databases.retain(|other| &raw const *other.context.pagecache != pages);
}

fn watch() {
    loop {
        thread::sleep(LOOKS);
        let mut watched = watched();
        if watched.databases.is_empty() {
            watched.by_a_thread = false;
            return;
        }
        for db in watched.databases.iter().filter(|db| db.context.global_error().is_err()) {
            // Where there is an error it waits for nothing, and wakes all who do. Nobody begins to wait after that.
            let _ = db.context.pagecache.log.make_stable(Lsn::MAX);
        }
    }
}

fn watched() -> MutexGuard<'static, Watched> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}
