//! What the flows that are built with it have in common.

use std::time::Duration;

use crate::task::TaskOptions;

/// How the steps of a flow are run: what the options of `#[task(..)]` are to a task. A clone is a copy.
///
/// ```
/// use std::time::Duration;
///
/// use sayiir::prelude::*;
///
/// let patient = WorkflowContext::new()
///     .retries(5)
///     .backoff(Duration::from_millis(200), Duration::from_secs(30))
///     .timeout(Duration::from_secs(10));
/// let flow = WorkflowBuilder::new(patient)
///     .then("fetch", |page: String| async move { Ok(page.len()) })
///     .build();
/// ```
#[derive(Debug, Clone)]
#[must_use = "a context is handed to `WorkflowBuilder::new`"]
pub struct WorkflowContext {
    options: TaskOptions,
}

impl WorkflowContext {
    /// No retries, no limits: the options of a `#[task]` without any.
    pub fn new() -> Self {
        Self { options: TaskOptions::DEFAULT }
    }

    /// How often a failed attempt of a step is repeated. Default: 0.
    pub fn retries(mut self, retries: u32) -> Self {
        self.options = self.options.retries(retries);
        self
    }

    /// How long to wait before a repetition: `first`, then twice as long each time, at most `most`, with jitter; where the two are
    /// equal, exactly that long each time. Default: 200 ms to 30 s.
    pub fn backoff(mut self, first: Duration, most: Duration) -> Self {
        self.options = self.options.backoff(first, most);
        self
    }

    /// How long one attempt of a step may take; after that it has failed with a [`Timeout`](crate::signal::Timeout). Default: no
    /// limit.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.options = self.options.timeout(limit);
        self
    }

    pub(super) fn options(&self) -> TaskOptions {
        self.options
    }
}

impl Default for WorkflowContext {
    fn default() -> Self {
        Self::new()
    }
}
