//! The one thread that writes: it takes all commits that wait, writes them as one batch, waits once for the device, and
//! answers all.
//!
//! A commit that is refused is answered alone. When the batch or the sync fails, each commit of the group gets the cause, and
//! nothing is acknowledged any more. If the disk was full, the next commit tries to open the database again.

use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use sayiir_core::backend::BackendError;
use sayiir_core::ids::RunId;
use tokio::sync::oneshot;

use crate::change::Prepared;
use crate::compact;
use crate::error::{caught, from_io, from_sled};
use crate::group::Group;
use crate::layout::Layout;
use crate::options::{Durability, Options};
use crate::recovery::{self, Opened};
use crate::store::{Store, stopped};
use crate::sync;
use crate::tip::Tip;

/// At most so many commits in a group; more gain nothing, and make the first ones wait.
const MOST_COMMITS: usize = 1_024;
/// No further commit is taken into a group that touches so many keys.
const MANY_KEYS: usize = 8_192;
/// How long to leave a failed database alone before it is opened again.
const REST: Duration = Duration::from_millis(100);

/// No group waits longer than this for one more commit.
const MOST_PATIENCE: Duration = Duration::from_millis(1);
/// Even the laziest store syncs this often.
const LONGEST_PERIOD: Duration = Duration::from_hours(24);

/// Where an answer goes.
pub(crate) type Reply = oneshot::Sender<Result<(), BackendError>>;

/// What the thread is asked to do.
#[derive(Debug)]
pub(crate) enum Job {
    /// To write.
    Commit(Prepared, Reply),
    /// To write nothing until the live keys have been copied to a fresh directory.
    Compact(Reply),
}

/// The thread's own state.
#[derive(Debug)]
pub(crate) struct Committer {
    store: Arc<Store>,
    jobs: Receiver<Job>,
    /// Taken from `jobs`, and to be done in the next group.
    waiting: VecDeque<Job>,
    options: Options,
    layout: Layout,
    log: File,
    tip: Tip,
    sequence: u64,
    live: u64,
    /// How many commits waited for the last group, and how long to wait for as many: half of what a sync takes.
    expected: usize,
    patience: Duration,
    /// When the groups that were acknowledged unsynced must be synced.
    sync_at: Option<Instant>,
    failed_at: Option<Instant>,
}

impl Committer {
    pub(crate) fn new(
        store: Arc<Store>,
        jobs: Receiver<Job>,
        options: Options,
        layout: Layout,
        opened: Opened,
    ) -> Self {
        store.counters().live.store(opened.live, Ordering::Relaxed);
        Self {
            store,
            jobs,
            waiting: VecDeque::new(),
            options,
            layout,
            log: opened.log,
            tip: opened.tip,
            sequence: opened.sequence,
            live: opened.live,
            expected: 0,
            patience: Duration::ZERO,
            sync_at: None,
            failed_at: None,
        }
    }

    /// Works until every sender is gone, then closes the database.
    pub(crate) fn run(mut self) {
        while self.wait() {
            if self.sync_at.is_some_and(|at| at <= Instant::now()) {
                self.sync_now();
            }
            if !self.waiting.is_empty() {
                self.work();
            }
            self.compact_if_asked();
        }
        if self.sync_at.is_some() {
            self.sync_now();
        }
        // The database goes before the directory's lock does.
        drop(self.store.fail(stopped("it was closed")));
    }

