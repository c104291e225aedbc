//! What an engine has done since it started, in numbers: [`Metrics`]; with the feature `metrics` also through the facade of
//! that name.

#[cfg_attr(feature = "metrics", path = "metrics/facade.rs")]
#[cfg_attr(not(feature = "metrics"), path = "metrics/none.rs")]
mod facade;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub(crate) use facade::Stopwatch;

/// What an engine has done since it started.
///
/// With the cargo feature `metrics` the same goes to the recorder of the [`metrics`](https://docs.rs/metrics) facade, with
/// the times. Names do not change within a major version:
///
/// | name | kind | what |
/// |---|---|---|
/// | `sayiir_commits_total` | counter | commits that the store acknowledged |
/// | `sayiir_commit_seconds` | histogram | how long the store took for each |
/// | `sayiir_steps_total` | counter, by `task` | tasks that succeeded, once their success was stored |
/// | `sayiir_step_seconds` | histogram, by `task` | how long the attempt took that succeeded |
/// | `sayiir_retries_total` | counter, by `task` | attempts that were begun after another one had failed |
/// | `sayiir_parked_total` | counter | how often a run came to wait and left memory |
/// | `sayiir_due_lag_seconds` | histogram | how long after its time a run was woken |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// Commits that the store acknowledged.
    pub commits: u64,
    /// Tasks that succeeded, once their success was stored.
    pub steps: u64,
    /// Attempts that were begun after another one had failed.
    pub retries: u64,
    /// How often a run came to wait and left memory.
    pub parked: u64,
    /// How often a run was woken because its time had come.
    pub woken: u64,
}

/// Counts.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    commits: AtomicU64,
    steps: AtomicU64,
    retries: AtomicU64,
    parked: AtomicU64,
    woken: AtomicU64,
}

impl Meter {
    /// The store acknowledged a commit.
    pub(crate) fn committed(&self, stopwatch: &Stopwatch) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        facade::committed(stopwatch);
    }

    /// A task's success was stored.
    pub(crate) fn stepped(&self, task: &'static str, took: Duration) {
        self.steps.fetch_add(1, Ordering::Relaxed);
        facade::stepped(task, took);
    }

    /// An attempt begins that is not the first.
    pub(crate) fn retried(&self, task: &'static str) {
        self.retries.fetch_add(1, Ordering::Relaxed);
        facade::retried(task);
    }

    /// A run waits and leaves memory.
    pub(crate) fn parked(&self) {
        self.parked.fetch_add(1, Ordering::Relaxed);
        facade::parked();
    }

    /// A run is woken, so long after its time.
    pub(crate) fn woken(&self, lag: Duration) {
        self.woken.fetch_add(1, Ordering::Relaxed);
        facade::woken(lag);
    }

    /// All of it.
    pub(crate) fn read(&self) -> Metrics {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Metrics {
            commits: count(&self.commits),
            steps: count(&self.steps),
            retries: count(&self.retries),
            parked: count(&self.parked),
            woken: count(&self.woken),
        }
    }
}
