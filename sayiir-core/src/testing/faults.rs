//! A backend that fails where a test wants it to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

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
    /// It is written, and answered with this error all the same.
    WriteAndRefuse(BackendError),
    /// The process ends before it is written: no answer ever comes, here and to every later call.
    CrashBefore,
    /// The process ends after it was written: no answer ever comes, here and to every later call.
    CrashAfter,
}

/// A backend with faults. A clone is the same one.
#[derive(Debug, Clone)]
pub struct FaultyBackend<B> {
    inner: B,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    commits: AtomicU64,
    faults: Mutex<BTreeMap<u64, CommitFault>>,
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
        let mut faults = self.state.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.insert(number, fault);
    }

    /// How many commits were tried so far.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.state.commits.load(Ordering::SeqCst)
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
        *self.state.crashed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn crash(&self) {
        *self.state.crashed.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.state.crash.notify_waiters();
    }

    fn alive<'a, T: 'a>(&'a self, answer: Answer<'a, T>) -> Answer<'a, T> {
        if self.has_crashed() { Box::pin(std::future::pending()) } else { answer }
    }
}

impl<B: Backend> Backend for FaultyBackend<B> {
    fn commit(&self, commit: Commit) -> Answer<'_, ()> {
        if self.has_crashed() {
            return Box::pin(std::future::pending());
        }
        let number = self.state.commits.fetch_add(1, Ordering::SeqCst) + 1;
        let mut faults = self.state.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = faults.remove(&number);
        drop(faults);
        match fault {
            None => self.inner.commit(commit),
            Some(CommitFault::Refuse(error)) => Box::pin(std::future::ready(Err(error))),
            Some(CommitFault::WriteAndRefuse(error)) => Box::pin(async move {
                self.inner.commit(commit).await?;
                Err(error)
            }),
            Some(CommitFault::CrashBefore) => {
                self.crash();
                Box::pin(std::future::pending())
            }
            Some(CommitFault::CrashAfter) => Box::pin(async move {
                let _written = self.inner.commit(commit).await;
                self.crash();
                std::future::pending().await
            }),
        }
    }

    fn record<'a>(&'a self, run: &'a RunId) -> Answer<'a, Option<Arc<Record>>> {
        self.alive(self.inner.record(run))
    }

    fn message<'a>(&'a self, run: &'a RunId, signal: &'a str, position: u64) -> Answer<'a, Option<Message>> {
        self.alive(self.inner.message(run, signal, position))
    }

    fn is_delivered<'a>(&'a self, run: &'a RunId, idempotency_key: &'a str) -> Answer<'a, bool> {
        self.alive(self.inner.is_delivered(run, idempotency_key))
    }

    fn history<'a>(&'a self, run: &'a RunId, position: u64, limit: usize) -> Answer<'a, Vec<HistoryEntry>> {
        self.alive(self.inner.history(run, position, limit))
    }

    fn due(&self, until: Timestamp, limit: usize) -> Answer<'_, Vec<(Timestamp, RunId)>> {
        self.alive(self.inner.due(until, limit))
    }

    fn next_due(&self) -> Answer<'_, Option<Timestamp>> {
        self.alive(self.inner.next_due())
    }

    fn ready<'a>(&'a self, after: Option<&'a RunId>, limit: usize) -> Answer<'a, Vec<RunId>> {
        self.alive(self.inner.ready(after, limit))
    }

    fn list<'a>(&'a self, query: &'a Query) -> Answer<'a, Page> {
        self.alive(self.inner.list(query))
    }

    fn doorbell(&self) -> Option<&Doorbell> {
        self.inner.doorbell()
    }

    fn places(&self) -> Answer<'_, Vec<PlaceCount>> {
        self.alive(self.inner.places())
    }
}
