//! Runs as an engine would write them, for the promises to be tried on.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::backend::{Accepted, Backend, BackendError, Commit, RunChange};
use crate::durable::Stored;
use crate::history::{Chain, Digest, Event};
use crate::ids::{Incarnation, LeafPath, RunId, StepNumber};
use crate::record::{LeafKind, LeafRecord, Phase, Queue, Record};
use crate::signal::Message;

/// A run, and what the store holds of it.
#[derive(Debug, Clone)]
pub(super) struct Sketch {
    /// What the next commit writes, but for revision and history.
    pub(super) record: Record,
    /// What the last one wrote.
    written: Option<Record>,
}

impl Sketch {
    /// A run that sleeps until the end of time, created `second` seconds after the start of the calendar.
    pub(super) fn new(id: &str, second: i64) -> Self {
        Self {
            record: Record {
                input_digest: Digest([9; 32]),
                state: Some(json("{\"Sleep\":{\"amount\":12.5}}")),
                phase: Phase::Live { leaves: vec![timer(Timestamp::MAX)].into() },
                ..Record::new(
                    run(id),
                    Incarnation(u128::from(id.len() as u64) << 64 | 7),
                    "expense_approval",
                    at(second),
                )
            },
            written: None,
        }
    }

    pub(super) fn id(&self) -> &RunId {
        &self.record.run
    }

    pub(super) fn with_leaves(mut self, leaves: Vec<LeafRecord>) -> Self {
        self.record.phase = Phase::Live { leaves: leaves.into() };
        self
    }

    pub(super) fn with_phase(mut self, phase: Phase) -> Self {
        self.record.phase = phase;
        self
    }

    /// The next revision of the run, with these events.
    pub(super) fn change(&mut self, events: Vec<Event>) -> RunChange {
        let mut chain = Chain::new(&self.record.run, self.record.incarnation, self.record.history);
        let now = self.record.updated;
        let history = events.into_iter().map(|event| chain.append(now, event)).collect();
        self.record.history = chain.head();
        self.record.revision.0 += 1;
        let before = self.written.replace(self.record.clone());
        RunChange { history, ..RunChange::new(before.as_ref(), Some(self.record.clone())) }
    }

    /// Goes on from what a store holds.
    pub(super) fn adopt(&mut self, record: &Record) {
        self.record = record.clone();
        self.written = Some(record.clone());
    }

    /// Whether the store should hold the run.
    pub(super) fn is_written(&self) -> bool {
        self.written.is_some()
    }

    /// The removal of the run, which the store holds.
    pub(super) fn removal(&mut self) -> RunChange {
        RunChange::new(self.written.take().as_ref(), None)
    }

    /// Writes the next revision.
    pub(super) async fn write(&mut self, backend: &impl Backend) -> Arc<Record> {
        let change = self.change(Vec::new());
        commit(backend, vec![change]).await;
        Arc::new(self.record.clone())
    }
}

/// Commits, and expects success.
pub(super) async fn commit(backend: &impl Backend, changes: Vec<RunChange>) {
    backend
        .commit(&Commit { changes: changes.into() })
        .await
        .expect("a commit that builds on what the store holds is accepted");
}

/// Commits, and expects a conflict.
pub(super) async fn refused(backend: &impl Backend, changes: Vec<RunChange>) -> BackendError {
    let error = backend
        .commit(&Commit { changes: changes.into() })
        .await
        .expect_err("a commit that builds on something else is refused");
    assert!(matches!(error, BackendError::Conflict { .. }), "not a conflict: {error}");
    error
}

pub(super) async fn record(backend: &impl Backend, id: &RunId) -> Option<Arc<Record>> {
    backend.record(id).await.expect("a record can be read")
}

pub(super) async fn message(
    backend: &impl Backend,
    id: &RunId,
    signal: &str,
    position: u64,
) -> Option<Message> {
    let read = backend.message(id, signal, position).await;
    read.expect("a message can be read")
}

