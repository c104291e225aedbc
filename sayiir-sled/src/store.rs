//! What readers and the writing thread share: the open database, and which part of what it shows is not yet durable.
//!
//! A reader sees a group either whole or not at all, and is answered only once what it saw is durable: otherwise a power
//! loss could take back what a caller has been told.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use sayiir_core::backend::BackendError;
use sayiir_core::ids::RunId;
use tokio::sync::watch;

use crate::error::{caught, from_sled};
use crate::heads::Head;

/// The shared part of a backend.
#[derive(Debug)]
pub(crate) struct Store {
    state: RwLock<State>,
    /// Moves when `State::settled` does or the store fails.
    progress: watch::Sender<u64>,
    counters: Counters,
}

#[derive(Debug)]
struct State {
    /// The database, or why there is none.
    db: Result<sled::Db, BackendError>,
    /// The last group that is visible.
    applied: u64,
    /// The last group that need not be waited for.
    settled: u64,
    /// The runs of the groups between the two.
    pending: Arc<HashMap<RunId, Option<Head>>>,
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
            state: RwLock::new(State { db: Ok(db), applied: 0, settled: 0, pending: Arc::default() }),
            progress: watch::Sender::new(0),
            counters: Counters::default(),
        }
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The database, for the writing thread.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn db(&self) -> Result<sled::Db, BackendError> {
        self.shared().db.clone()
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
            self.settled(group).await?;
        }
        Ok(value)
    }

    fn look<T>(
        &self,
        scope: Scope<'_>,
        work: impl FnOnce(&sled::Tree) -> Result<T, BackendError>,
    ) -> Result<(T, Option<u64>), BackendError> {
        let state = self.shared();
        let db = state.db.as_ref().map_err(Clone::clone)?;
        let value = caught(|| work(db))?;
        let unsettled = match scope {
            Scope::Run(run) => state.pending.contains_key(run),
            Scope::All => state.applied > state.settled,
        };
        Ok((value, unsettled.then_some(state.applied)))
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

    async fn settled(&self, group: u64) -> Result<(), BackendError> {
        let mut progress = self.progress.subscribe();
        loop {
            {
                let state = self.shared();
                state.db.as_ref().map_err(Clone::clone)?;
                if state.settled >= group {
                    return Ok(());
                }
            }
            if progress.changed().await.is_err() {
                return Err(stopped("it was closed"));
            }
        }
    }

    /// Makes a group visible. Readers of its runs wait for [`settle`](Self::settle), unless nothing need be waited for.
    ///
    /// # Errors
    /// What sled says.
    pub(crate) fn apply(
        &self,
        group: u64,
        batch: sled::Batch,
        pending: Arc<HashMap<RunId, Option<Head>>>,
    ) -> Result<(), BackendError> {
        let mut state = self.exclusive();
        let db = state.db.as_ref().map_err(Clone::clone)?;
        caught(|| db.apply_batch(batch).map_err(from_sled))?;
        state.applied = group;
        state.pending = pending;
        Ok(())
    }

    /// Lets readers see the groups up to this one without waiting.
    pub(crate) fn settle(&self, group: u64) {
        let mut state = self.exclusive();
        state.settled = group;
        state.pending = Arc::default();
        drop(state);
        self.progress.send_replace(group);
    }

    /// Takes the database away: from now on everybody is told why.
    pub(crate) fn fail(&self, why: BackendError) -> Option<sled::Db> {
        let mut state = self.exclusive();
        let db = std::mem::replace(&mut state.db, Err(why));
        state.pending = Arc::default();
        drop(state);
        self.progress.send_modify(|_| {});
        db.ok()
    }

    /// Puts another database in place: one that was opened again, or a compacted one.
    pub(crate) fn replace(&self, db: sled::Db) -> Option<sled::Db> {
        let mut state = self.exclusive();
        state.settled = state.applied;
        std::mem::replace(&mut state.db, Ok(db)).ok()
    }

    pub(crate) fn count(counter: &AtomicU64, by: u64) {
        counter.fetch_add(by, Ordering::Relaxed);
    }

    // A panic while the lock is held comes from sled alone, is caught inside, and leaves the state as it was.
    fn shared(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn exclusive(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer of a store that is no more.
pub(crate) fn stopped(why: &str) -> BackendError {
    BackendError::Stopped { detail: why.into() }
}
