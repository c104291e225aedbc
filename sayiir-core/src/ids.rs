//! The names of things: one newtype each, so that no bare string or number crosses a boundary.

mod idempotency_key;
mod incarnation;
mod run_id;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use idempotency_key::IdempotencyKey;
pub use incarnation::Incarnation;
pub(crate) use run_id::RunMap;
pub use run_id::{InvalidRunId, RunId};

/// The durable name of a workflow, a task or a signal. One that this binary declares is borrowed from it, so that records and
/// events which speak of it are copied for nothing.
pub type Name = Cow<'static, str>;

/// How often a run's record has been written; the first commit writes revision 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Revision(pub u64);

/// How many suspension points a run has entered; it never goes back, also not in loops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepNumber(pub u64);

/// Where a leaf stands inside the operation a run waits for: the branch taken at each `join!` or `select!`, outermost first.
#[derive(Debug, Clone, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct LeafPath(pub Vec<u32>);

// Most paths are empty. Comparing two empty slices as memory, as the derived code does, reads through dangling pointers,
// for nothing, which costs a processor more than all the rest.
impl PartialEq for LeafPath {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.is_under(&other.0)
    }
}

impl std::hash::Hash for LeafPath {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// One of the workflows that a run consists of: its own, or one that was awaited.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Frame {
    /// The branch in which it runs.
    pub path: LeafPath,
    /// How many workflows await it, directly or not; 0 is the run's own.
    pub depth: u32,
}

impl LeafPath {
    /// Whether `self` is `prefix` or below it.
    #[must_use]
    pub fn is_under(&self, prefix: &[u32]) -> bool {
        self.0.len() >= prefix.len() && self.0.iter().zip(prefix).all(|(own, wanted)| own == wanted)
    }
}

impl fmt::Display for LeafPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, branch) in self.0.iter().enumerate() {
            write!(f, "{}{branch}", if index == 0 { "" } else { "." })?;
        }
        Ok(())
    }
}
