//! A backend whose calls count as something that the engine is busy with, whichever thread answers them.

use std::sync::Arc;

use jiff::Timestamp;

use crate::backend::{Answer, Backend, Commit, Doorbell, Page, PlaceCount, Query};
use crate::engine::Activity;
use crate::history::HistoryEntry;
use crate::ids::RunId;
use crate::record::Record;
use crate::signal::Message;

#[derive(Debug)]
pub(super) struct Watched<B> {
    inner: B,
    activity: Activity,
}

impl<B: Backend> Watched<B> {
    pub(super) fn new(inner: B, activity: Activity) -> Self {
        Self { inner, activity }
    }

    /// An answer that is there at once stays so: the engine takes it in another way than one that it waits for.
    fn watch<'a, T: Send + 'a>(&self, answer: Answer<'a, T>) -> Answer<'a, T> {
        let answer = match answer.ready() {
            Ok(value) => return Answer::now(Ok(value)),
            Err(answer) => answer,
        };
        let busy = self.activity.busy();
        Answer::later(async move {
            let _busy = busy;
            answer.await
        })
    }
}

impl<B: Backend> Backend for Watched<B> {
    fn commit<'a>(&'a self, commit: &'a Commit) -> Answer<'a, ()> {
        self.watch(self.inner.commit(commit))
    }

    fn record<'a>(&'a self, run: &'a RunId) -> Answer<'a, Option<Arc<Record>>> {
        self.watch(self.inner.record(run))
    }

    fn message<'a>(&'a self, run: &'a RunId, signal: &'a str, position: u64) -> Answer<'a, Option<Message>> {
        self.watch(self.inner.message(run, signal, position))
    }

    fn is_delivered<'a>(&'a self, run: &'a RunId, idempotency_key: &'a str) -> Answer<'a, bool> {
        self.watch(self.inner.is_delivered(run, idempotency_key))
    }

    fn history<'a>(&'a self, run: &'a RunId, position: u64, limit: usize) -> Answer<'a, Vec<HistoryEntry>> {
        self.watch(self.inner.history(run, position, limit))
    }

    fn due(&self, until: Timestamp, limit: usize) -> Answer<'_, Vec<(Timestamp, RunId)>> {
        self.watch(self.inner.due(until, limit))
    }

    fn next_due(&self) -> Answer<'_, Option<Timestamp>> {
        self.watch(self.inner.next_due())
    }

    fn ready<'a>(&'a self, after: Option<&'a RunId>, limit: usize) -> Answer<'a, Vec<RunId>> {
        self.watch(self.inner.ready(after, limit))
    }

    fn list<'a>(&'a self, query: &'a Query) -> Answer<'a, Page> {
        self.watch(self.inner.list(query))
    }

    fn doorbell(&self) -> Option<&Doorbell> {
        self.inner.doorbell()
    }

    fn places(&self) -> Answer<'_, Vec<PlaceCount>> {
        self.watch(self.inner.places())
    }
}
