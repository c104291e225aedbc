//! A store in which only one run ever has anything to do: an engine on it drives that run, and leaves all others alone.

use std::sync::Arc;

use futures_util::TryFutureExt;
use jiff::Timestamp;

use crate::backend::{Answer, Backend, Commit, Page, PlaceCount, Query};
use crate::history::HistoryEntry;
use crate::ids::RunId;
use crate::record::Record;
use crate::signal::Message;

/// A view of a store. What concerns a run by its id goes through; of the runs with something to do, only this one is found,
/// and only by its time.
#[derive(Debug)]
pub(super) struct OneRun {
    store: Arc<dyn Backend>,
    run: RunId,
}

impl OneRun {
    pub(super) fn new(store: Arc<dyn Backend>, run: RunId) -> Self {
        Self { store, run }
    }

    /// When the run wants to be woken.
    fn own_due(&self) -> Answer<'_, Option<Timestamp>> {
        Answer::later(self.store.record(&self.run).map_ok(|record| record?.index().due))
    }
}

impl Backend for OneRun {
    fn commit<'a>(&'a self, commit: &'a Commit) -> Answer<'a, ()> {
        self.store.commit(commit)
    }

    fn record<'a>(&'a self, run: &'a RunId) -> Answer<'a, Option<Arc<Record>>> {
        self.store.record(run)
    }

    fn message<'a>(&'a self, run: &'a RunId, signal: &'a str, position: u64) -> Answer<'a, Option<Message>> {
        self.store.message(run, signal, position)
    }

    fn is_delivered<'a>(&'a self, run: &'a RunId, idempotency_key: &'a str) -> Answer<'a, bool> {
        self.store.is_delivered(run, idempotency_key)
    }

    fn history<'a>(&'a self, run: &'a RunId, position: u64, limit: usize) -> Answer<'a, Vec<HistoryEntry>> {
        self.store.history(run, position, limit)
    }

    fn due(&self, until: Timestamp, limit: usize) -> Answer<'_, Vec<(Timestamp, RunId)>> {
        let own = self.own_due().map_ok(move |due| {
            let due = due.filter(|due| *due <= until);
            due.map(|due| (due, self.run.clone())).into_iter().take(limit).collect()
        });
        Answer::later(own)
    }

    fn next_due(&self) -> Answer<'_, Option<Timestamp>> {
        self.own_due()
    }

    /// None: the runner takes its run up itself.
    fn ready<'a>(&'a self, _after: Option<&'a RunId>, _limit: usize) -> Answer<'a, Vec<RunId>> {
        Answer::now(Ok(Vec::new()))
    }

    /// None, for the same reason.
    fn list<'a>(&'a self, _query: &'a Query) -> Answer<'a, Page> {
        Answer::now(Ok(Page { runs: Vec::new(), damage: Vec::new(), next: None }))
    }

    fn places(&self) -> Answer<'_, Vec<PlaceCount>> {
        // A run that does not fit is an error of the call that drives it.
        Answer::now(Ok(Vec::new()))
    }
}
