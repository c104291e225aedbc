//! A store of which only one run is to be seen: so that an engine drives that run, and leaves all others alone.

use std::sync::Arc;

use futures_util::FutureExt;
use jiff::Timestamp;

use crate::backend::{Answer, Backend, Commit, Page, Query};
use crate::history::HistoryEntry;
use crate::ids::RunId;
use crate::record::Record;
use crate::signal::Message;

/// A view of a store. What concerns one run by its id goes through; what asks for runs finds this one alone.
#[derive(Debug)]
pub(super) struct OneRun {
    store: Arc<dyn Backend>,
    run: RunId,
}

impl OneRun {
    pub(super) fn new(store: Arc<dyn Backend>, run: RunId) -> Self {
        Self { store, run }
    }

    /// What `look` finds in the run's record, if there is one.
    fn look<'a, T: 'a>(&'a self, look: impl FnOnce(Option<Arc<Record>>) -> T + Send + 'a) -> Answer<'a, T> {
        self.store.record(&self.run).map(|record| record.map(look)).boxed()
    }
}

fn due_of(record: Option<Arc<Record>>) -> Option<Timestamp> {
    record?.index().due
}

impl Backend for OneRun {
    fn commit(&self, commit: Commit) -> Answer<'_, ()> {
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
        self.look(move |record| {
            let due = due_of(record).filter(|due| *due <= until);
            due.map(|due| (due, self.run.clone())).into_iter().take(limit).collect()
        })
    }

    fn next_due(&self) -> Answer<'_, Option<Timestamp>> {
        self.look(due_of)
    }

    fn ready<'a>(&'a self, after: Option<&'a RunId>, limit: usize) -> Answer<'a, Vec<RunId>> {
        self.look(move |record| {
            let is_wanted = |record: &Arc<Record>| after.is_none_or(|after| *after < record.run);
            let ready = record.filter(is_wanted).filter(|record| record.index().ready);
            ready.map(|record| record.run.clone()).into_iter().take(limit).collect()
        })
    }

    fn list<'a>(&'a self, query: &'a Query) -> Answer<'a, Page> {
        self.look(move |record| {
            let is_ahead = |record: &Arc<Record>| {
                let place = (record.created, &record.run);
                query.after.as_ref().is_none_or(|after| (after.created, &after.run) < place)
            };
            let listed = record.filter(|record| query.matches(&record.index())).filter(is_ahead);
            Page { runs: listed.into_iter().take(query.limit).collect(), next: None }
        })
    }
}