    /// Waits for a job, takes all that are there; whether to go on.
    fn wait(&mut self) -> bool {
        if self.waiting.is_empty() {
            let job = match self.sync_at {
                None => self.jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => {
                    let left = at.saturating_duration_since(Instant::now());
                    self.jobs.recv_timeout(left)
                }
            };
            match job {
                Ok(job) => self.waiting.push_back(job),
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
        self.gather();
        true
    }

    /// Takes all jobs that are there. Those who were answered last are about to come again: without a moment's patience they
    /// would miss each group by a hair, and two halves take turns where one group would do.
    fn gather(&mut self) {
        let start = Instant::now();
        while self.waiting.len() < MOST_COMMITS {
            match self.jobs.try_recv() {
                Ok(job) => self.waiting.push_back(job),
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {
                    if self.waiting.len() >= self.expected || start.elapsed() >= self.patience {
                        break;
                    }
                    thread::yield_now();
                }
            }
        }
        self.expected = self.waiting.len();
    }

    fn work(&mut self) {
        let db = match self.db() {
            Ok(db) => db,
            Err(error) => {
                for Job::Commit(_, reply) | Job::Compact(reply) in self.waiting.drain(..) {
                    answer(reply, Err(error.clone()));
                }
                return;
            }
        };
        let (group, replies) = self.collect(&db);
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

    /// The next group, out of what waits. The order of one run's commits is kept.
    fn collect(&mut self, db: &sled::Db) -> (Group, Vec<Reply>) {
        let mut group = Group::default();
        let mut replies = Vec::new();
        let mut seen: HashSet<RunId> = HashSet::new();
        let mut later = VecDeque::new();
        for job in self.waiting.drain(..) {
            let Job::Commit(commit, reply) = job else {
                later.push_back(job);
                continue;
            };
            let runs = || commit.changes.iter().map(|change| &change.run);
            if group.keys() >= MANY_KEYS || runs().any(|run| seen.contains(run)) {
                seen.extend(runs().cloned());
                later.push_back(Job::Commit(commit, reply));
                continue;
            }
            let mut runs: Vec<RunId> = runs().cloned().collect();
            match group.admit(db, commit) {
                Ok(()) => {
                    seen.extend(runs.drain(..));
                    replies.push(reply);
                }
                Err(error) => answer(reply, Err(error)),
            }
        }
        self.waiting = later;
        (group, replies)
    }

    /// Compacts once for all who asked; what they wait behind has been written.
    fn compact_if_asked(&mut self) {
        let (asked, others): (VecDeque<_>, VecDeque<_>) =
            self.waiting.drain(..).partition(|job| matches!(job, Job::Compact(_)));
        self.waiting = others;
        if asked.is_empty() {
            return;
        }
        let result = self.compact();
        if let Err(error) = &result {
            tracing::error!(%error, path = %self.layout.root().display(), "compaction failed");
        }
        for Job::Commit(_, reply) | Job::Compact(reply) in asked {
            answer(reply, result.clone());
        }
    }

    fn compact(&mut self) -> Result<(), BackendError> {
        let db = self.db()?;
        let compacted = compact::compact(&self.layout, &self.options, &db, self.sequence)?;
        drop(db);
        self.log = compacted.log;
        self.live = compacted.live;
        // What was acknowledged unsynced is in the copy, and that is synced.
        self.sync_at = None;
        self.remember(self.sequence);
        self.store.counters().live.store(self.live, Ordering::Relaxed);
        drop(self.store.replace(compacted.db));
        match self.layout.current()? {
            Some(number) => self.layout.remove_others(number),
            None => Ok(()),
        }
    }

    fn write(&mut self, db: &sled::Db, group: Group) -> Result<(), BackendError> {
        let sequence = self.sequence + 1;
        let (batch, runs, live) = group.finish(sequence, self.live);
        let calls = sync::calls();
        match self.options.durability {
            Durability::Sync => {
                self.store.apply(sequence, batch, runs)?;
                self.sync(db, calls, sequence)?;
            }
            Durability::Periodic(period) => {
                self.store.apply(sequence, batch, HashSet::new())?;
                self.sync_at =
                    self.sync_at.or_else(|| Instant::now().checked_add(period.min(LONGEST_PERIOD)));
            }
        }
        self.store.settle(sequence);
        self.sequence = sequence;
        self.live = live;
        self.store.counters().live.store(live, Ordering::Relaxed);
        Ok(())
    }

    /// Brings everything up to a group to the device; `calls` were made before that group was written.
    fn sync(&mut self, db: &sled::Db, calls: u64, sequence: u64) -> Result<(), BackendError> {
        let start = Instant::now();
        caught(|| db.flush().map_err(from_sled))?;
        if sync::calls() == calls {
            self.log.sync_data().map_err(|error| from_io("syncing the log", error))?;
            Store::count(&self.store.counters().file_syncs, 1);
        }
        self.patience = (start.elapsed() / 2).min(MOST_PATIENCE);
        self.remember(sequence);
        Ok(())
    }

    /// Notes what is about to be acknowledged. Without the note a later loss may go unseen; nothing is lost by it.
    fn remember(&self, sequence: u64) {
        if let Err(error) = self.tip.write(sequence) {
            tracing::warn!(%error, "the tip was not written");
        }
    }

    /// Syncs what was acknowledged before.
    fn sync_now(&mut self) {
        self.sync_at = None;
        // Sled may have written and synced part of it by itself, or all: so the file is always synced.
        let result = self.store.db().and_then(|db| {
            caught(|| db.flush().map_err(from_sled))?;
            self.log.sync_data().map_err(|error| from_io("syncing the log", error))?;
            Store::count(&self.store.counters().file_syncs, 1);
            self.remember(self.sequence);
            Ok(())
        });
        if let Err(error) = result {
            self.fail(&error);
        }
    }

    fn fail(&mut self, cause: &BackendError) {
        tracing::error!(error = %cause, path = %self.layout.root().display(), "the store has failed");
        self.failed_at = Some(Instant::now());
        self.sync_at = None;
        // After a failed sync the system may take for written what is not: only a new start can tell what is there.
        let may_pass = matches!(cause, BackendError::StorageFull { .. });
        let told = if may_pass { cause.clone() } else { stopped(&cause.to_string()) };
        drop(self.store.fail(told));
    }

    /// The database; one that has failed for a cause that may pass is opened again.
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
        self.log = opened.log;
        self.tip = opened.tip;
        self.sequence = opened.sequence;
        self.live = opened.live;
        self.store.replace(opened.db);
        self.store.db()
    }
}

fn answer(reply: Reply, result: Result<(), BackendError>) {
    // The caller may be gone; what was written stays.
    let _ = reply.send(result);
}
