//! What an attempt is given: its surroundings as it begins, and for the task that asks, a context that it keeps.

use std::cell::OnceCell;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

use tokio_util::sync::CancellationToken;

use super::Provided;
use crate::ids::{IdempotencyKey, RunId};

/// What an attempt knows of itself: a `cx: &TaskContext` parameter receives it.
#[derive(Clone)]
pub struct TaskContext {
    inner: Arc<ContextParts>,
}

struct ContextParts {
    run: RunId,
    key: IdempotencyKey,
    attempt: u32,
    /// Made when somebody first asks for it.
    key_text: OnceLock<String>,
    /// Made when somebody first asks for it.
    cancelled: OnceLock<CancellationToken>,
    progress: Mutex<Option<String>>,
}

impl TaskContext {
    /// Made by the engine for each attempt; `attempt` counts from 1.
    #[must_use]
    pub fn new(run: RunId, key: IdempotencyKey, attempt: u32) -> Self {
        let (key_text, cancelled, progress) = (OnceLock::new(), OnceLock::new(), Mutex::new(None));
        let parts = ContextParts { run, key, attempt, key_text, cancelled, progress };
        Self { inner: Arc::new(parts) }
    }

    /// The run this attempt belongs to.
    #[must_use]
    pub fn run_id(&self) -> &RunId {
        &self.inner.run
    }

    /// Which attempt this is, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.inner.attempt
    }

    /// A key that is the same for every attempt of this step and of no other step or run: 32 hexadecimal digits of the
    /// run's incarnation, the step's number, and the branch where there is one.
    #[must_use]
    pub fn idempotency_key(&self) -> &str {
        self.inner.key_text.get_or_init(|| self.inner.key.to_string())
    }

    /// Fires when the result is no longer wanted.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        self.inner.cancelled.get_or_init(CancellationToken::new)
    }

    /// Says how far the attempt is; `status()` shows the last words. Kept in memory only.
    pub fn report_progress(&self, words: impl Into<String>) {
        *self.inner.progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(words.into());
    }

    /// The last reported progress.
    #[must_use]
    pub fn progress(&self) -> Option<String> {
        self.inner.progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for TaskContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskContext")
            .field("run", &self.inner.run)
            .field("attempt", &self.inner.attempt)
            .field("idempotency_key", &self.idempotency_key())
            .finish_non_exhaustive()
    }
}

/// What an attempt may ask for as it begins. What nobody asks for is not made.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// What the engine was provided with.
    pub provided: &'a Provided,
    /// The run that the attempt belongs to.
    pub run: &'a RunId,
    /// Under which the effects of the step count once.
    pub key: IdempotencyKey,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// The context, once it was asked for.
    pub asked: OnceCell<TaskContext>,
}

impl Surroundings<'_> {
    /// What the attempt knows of itself; always the same one.
    #[must_use]
    pub fn context(&self) -> TaskContext {
        let context = || TaskContext::new(self.run.clone(), self.key.clone(), self.attempt);
        self.asked.get_or_init(context).clone()
    }
}
