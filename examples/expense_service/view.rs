//! An expense as its callers see it.

use sayiir::Timestamp;
use sayiir::engine::{RunHistory, RunSummary};
use sayiir::history::{Digest, HistoryEntry};
use sayiir::prelude::*;
use serde::Serialize;

use crate::workflow::Outcome;

/// Where an expense stands.
#[derive(Debug, Serialize)]
pub(crate) struct View {
    id: String,
    status: &'static str,
    /// The decisions that it waits for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waiting_for: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    /// Why it failed or is blocked, or what the running step failed with last.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl View {
    pub(crate) fn new(id: &RunId, status: WorkflowStatus<Outcome>) -> Self {
        let id = id.to_string();
        let view = Self { id, status: "", waiting_for: vec![], deadline: None, outcome: None, error: None };
        match status {
            WorkflowStatus::Running { steps } => {
                let error = steps.into_iter().find_map(|step| step.last_error);
                Self { status: "running", error, ..view }
            }
            WorkflowStatus::WaitingForSignal { signals, deadline } => {
                Self { status: "waiting", waiting_for: signals, deadline, ..view }
            }
            WorkflowStatus::Completed(outcome) => {
                Self { status: "completed", outcome: Some(outcome), ..view }
            }
            WorkflowStatus::Failed(error) => {
                Self { status: "failed", error: Some(error.to_string()), ..view }
            }
            WorkflowStatus::Cancelled { reason } => Self { status: "cancelled", error: Some(reason), ..view },
            WorkflowStatus::Blocked { reason } => {
                Self { status: "blocked", error: Some(reason.to_string()), ..view }
            }
            // This workflow neither sleeps nor undoes anything.
            other => Self { status: "other", error: Some(other.to_string()), ..view },
        }
    }

    /// One of a listing.
    pub(crate) fn listed(run: RunSummary) -> Self {
        let id = run.id;
        match run.status.decode() {
            Ok(status) => Self::new(&id, status),
            Err(error) => Self {
                id: id.to_string(),
                status: "completed",
                waiting_for: vec![],
                deadline: None,
                outcome: None,
                error: Some(format!("its outcome is not of this version: {error}")),
            },
        }
    }
}

/// A page of expenses.
#[derive(Debug, Serialize)]
pub(crate) struct Listing {
    pub(crate) expenses: Vec<View>,
    /// What the next page is asked for with, as `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// What happened to an expense.
#[derive(Debug, Serialize)]
pub(crate) struct Trail {
    /// Whether every entry carries the hash of the one before.
    verified: bool,
    /// The hash of the last: whoever keeps it elsewhere sees whether the whole was replaced.
    head: Digest,
    entries: Vec<TrailEntry>,
}

#[derive(Debug, Serialize)]
struct TrailEntry {
    at: Timestamp,
    event: sayiir::history::Event,
    hash: Digest,
}

impl Trail {
    pub(crate) fn of(history: RunHistory) -> Self {
        let (verified, head) = (history.verify().is_ok(), history.head().hash);
        let entry = |HistoryEntry { at, event, hash, .. }| TrailEntry { at, event, hash };
        Self { verified, head, entries: history.into_iter().map(entry).collect() }
    }
}
