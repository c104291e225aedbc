//! What is stored of a run: its record, rewritten at every step, and the entry under which the indexes find it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::durable::Stored;
use crate::history::HistoryHead;
use crate::ids::{Incarnation, LeafPath, Revision, RunId, StepNumber};
use crate::step::Compensation;

/// Everything about one run but its history and its inbox. Its size is that of the live variables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Which run.
    pub run: RunId,
    /// Told apart from other runs that used the same id before.
    pub incarnation: Incarnation,
    /// The workflow's durable name.
    pub workflow: String,
    /// How often this record has been written.
    pub revision: Revision,
    /// When the run was started.
    #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::required")]
    pub created: Timestamp,
    /// When this revision was written.
    #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::required")]
    pub updated: Timestamp,
    /// BLAKE3 of the arguments' JSON, by which `or_attach` knows a repeated start.
    pub input_digest: [u8; 32],
    /// How many suspension points were entered so far.
    pub steps: StepNumber,
    /// When the whole run gives up.
    #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::optional")]
    pub deadline: Option<Timestamp>,
    /// The state as JSON: of a live run where it waits, of a failed or blocked one where it last waited.
    /// `None` once a run has completed.
    pub state: Option<Stored>,
    /// What the run is about.
    pub phase: Phase,
    /// For each signal name that the run's workflows declare, which messages wait in the inbox.
    pub inbox: Vec<Queue>,
    /// Length and hash of the history.
    pub history: HistoryHead,
    /// The run that spawned this one.
    pub parent: Option<RunId>,
    /// What is to be done, last first, if the run fails or is cancelled.
    pub compensations: Vec<Compensation>,
    /// How the run ends once its compensations are done; stays when it has ended so.
    pub ending: Option<Ending>,
}

/// How a run ends that has something to compensate first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// It returned an error.
    Failed {
        /// The error and its sources, as text.
        error: String,
    },
    /// It was cancelled.
    Cancelled {
        /// As the caller gave it.
        reason: String,
    },
}

/// What a run is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Phase {
    /// It runs tasks or waits.
    Live {
        /// What it waits for.
        leaves: Vec<LeafRecord>,
    },
    /// It returned this value.
    Completed {
        /// As JSON.
        output: Stored,
    },
    /// It returned an error, which `retry()` can go on from.
    Failed {
        /// The error and its sources, as text.
        error: String,
        /// What led into the stretch that failed.
        cause: Option<LastOutcome>,
    },
    /// It was cancelled.
    Cancelled {
        /// As the caller gave it.
        reason: String,
    },
    /// It cannot go on; nothing of it is lost.
    Blocked {
        /// Why.
        reason: BlockReason,
        /// What led into the stretch that could not be run.
        cause: Option<LastOutcome>,
    },
}

/// The outcome that led into a stretch which failed, so that `retry()` repeats the stretch alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastOutcome {
    /// The leaf it was for.
    pub path: LeafPath,
    /// What it was.
    pub outcome: StoredOutcome,
    /// The leaves of the state as they were, this one included.
    pub leaves: Vec<LeafRecord>,
}

/// An outcome as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum StoredOutcome {
    /// A task's success.
    Returned(Stored),
    /// A task's failure: its error has no stored form, so the task is run again.
    Repeat,
    /// A signal.
    Signal(crate::signal::Message),
    /// A deadline.
    Elapsed,
    /// The spawning of a run.
    Spawned(Result<RunId, crate::operation::AlreadyExists>),
    /// Nothing had come: the run was stopped where it waited, and waits there again after `retry()`.
    Nothing,
}

/// One leaf of the current state, with what must survive a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeafRecord {
    /// Where it stands.
    pub path: LeafPath,
    /// The step at which it was scheduled: part of its idempotency key.
    pub scheduled: StepNumber,
    /// What it waits for.
    pub kind: LeafKind,
}

/// What a leaf waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LeafKind {
    /// A task's outcome.
    Task {
        /// The task's durable name.
        name: String,
        /// How many attempts have begun and ended.
        attempts: u32,
        /// What the last of them failed with.
        last_error: Option<String>,
        /// When the next attempt may begin; `None`: at once, or it is running.
        #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::optional")]
        retry_at: Option<Timestamp>,
        /// Whether an `at_most_once` attempt has begun and not ended.
        begun: bool,
    },
    /// A signal.
    Signal {
        /// Its name.
        name: String,
        /// When the wait gives up.
        #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::optional")]
        deadline: Option<Timestamp>,
        /// Messages before this position do not count (`fresh`).
        from: u64,
    },
    /// A point in time.
    Timer {
        /// When.
        #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::required")]
        until: Timestamp,
    },
    /// The start of another run, which happens as soon as the engine comes to it.
    Spawn {
        /// The id of the new run.
        run: RunId,
    },
}

impl LeafKind {
    /// Whether the engine has something to do for it now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Task { retry_at: None, .. } | Self::Spawn { .. })
    }

    /// When this leaf wants to be woken.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Task { retry_at, .. } => *retry_at,
            Self::Signal { deadline, .. } => *deadline,
            Self::Timer { until } => Some(*until),
            Self::Spawn { .. } => None,
        }
    }
}

/// The messages of one signal name that wait: positions `head..tail`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// The signal's name.
    pub signal: String,
    /// The oldest that nobody took.
    pub head: u64,
    /// The position of the next to come.
    pub tail: u64,
}

