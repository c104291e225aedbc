//! A store in memory that says when it begins a commit, and again after a while of it.

use std::sync::Arc;

use sayiir::backend::{Answer, Backend, Commit, Message, Page, PlaceCount, Query};
use sayiir::history::HistoryEntry;
use sayiir::prelude::*;
use sayiir::record::Record;
use sayiir::{RunId, Timestamp};

#[derive(Debug, Default)]
pub(crate) struct Speaking(InMemoryBackend);

impl Backend for Speaking {
    fn commit<'a>(&'a self, commit: &'a Commit) -> Answer<'a, ()> {
        tracing::info!("the store begins");
        Answer::later(async move {
            tokio::task::yield_now().await;
            tracing::info!("the store goes on");
            self.0.commit(commit).await
        })
    }

    fn record<'a>(&'a self, run: &'a RunId) -> Answer<'a, Option<Arc<Record>>> {
        self.0.record(run)
    }

    fn message<'a>(&'a self, run: &'a RunId, signal: &'a str, position: u64) -> Answer<'a, Option<Message>> {
        self.0.message(run, signal, position)
    }

    fn is_delivered<'a>(&'a self, run: &'a RunId, idempotency_key: &'a str) -> Answer<'a, bool> {
        self.0.is_delivered(run, idempotency_key)
    }

    fn history<'a>(&'a self, run: &'a RunId, position: u64, limit: usize) -> Answer<'a, Vec<HistoryEntry>> {
        self.0.history(run, position, limit)
    }

    fn due(&self, until: Timestamp, limit: usize) -> Answer<'_, Vec<(Timestamp, RunId)>> {
        self.0.due(until, limit)
    }

    fn next_due(&self) -> Answer<'_, Option<Timestamp>> {
        self.0.next_due()
    }

    fn ready<'a>(&'a self, after: Option<&'a RunId>, limit: usize) -> Answer<'a, Vec<RunId>> {
        self.0.ready(after, limit)
    }

    fn list<'a>(&'a self, query: &'a Query) -> Answer<'a, Page> {
        self.0.list(query)
    }

    fn places(&self) -> Answer<'_, Vec<PlaceCount>> {
        self.0.places()
    }
}
