//! How a database is opened.

use std::path::Path;
use std::time::Duration;

use sayiir_core::backend::BackendError;

use crate::SledBackend;

/// Files up to this size are let be.
const NEVER_COMPACTED: u64 = 8 * 1024 * 1024;
/// Sled panics if it may have less.
const SMALLEST_CACHE: u64 = 256;
/// How often sled's own thread wakes. It gives one segment of its files free at a time, and syncs.
const COLLECT_EVERY: Duration = Duration::from_millis(500);

/// When a commit is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// When it is on the device: it survives a crash of the process, of the system, and a power loss.
    #[default]
    Sync,
    /// At once, and all are brought to the device this often. A crash of the process, of the system or a power loss may
    /// cost what was acknowledged within the last such period; what is left is consistent, each commit whole or absent.
    Periodic(Duration),
}

/// How a database is opened: [`SledBackend::options`].
#[derive(Debug, Clone)]
#[must_use]
pub struct Options {
    pub(crate) durability: Durability,
    pub(crate) cache_capacity: u64,
    pub(crate) accept_loss: bool,
    pub(crate) compact_above: Option<u32>,
    pub(crate) collect_every: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            durability: Durability::Sync,
            cache_capacity: 128 * 1024 * 1024,
            accept_loss: false,
            compact_above: None,
            collect_every: COLLECT_EVERY,
        }
    }
}

impl Options {
    /// When a commit is acknowledged. Default: [`Durability::Sync`].
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// How many bytes of pages sled keeps in memory, at least 256. Default: 128 MiB.
    pub fn cache_capacity(mut self, bytes: u64) -> Self {
        self.cache_capacity = bytes.max(SMALLEST_CACHE);
        self
    }

    /// Whether to open a database that has lost commits it had acknowledged, with what is left. Default: `false`, such a
    /// database is [`BackendError::Damaged`]; so is, either way, one of which sled can make nothing.
    pub fn accept_loss(mut self, accept: bool) -> Self {
        self.accept_loss = accept;
        self
    }

    /// Whether to compact while opening, if the files have more than so many times the bytes that are live and at least
    /// 8 MiB. While a database is open, [`SledBackend::compact_above`] does the same. Default: never.
    pub fn compact_above(mut self, times: u32) -> Self {
        self.compact_above = Some(times);
        self
    }

    pub(crate) fn wants_compaction(&self, live: u64, files: u64) -> bool {
        self.compact_above.is_some_and(|times| is_wasteful(times, live, files))
    }

    /// Opens the database in this directory, which is created if it is not there.
    ///
    /// # Errors
    /// As [`SledBackend::open`].
    pub fn open(self, path: impl AsRef<Path>) -> Result<SledBackend, BackendError> {
        SledBackend::open_with(path.as_ref(), self)
    }
}

/// Whether the files have more than so many times the live bytes, and are worth the work.
pub(crate) fn is_wasteful(times: u32, live: u64, files: u64) -> bool {
    files > live.saturating_mul(times.into()).max(NEVER_COMPACTED)
}
