//! The one thread that writes: it takes all commits that wait, writes them as one batch, waits once for the device, and
//! answers all.
//!
//! A commit that is refused is answered alone. When the batch or the sync fails, each commit of the group gets the cause, and
//! nothing is acknowledged any more. If the disk was full, the next commit tries to open the database again.

use std::collections::HashMap;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use sayiir_core::backend::BackendError;

use crate::compact;
use crate::error::{caught, from_io, from_sled};
use crate::group::Group;
use crate::heads::Heads;
use crate::layout::Layout;
use crate::options::{Durability, Options};
use crate::queue::{Queue, answer};
use crate::recovery::{self, Opened};
use crate::store::{Store, stopped};
use crate::sync;
use crate::tip::Tip;

/// How long to leave a failed database alone before it is opened again.
const REST: Duration = Duration::from_millis(100);
/// Even the laziest store syncs this often.
const LONGEST_PERIOD: Duration = Duration::from_hours(24);

/// The thread's own state.
#[derive(Debug)]
pub(crate) struct Committer {
    store: Arc<Store>,
    queue: Queue,
    heads: Heads,
    options: Options,
    layout: Layout,
    log: File,
    tip: Tip,
    sequence: u64,
    live: u64,
    /// When the groups that were acknowledged unsynced must be synced.
    sync_at: Option<Instant>,
    failed_at: Option<Instant>,
}

impl Committer {
    pub(crate) fn new(
        store: Arc<Store>,
        queue: Queue,
        options: Options,
        layout: Layout,
        opened: Opened,
    ) -> Self {
        store.counters().live.store(opened.live, Ordering::Relaxed);
        Self {
            store,
            queue,
            heads: Heads::default(),
            options,
            layout,
            log: opened.log,
            tip: opened.tip,
            sequence: opened.sequence,
            live: opened.live,
            sync_at: None,
            failed_at: None,
        }
    }

    /// Works until every sender is gone, then closes the database.
    pub(crate) fn run(mut self) {
        while self.queue.wait(self.sync_at) {
            if self.sync_at.is_some_and(|at| at <= Instant::now()) {
                self.sync_now();
            }
            if !self.queue.is_empty() {
                self.work();
                self.compact_if_asked();
            }
        }
        if self.sync_at.is_some() {
            self.sync_now();
        }
    }

    /// Writes one group.
    fn work(&mut self) {
        let db = match self.db() {
            Ok(db) => db,
            Err(error) => return self.queue.refuse(&error),
        };
        let (group, replies) = self.queue.collect(&db, &self.heads);
        if replies.is_empty() {
            return;
        }
        let result = self.write(&db, group);
        drop(db);
        if let Err(error) = &result {
            self.fail(error);
        }
        let counters = self.store.counters();
        Store::count(&counters.groups, 1);
        Store::count(&counters.commits, replies.len() as u64);
        for reply in replies {
            answer(reply, result.clone());
        }
    }

    fn write(&mut self, db: &sled::Db, mut group: Group) -> Result<(), BackendError> {
        let sequence = self.sequence + 1;
        group.count(db)?;
        let live = group.number(sequence, self.live);
        let runs = Arc::new(group.runs);
        let calls = sync::calls();
        match self.options.durability {
            Durability::Sync => {
                self.store.apply(sequence, group.batch, Arc::clone(&runs))?;
                self.sync(db, calls, sequence)?;
            }
            Durability::Periodic(period) => {
                self.store.apply(sequence, group.batch, Arc::new(HashMap::new()))?;
                let next = || Instant::now().checked_add(period.min(LONGEST_PERIOD));
                self.sync_at = self.sync_at.or_else(next);
            }
        }
        self.store.settle(sequence);
        self.heads.keep(Arc::unwrap_or_clone(runs));
        self.sequence = sequence;
        self.set_live(live);
        Ok(())
    }

