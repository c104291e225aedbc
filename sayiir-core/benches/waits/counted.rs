//! A store in memory that counts what it is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use sayiir_core::backend::{Answer, Backend, Commit, Page, PlaceCount, Query};
use sayiir_core::history::HistoryEntry;
use sayiir_core::ids::RunId;
use sayiir_core::memory::InMemoryBackend;
use sayiir_core::record::Record;
use sayiir_core::signal::Message;

/// A clone is the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counted {
    inner: InMemoryBackend,
    counters: Arc<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    commits: AtomicU64,
    reads: AtomicU64,
    searches: AtomicU64,
}

/// How often it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    /// To write.
    pub(crate) commits: u64,
    /// For something of one run.
    pub(crate) reads: u64,
    /// For what is due, ready or listed: what an engine would do that polls.
    pub(crate) searches: u64,
}

impl Counted {
    /// Up to now; from here on it counts anew.
    pub(crate) fn take(&self) -> Asked {
        let take = |counter: &AtomicU64| counter.swap(0, Ordering::Relaxed);
        let Counters { commits, reads, searches } = &*self.counters;
        Asked { commits: take(commits), reads: take(reads), searches: take(searches) }
    }

    fn read(&self) -> &InMemoryBackend {
        self.counters.reads.fetch_add(1, Ordering::Relaxed);
        &self.inner
    }

    fn search(&self) -> &InMemoryBackend {
        self.counters.searches.fetch_add(1, Ordering::Relaxed);
        &self.inner
    }
}

impl Backend for Counted {
    fn commit<'a>(&'a self, commit: &'a Commit) -> Answer<'a, ()> {
        self.counters.commits.fetch_add(1, Ordering::Relaxed);
        self.inner.commit(commit)
    }

    fn record<'a>(&'a self, run: &'a RunId) -> Answer<'a, Option<Arc<Record>>> {
        self.read().record(run)
    }

    fn message<'a>(&'a self, run: &'a RunId, signal: &'a str, position: u64) -> Answer<'a, Option<Message>> {
        self.read().message(run, signal, position)
    }

    fn is_delivered<'a>(&'a self, run: &'a RunId, idempotency_key: &'a str) -> Answer<'a, bool> {
        self.read().is_delivered(run, idempotency_key)
    }

    fn history<'a>(&'a self, run: &'a RunId, position: u64, limit: usize) -> Answer<'a, Vec<HistoryEntry>> {
        self.read().history(run, position, limit)
    }

    fn due(&self, until: Timestamp, limit: usize) -> Answer<'_, Vec<(Timestamp, RunId)>> {
        self.search().due(until, limit)
    }

    fn next_due(&self) -> Answer<'_, Option<Timestamp>> {
        self.search().next_due()
    }

    fn ready<'a>(&'a self, after: Option<&'a RunId>, limit: usize) -> Answer<'a, Vec<RunId>> {
        self.search().ready(after, limit)
    }

    fn list<'a>(&'a self, query: &'a Query) -> Answer<'a, Page> {
        self.search().list(query)
    }

    fn places(&self) -> Answer<'_, Vec<PlaceCount>> {
        self.search().places()
    }
}
