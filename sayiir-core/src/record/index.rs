//! By what a record is found again: its status, and the entry under which the indexes hold it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{LeafKind, LeafRecord, Phase, Record};
use crate::ids::Name;
use crate::workflow::LiveState;

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
    /// Undoes what was done: before it ends as failed or cancelled, or because a child workflow failed or was cancelled.
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
    pub workflow: Name,
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
    /// Where an unfinished run waits, by which a new binary sees whether it fits.
    pub place: Option<StoredPlace>,
}

/// Where a run waits: the stored variant, and the fingerprint of what is saved there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StoredPlace {
    /// The variant's name.
    pub name: Name,
    /// The fingerprint, a hint: see [`versions`](crate::versions).
    pub schema: u32,
}

impl StoredPlace {
    /// Of a state in memory.
    pub(crate) fn of(live: &dyn LiveState) -> Self {
        Self { name: Name::Borrowed(live.variant_name()), schema: live.schema() }
    }
}

/// What the leaves of a record come to.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is what some leaf may be, whatever the others are")]
struct Seen {
    /// Whether one is a compensation.
    undoes: bool,
    /// Whether one is a task or the start of a run.
    runs: bool,
    /// Whether one waits for a signal.
    waits: bool,
    /// Whether one is to be done now, without a message.
    ready: bool,
    /// When the first of them wants to be woken.
    due: Option<Timestamp>,
}

fn first(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Whether two names are the same. Mostly both are borrowed from one place, and need not be read.
fn is_same(one: &Name, other: &Name) -> bool {
    std::ptr::eq::<str>(one.as_ref(), other.as_ref()) || one == other
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

    /// Whether a signal of this name would be taken at once.
    pub(crate) fn waits_for(&self, signal: &str) -> bool {
        self.leaves().iter().any(|leaf| matches!(&leaf.kind, LeafKind::Signal { name, .. } if name == signal))
    }

    /// By which it is listed.
    #[must_use]
    pub fn status(&self) -> StatusKind {
        self.status_by(&self.look())
    }

    fn status_by(&self, seen: &Seen) -> StatusKind {
        match &self.phase {
            Phase::Live { .. } if seen.undoes || self.ending.is_some() => StatusKind::Compensating,
            Phase::Live { .. } if seen.runs => StatusKind::Running,
            Phase::Live { .. } if seen.waits => StatusKind::WaitingForSignal,
            Phase::Live { .. } => StatusKind::Sleeping,
            Phase::Completed { .. } => StatusKind::Completed,
            Phase::Failed { .. } => StatusKind::Failed,
            Phase::Cancelled { .. } => StatusKind::Cancelled,
            Phase::Blocked { .. } => StatusKind::Blocked,
        }
    }

    /// Looks at each leaf once. Whoever asks takes of it what it needs.
    #[inline]
    fn look(&self) -> Seen {
        let mut seen = Seen::default();
        for LeafRecord { kind, .. } in self.leaves() {
            match kind {
                LeafKind::Task { undoes, .. } => {
                    seen.runs = true;
                    seen.undoes |= undoes.is_some();
                }
                LeafKind::Spawn { .. } => seen.runs = true,
                LeafKind::Signal { .. } => seen.waits = true,
                LeafKind::Timer { .. } => {}
            }
            seen.ready |= kind.is_ready();
            seen.due = first(seen.due, kind.due());
        }
        seen
    }

    fn is_ready_by(&self, seen: &Seen) -> bool {
        seen.ready || seen.waits && self.leaves().iter().any(|leaf| self.has_message_for(&leaf.kind))
    }

    /// Whether a message waits that the wait is to take.
    fn has_message_for(&self, kind: &LeafKind) -> bool {
        let LeafKind::Signal { name, .. } = kind else { return false };
        self.inbox.iter().any(|queue| queue.signal == *name && queue.head < queue.tail)
    }

    /// What the indexes hold of it.
    #[must_use]
    pub fn index(&self) -> IndexEntry {
        let seen = self.look();
        IndexEntry {
            workflow: self.workflow.clone(),
            created: self.created,
            status: self.status_by(&seen),
            ready: self.is_ready_by(&seen),
            due: self.due_by(&seen),
            waiting: self.waiting().into_iter().map(Into::into).collect(),
            place: self.open_place().cloned(),
        }
    }

    /// Whether this is what the indexes hold of it: asked at each step, and mostly so.
    pub(crate) fn is_found_by(&self, entry: &IndexEntry) -> bool {
        let IndexEntry { workflow, created, status, ready, due, waiting, place } = entry;
        let seen = self.look();
        *status == self.status_by(&seen)
            && *ready == self.is_ready_by(&seen)
            && *due == self.due_by(&seen)
            && *created == self.created
            && if seen.waits { *waiting == self.waiting() } else { waiting.is_empty() }
            && match (place, self.open_place()) {
                (Some(held), Some(own)) => held.schema == own.schema && is_same(&held.name, &own.name),
                (held, own) => held.is_none() && own.is_none(),
            }
            && is_same(workflow, &self.workflow)
    }

    fn due_by(&self, seen: &Seen) -> Option<Timestamp> {
        let gives_up = matches!(self.phase, Phase::Live { .. }) && self.ending.is_none();
        first(seen.due, self.deadline.filter(|_| gives_up))
    }

    /// The signals it waits for, sorted, each once.
    fn waiting(&self) -> Vec<&str> {
        let names = self.leaves().iter().filter_map(|leaf| match &leaf.kind {
            LeafKind::Signal { name, .. } => Some(name.as_str()),
            LeafKind::Task { .. } | LeafKind::Timer { .. } | LeafKind::Spawn { .. } => None,
        });
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Where the run waits, unless it has ended or is being undone.
    fn open_place(&self) -> Option<&StoredPlace> {
        let is_open =
            matches!(self.phase, Phase::Live { .. } | Phase::Blocked { .. }) && self.ending.is_none();
        self.place.as_ref().filter(|_| is_open)
    }
}
