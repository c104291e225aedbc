//! The first desk: commits are collected from the queue, and applied to the tree as one batch.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use sayiir_core::backend::BackendError;

use crate::compact;
use crate::group::Group;
use crate::heads::Heads;
use crate::layout::Layout;
use crate::mark::Mark;
use crate::options::{Durability, Options};
use crate::queue::{Queue, Reply};
use crate::recovery;
use crate::store::{Applied, Store};
use crate::sync;
use crate::syncer::{Carried, Outcome, Syncer};

/// How long to leave a failed database alone before it is opened again.
const REST: Duration = Duration::from_millis(100);
/// Even the laziest store syncs this often.
const LONGEST_PERIOD: Duration = Duration::from_hours(24);

/// What is done at the first desk.
#[derive(Debug)]
pub(crate) struct Writer {
    store: Arc<Store>,
    queue: Queue,
    heads: Heads,
    options: Options,
    layout: Layout,
    /// Of the last group that was applied.
    sequence: u64,
    live: u64,
    /// When the groups that were acknowledged unsynced must be synced.
    sync_at: Option<Instant>,
}

impl Writer {
    pub(crate) fn new(
        store: Arc<Store>,
        queue: Queue,
        options: Options,
        layout: Layout,
        sequence: u64,
        live: u64,
    ) -> Self {
        let mut writer =
            Self { store, queue, heads: Heads::default(), options, layout, sequence, live, sync_at: None };
        writer.set_live(live);
        writer
    }

    /// Waits until there is something to do; `false` if there never will be.
    pub(crate) fn wait(&mut self) -> bool {
        self.queue.wait(self.sync_at)
    }

    /// Whether what was acknowledged unsynced must be synced now.
    pub(crate) fn is_due(&self, goes_on: bool) -> bool {
        self.sync_at.is_some_and(|at| !goes_on || at <= Instant::now())
    }

    /// Syncs what was acknowledged unsynced.
    pub(crate) fn sync_now(&mut self, syncer: &mut Syncer) {
        self.sync_at = None;
        syncer.sync_all(self.sequence);
    }

    /// Whether so much waits that it is not to wait for a sync.
    pub(crate) fn is_worth_leaving(&mut self) -> bool {
        self.queue.has_enough()
    }

    /// Answers all that waits.
    pub(crate) fn refuse(&mut self, why: &BackendError) {
        self.queue.refuse(why);
    }

    pub(crate) fn compactions(&mut self) -> Vec<Reply> {
        self.queue.compactions()
    }

    /// Applies the commits that wait, as one group; nothing if there are none.
    pub(crate) fn write(&mut self, db: &sled::Db) -> Option<Carried> {
        let (mut group, mut replies, mut refused) = self.queue.collect(db, &self.heads);
        if let Err(error) = group.count(db) {
            // Nothing of the group is written yet.
            refused.extend(replies.drain(..).map(|reply| (reply, error.clone())));
        }
        let outcome = match (replies.len(), refused.len()) {
            (0, 0) => return None,
            (0, _) => Ok(Outcome::Done),
            (commits, _) => {
                let start = Instant::now();
                let applied = self.apply(db, group);
                self.queue.pace().applied(commits, start.elapsed());
                applied
            }
        };
        Some(Carried { outcome, replies, refused })
    }

    fn apply(&mut self, db: &sled::Db, mut group: Group) -> Result<Outcome, BackendError> {
        let sequence = self.sequence + 1;
        let live = group.number(sequence, self.live);
        let calls = sync::calls();
        let applied = Arc::new(Applied::new(group.runs));
        self.store.apply(group.batch, &applied)?;
        self.heads.keep(&applied.runs);
        self.sequence = sequence;
        self.set_live(live);
        match self.options.durability {
            Durability::Sync => {
                Ok(Outcome::Applied { group: applied, sequence, mark: Mark::new(db)?, calls })
            }
            Durability::Periodic(period) => {
                self.store.settle(&applied);
                let next = || Instant::now().checked_add(period.min(LONGEST_PERIOD));
                self.sync_at = self.sync_at.or_else(next);
                Ok(Outcome::Done)
            }
        }
    }

    fn set_live(&mut self, live: u64) {
        self.live = live;
        self.store.counters().live.store(live, Ordering::Relaxed);
    }

    /// Copies what is live to fresh files.
    pub(crate) fn compact(&mut self, syncer: &mut Syncer) -> Result<(), BackendError> {
        let result = self.copy(syncer);
        if let Err(error) = &result {
            tracing::error!(%error, path = %self.layout.root().display(), "compaction failed");
        }
        result
    }

    fn copy(&mut self, syncer: &mut Syncer) -> Result<(), BackendError> {
        let db = self.store.db()?;
        let compacted = compact::compact(&self.layout, &self.options, &db, self.sequence)?;
        drop(db);
        syncer.take(compacted.log);
        self.set_live(compacted.live);
        // What was acknowledged unsynced is in the copy, and that is synced.
        self.sync_at = None;
        syncer.remember(self.sequence);
        recovery::close(self.store.replace(compacted.db));
        self.layout.remove_others()
    }

    /// Opens a database again that has failed with `error`, if that may help.
    ///
    /// # Errors
    /// The error, or a newer one.
    pub(crate) fn open_again(
        &mut self,
        error: BackendError,
        syncer: &mut Syncer,
    ) -> Result<sled::Db, BackendError> {
        self.sync_at = None;
        let Some(failed_at) = syncer.failed_at().filter(|_| error.is_retryable()) else {
            return Err(error);
        };
        if failed_at.elapsed() < REST {
            return Err(error);
        }
        *failed_at = Instant::now();
        let opened = recovery::open(&self.layout, &self.options)?;
        tracing::warn!(path = %self.layout.root().display(), "the store goes on");
        if opened.sequence > self.sequence {
            tracing::warn!("the group that failed had been written after all");
        }
        self.heads = Heads::default();
        self.sequence = opened.sequence;
        self.set_live(opened.live);
        syncer.go_on(opened.log, opened.tip);
        self.store.replace(opened.db);
        self.store.db()
    }
}
