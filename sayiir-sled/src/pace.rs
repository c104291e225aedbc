//! How long a sync takes and how long a commit takes to apply, and what follows from it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// No group waits longer than this for one more commit.
const MOST_PATIENCE: Duration = Duration::from_millis(1);

/// Moving averages, in nanoseconds.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    sync: AtomicU64,
    commit: AtomicU64,
}

impl Pace {
    pub(crate) fn synced(&self, took: Duration) {
        learn(&self.sync, took);
    }

    pub(crate) fn applied(&self, commits: usize, took: Duration) {
        learn(&self.commit, took / u32::try_from(commits.max(1)).unwrap_or(u32::MAX));
    }

    /// Waiting half as long as a sync for commits that save another one is worth it.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_nanos(self.sync.load(Ordering::Relaxed) / 2).min(MOST_PATIENCE)
    }

    /// So many commits take twice as long to apply as a sync takes: by then they are better served with a group of their own
    /// while the one before it is synced. Of fewer, one group with the next to come costs less than two.
    pub(crate) fn enough(&self) -> usize {
        let (sync, commit) = (self.sync.load(Ordering::Relaxed), self.commit.load(Ordering::Relaxed));
        usize::try_from(2 * sync / commit.max(1)).unwrap_or(usize::MAX)
    }
}

/// One thread at a time learns each of the two.
fn learn(average: &AtomicU64, took: Duration) {
    let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
    let before = average.load(Ordering::Relaxed);
    let after = if before == 0 { took } else { before - before / 8 + took / 8 };
    average.store(after, Ordering::Relaxed);
}
