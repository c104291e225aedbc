//! Without the feature `metrics`: nothing is measured and nothing is told.

use std::time::Duration;

/// Measures nothing.
pub(crate) struct Stopwatch;

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self
    }
}

pub(super) fn committed(_: &Stopwatch) {}

pub(super) fn stepped(_task: &'static str, _took: Duration) {}

pub(super) fn retried(_task: &'static str) {}

pub(super) fn parked() {}

pub(super) fn woken(_lag: Duration) {}
