//! The status of a run, as its user sees it.

use std::fmt;
use std::ops::Deref;

use jiff::Timestamp;

use super::attempts::Progress;
use crate::durable::{Durable, Stored};
use crate::record::{BlockReason, LeafKind, LeafRecord, Phase, Record, StatusKind};

/// What a run is about.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum WorkflowStatus<T> {
    /// Tasks are running, or wait for their next attempt.
    Running {
        /// Each of them.
        steps: Vec<StepStatus>,
    },
    /// It waits for signals.
    WaitingForSignal {
        /// Their names, in source order.
        signals: Vec<String>,
        /// When the first of the waits gives up, if any does.
        deadline: Option<Timestamp>,
    },
    /// It waits for a point in time.
    Sleeping {
        /// The earliest that it waits for.
        until: Timestamp,
    },
    /// It undoes what it did, before it ends as failed or cancelled.
    Compensating {
        /// The compensation that is running, or waits for its next attempt.
        steps: Vec<StepStatus>,
    },
    /// It ended with this value.
    Completed(T),
    /// It ended with this error; `retry()` lets it go on from its last suspension point.
    Failed(Failure),
    /// It was ended by a caller.
    Cancelled {
        /// As the caller gave it.
        reason: String,
    },
    /// It cannot go on without help, because of a bug or of a version that does not fit. Nothing of it is lost.
    Blocked {
        /// Why.
        reason: BlockReason,
    },
}

/// A task that is running, or waits for its next attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StepStatus {
    /// The task's durable name.
    pub task: String,
    /// Which attempt it is, from 1: the one that is running, or the next.
    pub attempt: u32,
    /// What the attempt before failed with.
    pub last_error: Option<String>,
    /// When the next attempt begins; `None`: it is running, or begins as soon as there is a free slot.
    pub next_retry: Option<Timestamp>,
    /// What the running attempt last reported; kept in memory only.
    pub progress: Option<String>,
}

/// The error of a failed run: its text with that of its sources. Reads as a `str`.
///
/// Also what the error of a workflow is made from again that was stored as text: see
/// [`compensate!`](https://docs.rs/sayiir/latest/sayiir/macro.compensate.html).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

impl Failure {
    pub(crate) fn new(error: String) -> Self {
        Self(error)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Failure {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl WorkflowStatus<Stored> {
    /// Reads the status off a record.
    pub(super) fn of(record: &Record, progress: &Progress) -> Self {
        match &record.phase {
            Phase::Live { .. } => live(record, progress),
            Phase::Completed { output } => Self::Completed(output.clone()),
            Phase::Failed { error, .. } => Self::Failed(Failure(error.clone())),
            Phase::Cancelled { reason } => Self::Cancelled { reason: reason.clone() },
            Phase::Blocked { reason, .. } => Self::Blocked { reason: reason.clone() },
        }
    }

    /// Decodes the output of a listed run.
    ///
    /// # Errors
    /// If the output is not a `T`.
    pub fn decode<T: Durable>(self) -> Result<WorkflowStatus<T>, serde_json::Error> {
        self.decode_by(Stored::decode)
    }

    pub(super) fn decode_by<T>(
        self,
        decode: impl FnOnce(&Stored) -> Result<T, serde_json::Error>,
    ) -> Result<WorkflowStatus<T>, serde_json::Error> {
        Ok(match self {
            Self::Running { steps } => WorkflowStatus::Running { steps },
            Self::WaitingForSignal { signals, deadline } => {
                WorkflowStatus::WaitingForSignal { signals, deadline }
            }
            Self::Sleeping { until } => WorkflowStatus::Sleeping { until },
            Self::Compensating { steps } => WorkflowStatus::Compensating { steps },
            Self::Completed(output) => WorkflowStatus::Completed(decode(&output)?),
            Self::Failed(error) => WorkflowStatus::Failed(error),
            Self::Cancelled { reason } => WorkflowStatus::Cancelled { reason },
            Self::Blocked { reason } => WorkflowStatus::Blocked { reason },
        })
    }
}

/// In words, without the output: `waiting for manager_approval until 2026-01-03T00:00:00Z`.
impl<T> fmt::Display for WorkflowStatus<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running { steps } => write!(f, "running {}", tasks(steps)),
            Self::WaitingForSignal { signals, deadline: None } => {
                write!(f, "waiting for {}", signals.join(", "))
            }
            Self::WaitingForSignal { signals, deadline: Some(deadline) } => {
                write!(f, "waiting for {} until {deadline}", signals.join(", "))
            }
            Self::Sleeping { until } => write!(f, "sleeping until {until}"),
            Self::Compensating { steps } => write!(f, "compensating with {}", tasks(steps)),
            Self::Completed(_) => f.write_str("completed"),
            Self::Failed(error) => write!(f, "failed: {error}"),
            Self::Cancelled { reason } => write!(f, "cancelled: {reason}"),
            Self::Blocked { reason } => write!(f, "blocked: {reason}"),
        }
    }
}

fn tasks(steps: &[StepStatus]) -> String {
    steps.iter().map(|step| step.task.as_str()).collect::<Vec<_>>().join(", ")
}

fn live(record: &Record, progress: &Progress) -> WorkflowStatus<Stored> {
    let leaves = record.leaves();
    let steps = || leaves.iter().filter_map(|leaf| step(record, leaf, progress)).collect();
    match record.status() {
        StatusKind::Running => WorkflowStatus::Running { steps: steps() },
        StatusKind::Compensating => WorkflowStatus::Compensating { steps: steps() },
        StatusKind::WaitingForSignal => {
            let mut signals = Vec::new();
            let mut deadlines = Vec::new();
            for leaf in leaves {
                if let LeafKind::Signal { name, deadline, .. } = &leaf.kind {
                    signals.push(name.clone());
                    deadlines.extend(*deadline);
                }
            }
            WorkflowStatus::WaitingForSignal { signals, deadline: deadlines.into_iter().min() }
        }
        StatusKind::Sleeping
        | StatusKind::Completed
        | StatusKind::Failed
        | StatusKind::Cancelled
        | StatusKind::Blocked => WorkflowStatus::Sleeping {
            until: leaves.iter().filter_map(|leaf| leaf.kind.due()).min().unwrap_or(Timestamp::MAX),
        },
    }
}

fn step(record: &Record, leaf: &LeafRecord, progress: &Progress) -> Option<StepStatus> {
    match &leaf.kind {
        LeafKind::Task { name, attempts, last_error, retry_at, .. } => Some(StepStatus {
            task: name.to_string(),
            attempt: attempts + 1,
            last_error: last_error.clone(),
            next_retry: *retry_at,
            progress: progress.of(&record.key_of(leaf)),
        }),
        LeafKind::Signal { .. } | LeafKind::Timer { .. } | LeafKind::Spawn { .. } => None,
    }
}

impl fmt::Display for StatusKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "running",
            Self::WaitingForSignal => "waiting for a signal",
            Self::Sleeping => "sleeping",
            Self::Compensating => "compensating",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Blocked => "blocked",
        })
    }
}
