//! What a run waits for, as it is stored: one leaf for each thing, with what must survive a restart.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::durable::Stored;
use crate::ids::{LeafPath, Name, RunId, StepNumber};

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
        name: Name,
        /// How many attempts have begun and ended.
        attempts: u32,
        /// What the last of them failed with.
        last_error: Option<String>,
        /// When the next attempt may begin; `None`: at once, or it is running.
        #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::optional")]
        retry_at: Option<Timestamp>,
        /// Whether an `at_most_once` attempt has begun and not ended.
        begun: bool,
        /// The arguments of a compensation; those of other tasks are in the state.
        undoes: Option<Stored>,
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
    /// A task whose first attempt is to begin.
    #[must_use]
    pub fn task(name: impl Into<Name>) -> Self {
        Self::Task {
            name: name.into(),
            attempts: 0,
            last_error: None,
            retry_at: None,
            begun: false,
            undoes: None,
        }
    }

    /// Whether it is a compensation.
    #[must_use]
    pub fn is_undo(&self) -> bool {
        matches!(self, Self::Task { undoes: Some(_), .. })
    }

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
