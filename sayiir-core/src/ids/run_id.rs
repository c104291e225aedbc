//! The name of a run, and maps by it.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

/// The name of a run, chosen by the caller: any non-empty UTF-8 of at most 255 bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(RunKey);

/// The name with its hash, which is made once: a run is looked up several times in each step.
///
/// Names come from strangers, who could choose them so that they fall together. So it is std's keyed hash, under a key of
/// this process that nobody knows.
#[derive(Clone)]
pub(crate) struct RunKey {
    name: Arc<str>,
    hash: u64,
}

/// A map by run. `run.key()` is looked up.
pub(crate) type RunMap<V> = HashMap<RunKey, V, BuildHasherDefault<KnownHash>>;

static SECRET: LazyLock<RandomState> = LazyLock::new(RandomState::new);

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
        Ok(Self(RunKey { name: id.into(), hash: SECRET.hash_one(id) }))
    }

    /// The id as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.name
    }

    /// By which maps find it.
    pub(crate) fn key(&self) -> &RunKey {
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
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// As its text does, in every process the same.
impl Hash for RunId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for RunKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.name, f)
    }
}

impl PartialEq for RunKey {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.name == other.name
    }
}

impl Eq for RunKey {}

impl PartialOrd for RunKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RunKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name.cmp(&other.name)
    }
}

impl Hash for RunKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// The hash that a [`RunKey`] brings along.
#[derive(Default)]
pub(crate) struct KnownHash(u64);

impl Hasher for KnownHash {
    fn write(&mut self, _: &[u8]) {
        unreachable!("a key of a run writes one number");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashed(value: &impl Hash) -> u64 {
        let mut hasher = std::hash::DefaultHasher::new();
        value.hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn an_id_compares_orders_and_hashes_as_its_text_does() {
        let texts = ["a", "aa", "b", "run-1", "run-10", "run-2"];
        let ids = texts.map(|text| RunId::new(text).expect("a valid id"));
        assert!(ids.is_sorted());
        for (id, text) in ids.iter().zip(texts) {
            assert_eq!(*id, RunId::new(text).expect("a valid id"));
            assert_eq!(hashed(id), hashed(&text));
        }
    }

    #[test]
    fn a_map_finds_what_was_put_in_under_an_equal_id() {
        let id = |number: u32| RunId::new(&format!("run-{number}")).expect("a valid id");
        let mut map: RunMap<u32> = (0..1000).map(|number| (id(number).key().clone(), number)).collect();
        assert_eq!(map.len(), 1000);
        assert_eq!(map.remove(id(7).key()), Some(7));
        assert_eq!(map.get(id(7).key()), None);
        assert_eq!(map.get(id(999).key()), Some(&999));
    }
}