pub(super) async fn is_delivered(backend: &impl Backend, id: &RunId, key: &str) -> bool {
    let read = backend.is_delivered(id, key).await;
    read.expect("an idempotency key can be looked up")
}

pub(super) async fn next_due(backend: &impl Backend) -> Option<Timestamp> {
    backend.next_due().await.expect("the next timer can be read")
}

/// The ids of the runs due at `until`.
pub(super) async fn due(backend: &impl Backend, until: Timestamp, limit: usize) -> Vec<String> {
    let due = backend.due(until, limit).await.expect("due runs can be read");
    due.into_iter().map(|(_, run)| String::from(run)).collect()
}

/// The ids of the ready runs behind `after`.
pub(super) async fn ready(backend: &impl Backend, after: Option<&RunId>, limit: usize) -> Vec<String> {
    let ready = backend.ready(after, limit).await.expect("ready runs can be read");
    ready.into_iter().map(String::from).collect()
}

/// `second` seconds after the start of the calendar.
pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
}

pub(super) fn run(id: &str) -> RunId {
    RunId::new(id).expect("the test's ids are valid")
}

pub(super) fn json(text: &str) -> Stored {
    Stored::from_json(text.into()).expect("the test's documents are JSON")
}

/// A document of about this many bytes.
pub(super) fn large(bytes: usize) -> Stored {
    Stored::encode(&"ä€x".repeat(bytes / 6)).expect("text encodes")
}

pub(super) fn started() -> Event {
    Event::Started { workflow: "expense_approval".into(), input: Digest([9; 32]) }
}

pub(super) fn timer(until: Timestamp) -> LeafRecord {
    leaf(LeafKind::Timer { until })
}

pub(super) fn task(retry_at: Option<Timestamp>) -> LeafRecord {
    leaf(LeafKind::Task {
        name: "reimburse".into(),
        attempts: 2,
        last_error: Some("the bank is closed".into()),
        retry_at,
        begun: false,
        undoes: None,
    })
}

/// One that may run at most once, and has begun.
pub(super) fn begun() -> LeafRecord {
    leaf(LeafKind::Task {
        name: "reimburse".into(),
        attempts: 0,
        last_error: None,
        retry_at: None,
        begun: true,
        undoes: None,
    })
}

/// A compensation that is to be run.
pub(super) fn undo() -> LeafRecord {
    leaf(LeafKind::Task {
        name: "release".into(),
        attempts: 0,
        last_error: None,
        retry_at: None,
        begun: false,
        undoes: Some(json("[\"„desk“\",12.5]")),
    })
}

pub(super) fn spawn(id: &str) -> LeafRecord {
    leaf(LeafKind::Spawn { run: run(id) })
}

pub(super) fn wait(name: &str, deadline: Option<Timestamp>) -> LeafRecord {
    leaf(LeafKind::Signal { name: name.into(), deadline, from: 0 })
}

/// A wait for what comes at this position or later.
pub(super) fn fresh(name: &str, from: u64) -> LeafRecord {
    leaf(LeafKind::Signal { name: name.into(), deadline: None, from })
}

fn leaf(kind: LeafKind) -> LeafRecord {
    LeafRecord { path: LeafPath(vec![1, 0]), scheduled: StepNumber(3), kind }
}

pub(super) fn queue(signal: &str, head: u64, tail: u64) -> Queue {
    Queue { signal: signal.to_owned().into(), head, tail, keyed: 0 }
}

/// A message that nobody takes yet.
pub(super) fn accepted(signal: &str, position: u64, key: Option<&str>) -> Accepted {
    Accepted {
        message: Message {
            signal: signal.into(),
            position,
            payload: Stored::encode(&(signal, position)).expect("text and a number encode"),
            by: Some("bob@corp.example".into()),
            at: at(5) + SignedDuration::from_nanos(1),
        },
        idempotency_key: key.map(Into::into),
        taken: false,
    }
}
