//! [`SledBackend`]: the contract of `sayiir-core`, kept on the tree.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, PoisonError};
use std::thread::{self, JoinHandle};

use jiff::Timestamp;
use sayiir_core::backend::{Answer, Backend, BackendError, Commit, Doorbell, Page, PlaceCount, Query};
use sayiir_core::history::HistoryEntry;
use sayiir_core::ids::RunId;
use sayiir_core::record::Record;
use sayiir_core::signal::Message;
use tokio::sync::oneshot;

use crate::change::Prepared;
use crate::committer::Committer;
use crate::compact::compact;
use crate::error::from_io;
use crate::fresh::Finished;
use crate::layout::{self, Layout};
use crate::options::{Options, is_wasteful};
use crate::queue::{Job, Queue};
use crate::recovery::{Opened, keep};
use crate::store::{Scope, Store, stopped};
use crate::{places, read, recovery, scan, sync};

/// Runs in a directory of this machine, durable.
///
/// A clone is another handle on the same database. When the last one is dropped, what is written is synced and the directory
/// is free for others; that drop waits for the device.
///
/// Reads are done on the caller's thread and take microseconds, unless pages have to come from the disk. They see a commit
/// only once it is durable. If the disk was full, all is refused with [`BackendError::StorageFull`] until there is room
/// again; after any other failed write or sync the store answers [`BackendError::Stopped`] until it is opened anew.
///
/// sled meets some damage with a panic of its own. It is caught and becomes [`BackendError::Damaged`]; the program's panic
/// hook prints it all the same. When sled's files had to be repaired, a copy as they were is left in
/// `<path>/data-<n>.damaged-<m>`.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path();
/// use sayiir_sled::SledBackend;
///
/// let backend = SledBackend::open(path)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SledBackend {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    store: Arc<Store>,
    jobs: Option<Sender<Job>>,
    threads: std::sync::Mutex<Vec<JoinHandle<()>>>,
    doorbell: Doorbell,
}

/// What a database has done since it was opened, and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Commits that were written.
    pub commits: u64,
    /// Groups they were written in, each with one sync.
    pub groups: u64,
    /// Syncs of the log that were asked for after sled's own flush, where that is not one.
    pub file_syncs: u64,
    /// Syncs that came out of sled's flush, of all databases of this process.
    pub device_syncs: u64,
    /// About how many bytes of keys and values are live.
    pub live_bytes: u64,
    /// How many bytes its files have, all together.
    pub file_bytes: u64,
}