    /// Brings everything up to a group to the device; `calls` were made before that group was written.
    fn sync(&mut self, db: &sled::Db, calls: u64, sequence: u64) -> Result<(), BackendError> {
        let start = Instant::now();
        caught(|| db.flush().map_err(from_sled))?;
        if sync::calls() == calls {
            self.sync_log()?;
        }
        self.queue.learn(start.elapsed());
        self.remember(sequence);
        Ok(())
    }

    /// Syncs what was acknowledged before.
    fn sync_now(&mut self) {
        self.sync_at = None;
        let result = self.store.db().and_then(|db| {
            caught(|| db.flush().map_err(from_sled))?;
            // Sled may have written part of it by itself, so that the count of its syncs says nothing.
            self.sync_log()
        });
        match result {
            Ok(()) => self.remember(self.sequence),
            Err(error) => self.fail(&error),
        }
    }

    fn sync_log(&self) -> Result<(), BackendError> {
        Store::count(&self.store.counters().file_syncs, 1);
        self.log.sync_data().map_err(|error| from_io("syncing the log", error))
    }

    /// Notes what is about to be acknowledged. Without the note a later loss may go unseen; nothing is lost by it.
    fn remember(&self, sequence: u64) {
        if let Err(error) = self.tip.write(sequence) {
            tracing::warn!(%error, "the tip was not written");
        }
    }

    fn set_live(&mut self, live: u64) {
        self.live = live;
        self.store.counters().live.store(live, Ordering::Relaxed);
    }

    /// Compacts once for all who asked; what they wait behind has been written.
    fn compact_if_asked(&mut self) {
        let asked = self.queue.compactions();
        if asked.is_empty() {
            return;
        }
        let result = self.compact();
        if let Err(error) = &result {
            tracing::error!(%error, path = %self.layout.root().display(), "compaction failed");
        }
        for reply in asked {
            answer(reply, result.clone());
        }
    }

    fn compact(&mut self) -> Result<(), BackendError> {
        let db = self.db()?;
        let compacted = compact::compact(&self.layout, &self.options, &db, self.sequence)?;
        drop(db);
        self.log = compacted.log;
        self.set_live(compacted.live);
        // What was acknowledged unsynced is in the copy, and that is synced.
        self.sync_at = None;
        self.remember(self.sequence);
        recovery::close(self.store.replace(compacted.db));
        match self.layout.current()? {
            Some(number) => self.layout.remove_others(number),
            None => Ok(()),
        }
    }

    fn fail(&mut self, cause: &BackendError) {
        tracing::error!(error = %cause, path = %self.layout.root().display(), "the store has failed");
        self.failed_at = Some(Instant::now());
        self.sync_at = None;
        // After a failed sync the system may take for written what is not: only a new start can tell what is there.
        let may_pass = matches!(cause, BackendError::StorageFull { .. });
        let told = if may_pass { cause.clone() } else { stopped(&cause.to_string()) };
        recovery::close(self.store.fail(told));
    }

    /// The database; one whose disk was full is opened again.
    fn db(&mut self) -> Result<sled::Db, BackendError> {
        let error = match self.store.db() {
            Ok(db) => return Ok(db),
            Err(error) => error,
        };
        let rested = self.failed_at.is_none_or(|at| at.elapsed() >= REST);
        if !error.is_retryable() || !rested {
            return Err(error);
        }
        self.failed_at = Some(Instant::now());
        let opened = recovery::open(&self.layout, &self.options)?;
        tracing::warn!(path = %self.layout.root().display(), "the store goes on");
        if opened.sequence > self.sequence {
            tracing::warn!("the group that failed had been written after all");
        }
        self.heads = Heads::default();
        self.log = opened.log;
        self.tip = opened.tip;
        self.sequence = opened.sequence;
        self.set_live(opened.live);
        self.store.replace(opened.db);
        self.store.db()
    }
}

/// Also if the thread panics: nobody may wait for it any more, and the database goes before the directory's lock does.
impl Drop for Committer {
    fn drop(&mut self) {
        recovery::close(self.store.fail(stopped("it was closed")));
    }
}