/// Why a run is blocked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum BlockReason {
    /// The code between two awaits panicked.
    #[error("the workflow's own code panicked: {message}")]
    StretchPanicked {
        /// The panic's message.
        message: String,
    },
    /// The last attempt of a task panicked.
    #[error("task `{task}` panicked: {message}")]
    TaskPanicked {
        /// The task's name.
        task: String,
        /// The panic's message.
        message: String,
    },
    /// The stored state does not fit this binary.
    #[error("{detail}")]
    Incompatible {
        /// Which variant or field, and why.
        detail: String,
    },
    /// A value could not be stored.
    #[error("{detail}")]
    Unencodable {
        /// Which variable, and why.
        detail: String,
    },
    /// A compensation failed for good.
    #[error("compensation `{task}` failed: {message}")]
    CompensationFailed {
        /// The task's name.
        task: String,
        /// Its last error.
        message: String,
    },
    /// Child workflows nest too deeply.
    #[error("child workflows nest deeper than {}", crate::step::MAX_DEPTH)]
    TooDeep,
}

/// The status by which runs are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum StatusKind {
    /// At least one task is to run, or waits for its retry.
    Running,
    /// Waits for signals, perhaps with a limit.
    WaitingForSignal,
    /// Waits for a point in time only.
    Sleeping,
    /// Undoes what was done, before it ends as failed or cancelled.
    Compensating,
    /// Ended with a value.
    Completed,
    /// Ended with an error.
    Failed,
    /// Ended by the caller.
    Cancelled,
    /// Cannot go on without help.
    Blocked,
}

impl StatusKind {
    /// Whether the run has ended for good or until `retry()`.
    #[must_use]
    pub fn is_finished(self) -> bool {
        match self {
            Self::Completed | Self::Failed | Self::Cancelled => true,
            Self::Running | Self::WaitingForSignal | Self::Sleeping | Self::Compensating | Self::Blocked => {
                false
            }
        }
    }
}

/// What the indexes hold of a record. A backend moves a run's keys when this changes from one revision to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// The workflow's durable name.
    pub workflow: String,
    /// When the run was started: listings are in this order, then by id.
    pub created: Timestamp,
    /// By which it is listed.
    pub status: StatusKind,
    /// Whether there is something to do now, a task to run or a message to take: what recovery looks for at start. A run that
    /// only waits, for a signal, a time or a retry, is not ready.
    pub ready: bool,
    /// The earliest point in time at which the run wants to be woken.
    pub due: Option<Timestamp>,
    /// The signals it waits for, sorted, each once.
    pub waiting: Vec<String>,
}

impl Record {
    /// The leaves of a live run.
    #[must_use]
    pub fn leaves(&self) -> &[LeafRecord] {
        match &self.phase {
            Phase::Live { leaves } => leaves,
            Phase::Completed { .. }
            | Phase::Failed { .. }
            | Phase::Cancelled { .. }
            | Phase::Blocked { .. } => &[],
        }
    }

    /// By which it is listed.
    #[must_use]
    pub fn status(&self) -> StatusKind {
        match &self.phase {
            Phase::Live { .. } if self.ending.is_some() => StatusKind::Compensating,
            Phase::Live { leaves } => {
                let any = |wanted: fn(&LeafKind) -> bool| leaves.iter().any(|leaf| wanted(&leaf.kind));
                if any(|kind| matches!(kind, LeafKind::Task { .. } | LeafKind::Spawn { .. })) {
                    StatusKind::Running
                } else if any(|kind| matches!(kind, LeafKind::Signal { .. })) {
                    StatusKind::WaitingForSignal
                } else {
                    StatusKind::Sleeping
                }
            }
            Phase::Completed { .. } => StatusKind::Completed,
            Phase::Failed { .. } => StatusKind::Failed,
            Phase::Cancelled { .. } => StatusKind::Cancelled,
            Phase::Blocked { .. } => StatusKind::Blocked,
        }
    }

    /// Whether a message waits that the wait is to take.
    fn has_message_for(&self, kind: &LeafKind) -> bool {
        let LeafKind::Signal { name, .. } = kind else { return false };
        self.inbox.iter().any(|queue| queue.signal == *name && queue.head < queue.tail)
    }

    /// What the indexes hold of it.
    #[must_use]
    pub fn index(&self) -> IndexEntry {
        let leaves = self.leaves();
        let mut waiting: Vec<String> = leaves
            .iter()
            .filter_map(|leaf| match &leaf.kind {
                LeafKind::Signal { name, .. } => Some(name.clone()),
                LeafKind::Task { .. } | LeafKind::Timer { .. } | LeafKind::Spawn { .. } => None,
            })
            .collect();
        waiting.sort();
        waiting.dedup();
        let live = matches!(self.phase, Phase::Live { .. });
        IndexEntry {
            workflow: self.workflow.clone(),
            created: self.created,
            status: self.status(),
            ready: leaves.iter().any(|leaf| leaf.kind.is_ready() || self.has_message_for(&leaf.kind)),
            due: leaves
                .iter()
                .filter_map(|leaf| leaf.kind.due())
                .chain(self.deadline.filter(|_| live && self.ending.is_none()))
                .min(),
            waiting,
        }
    }
}
