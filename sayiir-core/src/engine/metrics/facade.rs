//! The way to the recorder of the `metrics` facade.

use std::time::{Duration, Instant};

/// Measures one commit.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }
}

pub(super) fn committed(stopwatch: &Stopwatch) {
    metrics::counter!("sayiir_commits_total").increment(1);
    metrics::histogram!("sayiir_commit_seconds").record(stopwatch.0.elapsed());
}

pub(super) fn stepped(task: &'static str, took: Duration) {
    metrics::counter!("sayiir_steps_total", "task" => task).increment(1);
    metrics::histogram!("sayiir_step_seconds", "task" => task).record(took);
}

pub(super) fn retried(task: &'static str) {
    metrics::counter!("sayiir_retries_total", "task" => task).increment(1);
}

pub(super) fn parked() {
    metrics::counter!("sayiir_parked_total").increment(1);
}

pub(super) fn woken(lag: Duration) {
    metrics::histogram!("sayiir_due_lag_seconds").record(lag);
}