impl SledBackend {
    /// Opens the database in this directory, which is created if it is not there.
    ///
    /// # Errors
    /// [`BackendError::InUse`] if any process has it open, this one included; [`BackendError::Damaged`] if the files do not
    /// read as what was written, or commits that were acknowledged are missing; [`BackendError::NewerFormat`];
    /// [`BackendError::StorageFull`]; [`BackendError::Io`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, BackendError> {
        Self::options().open(path)
    }

    /// How to open a database otherwise than by default.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path();
    /// use std::time::Duration;
    ///
    /// use sayiir_sled::{Durability, SledBackend};
    ///
    /// let backend = SledBackend::options()
    ///     .durability(Durability::Periodic(Duration::from_millis(100)))
    ///     .cache_capacity(512 * 1024 * 1024)
    ///     .open(path)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn options() -> Options {
        Options::default()
    }

    pub(crate) fn open_with(path: &Path, options: Options) -> Result<Self, BackendError> {
        let layout = Layout::open(path)?;
        let mut opened = recovery::open(&layout, &options)?;
        if options.wants_compaction(opened.live, layout::bytes(path)) {
            opened = compacted(&layout, &options, opened)?;
        }
        let store = Arc::new(Store::new(opened.db.clone()));
        let (jobs, receiver) = channel();
        let committer =
            Arc::new(Committer::new(Arc::clone(&store), Queue::new(receiver), options, layout, opened));
        let start = || {
            let committer = Arc::clone(&committer);
            let thread = thread::Builder::new().name("sayiir-sled".into());
            thread.spawn(move || committer.run()).map_err(|error| from_io("starting a thread", error))
        };
        let threads = vec![start()?, start()?];
        Ok(Self {
            inner: Arc::new(Inner {
                path: path.to_owned(),
                store,
                jobs: Some(jobs),
                threads: std::sync::Mutex::new(threads),
                doorbell: Doorbell::default(),
            }),
        })
    }

    /// What it has done, and its size.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let counters = self.inner.store.counters();
        Stats {
            commits: counters.commits.load(Ordering::Relaxed),
            groups: counters.groups.load(Ordering::Relaxed),
            file_syncs: counters.file_syncs.load(Ordering::Relaxed),
            device_syncs: sync::calls(),
            live_bytes: counters.live.load(Ordering::Relaxed),
            file_bytes: layout::bytes(&self.inner.path),
        }
    }

    /// Copies what is live to fresh files and removes the old ones: sled's files keep the size they once had. Commits wait
    /// meanwhile, reads go on. A crash at any point leaves the database whole.
    ///
    /// # Errors
    /// [`BackendError::Damaged`] if something does not read ([`check`](Self::check) says what), [`BackendError::StorageFull`],
    /// [`BackendError::Io`]; the database then stays as it was.
    ///
    /// # Cancel safety
    /// Once polled it is done, also if the future is dropped.
    pub async fn compact(&self) -> Result<(), BackendError> {
        self.ask(Job::Compact).await
    }

    /// [Compacts](Self::compact) if the files have more than so many times the bytes that are live, and at least 8 MiB; says whether
    /// they had. For whatever runs at a quiet hour.
    ///
    /// # Errors
    /// As [`compact`](Self::compact).
    ///
    /// # Cancel safety
    /// As [`compact`](Self::compact).
    pub async fn compact_above(&self, times: u32) -> Result<bool, BackendError> {
        let Stats { live_bytes, file_bytes, .. } = self.stats();
        let wasteful = is_wasteful(times, live_bytes, file_bytes);
        if wasteful {
            self.compact().await?;
        }
        Ok(wasteful)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Reads; if there is no database since the disk was full, it is opened again first, should there be room now.
    async fn read<T>(
        &self,
        scope: Scope<'_>,
        work: impl Fn(&sled::Tree) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        match self.store().read(scope, &work).await {
            Err(error) if error.is_retryable() => {
                self.ask(Job::Open).await?;
                self.store().read(scope, work).await
            }
            answer => answer,
        }
    }

    async fn ask(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<(), BackendError>>) -> Job,
    ) -> Result<(), BackendError> {
        let gone = || stopped("its thread has ended");
        let (reply, answer) = oneshot::channel();
        let jobs = self.inner.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(job(reply)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

fn compacted(layout: &Layout, options: &Options, opened: Opened) -> Result<Opened, BackendError> {
    let Opened { db, tip, sequence, .. } = opened;
    let (old, Finished { db, log, live }) = keep(db, |db| compact(layout, options, db, sequence))?;
    recovery::close(Some(old));
    let (db, ()) = keep(db, |_| layout.remove_others())?;
    Ok(Opened { db, log, tip, sequence, live })
}

impl Backend for SledBackend {
    /// # Cancel safety
    /// A commit that has been polled is written, also if its future is dropped.
    fn commit<'a>(&'a self, commit: &'a Commit) -> Answer<'a, ()> {
        Answer::later(async move {
            let prepared = Prepared::new(commit);
            self.ask(|reply| Job::Commit(prepared, reply)).await
        })
    }

    fn record<'a>(&'a self, run: &'a RunId) -> Answer<'a, Option<Arc<Record>>> {
        Answer::later(async move {
            let work = |tree: &sled::Tree| read::record(tree, run);
            Ok(self.read(Scope::Run(run), work).await?.map(Arc::new))
        })
    }

    fn message<'a>(&'a self, run: &'a RunId, signal: &'a str, position: u64) -> Answer<'a, Option<Message>> {
        let work = move |tree: &sled::Tree| read::message(tree, run, signal, position);
        Answer::later(self.read(Scope::Run(run), work))
    }

    fn is_delivered<'a>(&'a self, run: &'a RunId, idempotency_key: &'a str) -> Answer<'a, bool> {
        let work = move |tree: &sled::Tree| read::is_delivered(tree, run, idempotency_key);
        Answer::later(self.read(Scope::Run(run), work))
    }

    fn history<'a>(&'a self, run: &'a RunId, position: u64, limit: usize) -> Answer<'a, Vec<HistoryEntry>> {
        let work = move |tree: &sled::Tree| read::history(tree, run, position, limit);
        Answer::later(self.read(Scope::Run(run), work))
    }

    fn due(&self, until: Timestamp, limit: usize) -> Answer<'_, Vec<(Timestamp, RunId)>> {
        let work = move |tree: &sled::Tree| scan::due(tree, until, limit);
        Answer::later(self.read(Scope::All, work))
    }

    fn next_due(&self) -> Answer<'_, Option<Timestamp>> {
        Answer::later(self.read(Scope::All, scan::next_due))
    }

    fn ready<'a>(&'a self, after: Option<&'a RunId>, limit: usize) -> Answer<'a, Vec<RunId>> {
        let work = move |tree: &sled::Tree| scan::ready(tree, after, limit);
        Answer::later(self.read(Scope::All, work))
    }

    fn list<'a>(&'a self, query: &'a Query) -> Answer<'a, Page> {
        let work = move |tree: &sled::Tree| scan::list(tree, query);
        Answer::later(self.read(Scope::All, work))
    }

    fn doorbell(&self) -> Option<&Doorbell> {
        Some(&self.inner.doorbell)
    }

    fn places(&self) -> Answer<'_, Vec<PlaceCount>> {
        Answer::later(self.read(Scope::All, places::all))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.get_mut().unwrap_or_else(PoisonError::into_inner).drain(..) {
            if thread.join().is_err() {
                tracing::error!(path = %self.path.display(), "a writing thread panicked");
            }
        }
    }
}

impl fmt::Debug for SledBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledBackend").field("path", &self.inner.path).finish_non_exhaustive()
    }
}
