//! A backend that fails where a test wants it to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::backend::{Answer, Backend, BackendError, Commit, Doorbell, Page, PlaceCount, Query};
use crate::history::HistoryEntry;
use crate::ids::RunId;
use crate::record::Record;
use crate::signal::Message;

/// What happens to one commit.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum CommitFault {
    /// It is refused with this error, and nothing is written.
    Refuse(BackendError),
    /// It is written once this is notified.
    Hold(Arc<Notify>),
    /// It is written, and answered with this error all the same.
    WriteAndRefuse(BackendError),
    /// The process ends before it is written: no answer ever comes, here and to every later call.
    CrashBefore,
    /// The process ends after it was written: no answer ever comes, here and to every later call.
    CrashAfter,
}

/// A backend with faults: commits and reads are counted from 1, and meet with what was planned for their number. A clone is the
/// same one.
///
/// ```
/// use sayiir::InMemoryBackend;
/// use sayiir::backend::{Backend, BackendError, Commit};
/// use sayiir::testing::{CommitFault, FaultyBackend};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BackendError> {
/// let full = BackendError::StorageFull { detail: "no space left on device".into() };
/// let backend = FaultyBackend::new(InMemoryBackend::new());
/// backend.fault(1, CommitFault::Refuse(full.clone()));
/// backend.fail_read(2, full);
/// assert!(backend.commit(&Commit::default()).await.is_err());
/// backend.commit(&Commit::default()).await?;
/// assert_eq!(backend.next_due().await?, None);
/// assert!(backend.next_due().await.is_err());
/// assert_eq!((backend.commits(), backend.reads()), (2, 2));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FaultyBackend<B> {
    inner: B,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    commits: AtomicU64,
    faults: Mutex<BTreeMap<u64, CommitFault>>,
    reads: AtomicU64,
    read_faults: Mutex<BTreeMap<u64, BackendError>>,
    crashed: Mutex<bool>,
    crash: Notify,
}

impl<B: Backend> FaultyBackend<B> {
    /// No faults yet.
    pub fn new(inner: B) -> Self {
        Self { inner, state: Arc::default() }
    }

    /// Lets the `number`th commit from the beginning, counted from 1, meet with this.
    pub fn fault(&self, number: u64, fault: CommitFault) {
        lock(&self.state.faults).insert(number, fault);
    }

    /// Lets the `number`th read from the beginning, counted from 1, meet with this error.
    pub fn fail_read(&self, number: u64, error: BackendError) {
        lock(&self.state.read_faults).insert(number, error);
    }

    /// How many commits were tried so far.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.state.commits.load(Ordering::SeqCst)
    }

    /// How often anything was read so far.
    #[must_use]
    pub fn reads(&self) -> u64 {
        self.state.reads.load(Ordering::SeqCst)
    }

    /// Waits until the process has "ended".
    pub async fn crashed(&self) {
        loop {
            let crash = self.state.crash.notified();
            if self.has_crashed() {
                return;
            }
            crash.await;
        }
    }

    /// What was written up to now, as a new process would find it.
    #[must_use]
    pub fn inner(&self) -> &B {
        &self.inner
    }

    fn has_crashed(&self) -> bool {
        *lock(&self.state.crashed)
    }

    fn crash(&self) {
        *lock(&self.state.crashed) = true;
        self.state.crash.notify_waiters();
    }

    fn read<'a, T: Send + 'a>(&'a self, answer: Answer<'a, T>) -> Answer<'a, T> {
        if self.has_crashed() {
            return Answer::later(std::future::pending());
        }
        let number = self.state.reads.fetch_add(1, Ordering::SeqCst) + 1;
        match lock(&self.state.read_faults).remove(&number) {
            None => answer,
            Some(error) => Answer::now(Err(error)),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<B: Backend> Backend for FaultyBackend<B> {
    fn commit<'a>(&'a self, commit: &'a Commit) -> Answer<'a, ()> {
        if self.has_crashed() {
            return Answer::later(std::future::pending());
        }
        let number = self.state.commits.fetch_add(1, Ordering::SeqCst) + 1;
        let fault = lock(&self.state.faults).remove(&number);
        match fault {
            None => self.inner.commit(commit),
            Some(CommitFault::Refuse(error)) => Answer::now(Err(error)),
            Some(CommitFault::Hold(until)) => Answer::later(async move {
                until.notified().await;
                self.inner.commit(commit).await
            }),
            Some(CommitFault::WriteAndRefuse(error)) => Answer::later(async move {
                self.inner.commit(commit).await?;
                Err(error)
            }),
            Some(CommitFault::CrashBefore) => {
                self.crash();
                Answer::later(std::future::pending())
            }
            Some(CommitFault::CrashAfter) => Answer::later(async move {
                let _written = self.inner.commit(commit).await;
                self.crash();
                std::future::pending().await
            }),
        }
    }

    fn record<'a>(&'a self, run: &'a RunId) -> Answer<'a, Option<Arc<Record>>> {
        self.read(self.inner.record(run))
    }

    fn message<'a>(&'a self, run: &'a RunId, signal: &'a str, position: u64) -> Answer<'a, Option<Message>> {
        self.read(self.inner.message(run, signal, position))
    }

    fn is_delivered<'a>(&'a self, run: &'a RunId, idempotency_key: &'a str) -> Answer<'a, bool> {
        self.read(self.inner.is_delivered(run, idempotency_key))
    }

    fn history<'a>(&'a self, run: &'a RunId, position: u64, limit: usize) -> Answer<'a, Vec<HistoryEntry>> {
        self.read(self.inner.history(run, position, limit))
    }

    fn due(&self, until: Timestamp, limit: usize) -> Answer<'_, Vec<(Timestamp, RunId)>> {
        self.read(self.inner.due(until, limit))
    }

    fn next_due(&self) -> Answer<'_, Option<Timestamp>> {
        self.read(self.inner.next_due())
    }

    fn ready<'a>(&'a self, after: Option<&'a RunId>, limit: usize) -> Answer<'a, Vec<RunId>> {
        self.read(self.inner.ready(after, limit))
    }

    fn list<'a>(&'a self, query: &'a Query) -> Answer<'a, Page> {
        self.read(self.inner.list(query))
    }

    fn doorbell(&self) -> Option<&Doorbell> {
        self.inner.doorbell()
    }

    fn places(&self) -> Answer<'_, Vec<PlaceCount>> {
        self.read(self.inner.places())
    }
}
