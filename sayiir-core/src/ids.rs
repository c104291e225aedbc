//! The names of things: one newtype each, so that no bare string or number crosses a boundary.

mod idempotency_key;
mod incarnation;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use idempotency_key::IdempotencyKey;
pub use incarnation::Incarnation;

/// The name of a run, chosen by the caller: any non-empty UTF-8 of at most 255 bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(std::sync::Arc<str>);

/// A run id that is empty or too long.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("a run id has 1 to {} bytes, this one has {length}", RunId::MAX_BYTES)]
pub struct InvalidRunId {
    /// Its length in bytes.
    pub length: usize,
}

impl RunId {
    /// The longest id, in bytes.
    pub const MAX_BYTES: usize = 255;

    /// Checks and takes an id.
    ///
    /// # Errors
    /// If it is empty or longer than [`RunId::MAX_BYTES`].
    pub fn new(id: &str) -> Result<Self, InvalidRunId> {
        if id.is_empty() || id.len() > Self::MAX_BYTES {
            return Err(InvalidRunId { length: id.len() });
        }
        Ok(Self(id.into()))
    }

    /// The id as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RunId {
    type Error = InvalidRunId;
    fn try_from(id: String) -> Result<Self, InvalidRunId> {
        Self::new(&id)
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.as_str().to_owned()
    }
}

/// So that the id of a listed run is taken where a text is: `engine.retry(&run.id)`.
impl AsRef<str> for RunId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

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
