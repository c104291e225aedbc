//! What readers and the writing threads share: the open database, and which part of what it shows is not yet durable.
//!
//! A reader sees a group either whole or not at all, and is answered only once what it saw is durable: otherwise a power
//! loss could take back what a caller has been told.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use sayiir_core::backend::BackendError;
use sayiir_core::ids::RunId;
use tokio::sync::watch;

use crate::error::{caught, from_sled};
use crate::heads::Head;

/// The shared part of a backend.
#[derive(Debug)]
pub(crate) struct Store {
    /// The database, or why there is none. Held exclusively while a group is applied, and not while it is synced.
    db: RwLock<Result<sled::Db, BackendError>>,
    /// The groups that are visible and not yet durable, in order.
    unsettled: Mutex<VecDeque<Arc<Applied>>>,
    /// Moves when the fate of a group is known.
    progress: watch::Sender<()>,
    counters: Counters,
}

/// A group that is visible.
#[derive(Debug)]
pub(crate) struct Applied {
    /// What stands of its runs.
    pub(crate) runs: HashMap<RunId, Option<Head>>,
    /// Whether it is durable, once that is known.
    fate: OnceLock<Result<(), BackendError>>,
}

impl Applied {
    pub(crate) fn new(runs: HashMap<RunId, Option<Head>>) -> Self {
        Self { runs, fate: OnceLock::new() }
    }
}

/// What has been done since the database was opened.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) commits: AtomicU64,
    pub(crate) groups: AtomicU64,
    pub(crate) file_syncs: AtomicU64,
    pub(crate) live: AtomicU64,
}

/// What a read looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope<'a> {
    /// Keys of one run.
    Run(&'a RunId),
    /// Keys of any.
    All,
}

impl Store {
    pub(crate) fn new(db: sled::Db) -> Self {
        Self {
            db: RwLock::new(Ok(db)),
            unsettled: Mutex::default(),
            progress: watch::Sender::new(()),
            counters: Counters::default(),
        }
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The database, for the threads that write.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn db(&self) -> Result<sled::Db, BackendError> {
        self.shared().clone()
    }

    /// An error that a write of sled's own has met with: it refuses for ever then what needs the log. Asked without a handle, since
    /// whoever closes the database has to let go the last one.
    pub(crate) fn noted(&self) -> Option<BackendError> {
        self.shared().as_ref().ok()?.context.global_error().err().map(from_sled)
    }

    /// Reads, and waits until what was read is durable.
    ///
    /// # Errors
    /// `Damaged`, or why the store has stopped.
    pub(crate) async fn read<T>(
        &self,
        scope: Scope<'_>,
        work: impl FnOnce(&sled::Tree) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let (value, seen) = self.look(scope, work)?;
        if let Some(group) = seen {
            self.settled(&group).await?;
        }
        Ok(value)
    }

    fn look<T>(
        &self,
        scope: Scope<'_>,
        work: impl FnOnce(&sled::Tree) -> Result<T, BackendError>,
    ) -> Result<(T, Option<Arc<Applied>>), BackendError> {
        let db = self.shared();
        let value = caught(|| work(db.as_ref().map_err(Clone::clone)?))?;
        // Groups settle in order: to wait for the last that was seen is enough.
        let unsettled = self.unsettled();
        let mut seen = unsettled.iter().rev();
        let seen = seen.find(|group| match scope {
            Scope::Run(run) => group.runs.contains_key(run),
            Scope::All => true,
        });
        Ok((value, seen.cloned()))
    }

    /// Reads what is there, durable or not.
    ///
    /// # Errors
    /// `Damaged`, or why the store has stopped.
    pub(crate) fn look_now<T>(
        &self,
        work: impl FnOnce(&sled::Tree) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        self.look(Scope::All, work).map(|(value, _)| value)
    }

    async fn settled(&self, group: &Applied) -> Result<(), BackendError> {
        let mut progress = self.progress.subscribe();
        loop {
            if let Some(fate) = group.fate.get() {
                return fate.clone();
            }
            if progress.changed().await.is_err() {
                return Err(stopped("it was closed"));
            }
        }
    }

    /// Makes a group visible. Readers of its runs wait for [`settle`](Self::settle).
    ///
    /// # Errors
    /// What sled says.
    pub(crate) fn apply(&self, batch: sled::Batch, group: &Arc<Applied>) -> Result<(), BackendError> {
        let db = self.exclusive();
        caught(|| db.as_ref().map_err(Clone::clone)?.apply_batch(batch).map_err(from_sled))?;
        self.unsettled().push_back(Arc::clone(group));
        Ok(())
    }

    /// Lets readers see a group, and those before it, without waiting.
    pub(crate) fn settle(&self, group: &Arc<Applied>) {
        let mut unsettled = self.unsettled();
        if let Some(place) = unsettled.iter().position(|other| Arc::ptr_eq(other, group)) {
            decide(unsettled.drain(..=place), &Ok(()));
        }
        drop(unsettled);
        self.progress.send_replace(());
    }

    /// Takes the database away: from now on everybody is told why.
    pub(crate) fn fail(&self, why: BackendError) -> Option<sled::Db> {
        let db = std::mem::replace(&mut *self.exclusive(), Err(why.clone()));
        decide(self.unsettled().drain(..), &Err(why));
        self.progress.send_replace(());
        db.ok()
    }

    /// Puts another database in place: one that was opened again, or a compacted one. There may be no group that is not settled.
    pub(crate) fn replace(&self, db: sled::Db) -> Option<sled::Db> {
        std::mem::replace(&mut *self.exclusive(), Ok(db)).ok()
    }

    pub(crate) fn count(counter: &AtomicU64, by: u64) {
        counter.fetch_add(by, Ordering::Relaxed);
    }

    // A panic while a lock is held comes from sled alone, is caught inside, and leaves what is behind the lock as it was.
    fn shared(&self) -> RwLockReadGuard<'_, Result<sled::Db, BackendError>> {
        self.db.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn exclusive(&self) -> RwLockWriteGuard<'_, Result<sled::Db, BackendError>> {
        self.db.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn unsettled(&self) -> MutexGuard<'_, VecDeque<Arc<Applied>>> {
        self.unsettled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn decide(groups: impl Iterator<Item = Arc<Applied>>, fate: &Result<(), BackendError>) {
    for group in groups {
        // Each group is in the list once, and leaves it here: nobody else decides.
        let _ = group.fate.set(fate.clone());
    }
}

/// The answer of a store that is no more.
pub(crate) fn stopped(why: &str) -> BackendError {
    BackendError::Stopped { detail: why.into() }
}
