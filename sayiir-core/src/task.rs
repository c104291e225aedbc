//! Tasks: what `#[task]` generates, and what an attempt gives back. What it is given is in `context` and `provided`.

mod context;
mod provided;

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use context::{Surroundings, TaskContext};
pub use provided::{Need, Needs, Provided};

use crate::durable::{Durable, Stored};
use crate::operation::Callable;
use crate::signal::Timeout;

/// A function that a workflow runs as one durable step. Implemented by `#[task]`.
pub trait Task: Callable<Arguments = <Self as Task>::Input> + Sized + Send + Sync + 'static {
    /// The arguments, as a tuple, without injected ones.
    type Input: Send + 'static;
    /// The declared return type.
    type Output: Send + 'static;
    /// How the return type reads: [`Fallible`] or [`Infallible`].
    type Kind: Kind<Self::Output>;
    /// The durable name, under which attempts and history know the task.
    const NAME: &'static str;
    /// What the attribute's options say.
    const OPTIONS: TaskOptions;

    /// Whether an attempt that ended like this is worth another one (`retry_if`).
    fn worth_retrying(_output: &Self::Output) -> bool {
        true
    }

    /// The value of an attempt that exceeded `timeout = …`; `None` for a task without that option.
    #[must_use]
    fn timed_out(_timeout: Timeout) -> Option<Self::Output> {
        None
    }

    /// The value of an `at_most_once` attempt that a crash cut short; `None` for a task without that option.
    #[must_use]
    fn interrupted(_interrupted: Interrupted) -> Option<Self::Output> {
        None
    }

    /// Names the types that have to be provided.
    fn needs(_needs: &mut Needs) {}

    /// One attempt. What it wants of its surroundings it takes before it is polled.
    fn run(
        input: Self::Input,
        around: &Surroundings<'_>,
    ) -> impl Future<Output = Self::Output> + Send + 'static;
}

/// The options of `#[task(..)]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskOptions {
    /// How often a failed attempt is repeated; 0 by default.
    pub retries: u32,
    /// How long to wait before a repetition.
    pub backoff: Backoff,
    /// How long one attempt may take; no limit by default.
    pub timeout: Option<Duration>,
    /// Whether an attempt interrupted by a crash is given up instead of repeated.
    pub at_most_once: bool,
    /// How many attempts of this task one engine runs at a time; no limit by default.
    pub max_concurrent: Option<u32>,
}

impl TaskOptions {
    /// No retries, no limits.
    pub const DEFAULT: Self = Self {
        retries: 0,
        backoff: Backoff { first: Duration::from_millis(200), most: Duration::from_secs(30) },
        timeout: None,
        at_most_once: false,
        max_concurrent: None,
    };

    /// Repeats a failed attempt up to so many times.
    #[must_use]
    pub const fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Waits `first`, then twice as long each time, at most `most`, with jitter; where the two are equal, exactly that long each
    /// time.
    #[must_use]
    pub const fn backoff(mut self, first: Duration, most: Duration) -> Self {
        self.backoff = Backoff { first, most };
        self
    }

    /// Limits one attempt.
    #[must_use]
    pub const fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Gives up an attempt that a crash interrupted.
    #[must_use]
    pub const fn at_most_once(mut self) -> Self {
        self.at_most_once = true;
        self
    }

    /// Runs at most so many attempts of this task at a time.
    #[must_use]
    pub const fn max_concurrent(mut self, most: u32) -> Self {
        self.max_concurrent = Some(most);
        self
    }
}

/// Options on their way from a task to the end of its attempt: they are not copied.
#[derive(Debug, Clone)]
pub enum SharedOptions {
    /// Those of a [`Task`].
    Written(&'static TaskOptions),
    /// Those of a task that is made at run time.
    Made(Arc<TaskOptions>),
}

impl Deref for SharedOptions {
    type Target = TaskOptions;
    fn deref(&self) -> &TaskOptions {
        match self {
            Self::Written(options) => options,
            Self::Made(options) => options,
        }
    }
}

/// Exponential waiting between attempts: `first`, then twice as long each time, never longer than `most`; of that between one
/// half and all, by chance. Where the two are equal the wait is constant, and exactly that long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Before the second attempt.
    pub first: Duration,
    /// The longest wait.
    pub most: Duration,
}

/// An `at_most_once` attempt that a crash cut short: whether its effects happened is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("interrupted: task `{task}` was running when the process ended")]
pub struct Interrupted {
    /// The task's name.
    pub task: String,
}

/// How a return type splits into success and failure.
#[diagnostic::on_unimplemented(
    message = "`{Output}` cannot be what a task or workflow returns",
    label = "this is stored when it is returned",
    note = "a plain value and the `Ok` side of a `Result` derive `serde::Serialize` and `serde::Deserialize` and own their data; the `Err` side implements `Display`"
)]
pub trait Kind<Output> {
    /// What is stored of it.
    fn outcome(output: &Output) -> Verdict;
    /// Reads a success back.
    ///
    /// # Errors
    /// If the document does not fit the type.
    fn recall(stored: &Stored) -> Result<Output, serde_json::Error>;
}

/// A return type whose last path segment is `Result`.
#[derive(Debug)]
pub struct Fallible;

/// Any other return type: every value is a success.
#[derive(Debug)]
pub struct Infallible;

/// What an attempt amounts to.
#[derive(Debug)]
pub enum Verdict {
    /// It succeeded, with this value to store; or the value does not encode.
    Success(Result<Stored, serde_json::Error>),
    /// It failed, with its error and the error's sources as text.
    Failure(String),
}

/// For all that can be displayed: sources are stored only where `{:#}` writes them, as a flow's [`StepError`] does. What the
/// attributes generate asks the type itself.
///
/// [`StepError`]: crate::builder::StepError
#[diagnostic::do_not_recommend]
impl<T: Durable, E: fmt::Display> Kind<Result<T, E>> for Fallible {
    fn outcome(output: &Result<T, E>) -> Verdict {
        match output {
            Ok(value) => Verdict::Success(Stored::encode(value)),
            Err(error) => Verdict::Failure(format!("{error:#}")),
        }
    }
    fn recall(stored: &Stored) -> Result<Result<T, E>, serde_json::Error> {
        stored.decode().map(Ok)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Durable> Kind<T> for Infallible {
    fn outcome(output: &T) -> Verdict {
        Verdict::Success(Stored::encode(output))
    }
    fn recall(stored: &Stored) -> Result<T, serde_json::Error> {
        stored.decode()
    }
}

/// A finished attempt: the value for the body, and what is stored of it.
#[derive(Debug)]
pub struct Attempted {
    /// `Box<T::Output>`.
    pub value: Box<dyn Any + Send>,
    /// What is stored of it.
    pub verdict: Verdict,
    /// Whether `retry_if` allows another attempt. Only asked after a failure.
    pub worth_retrying: bool,
}

impl Attempted {
    /// Judges what an attempt of `T` returned.
    #[must_use]
    pub fn new<T: Task>(output: T::Output) -> Self {
        Self {
            verdict: T::Kind::outcome(&output),
            worth_retrying: T::worth_retrying(&output),
            value: Box::new(output),
        }
    }
}

/// An attempt in progress.
pub type Attempt = Pin<Box<dyn Future<Output = Attempted> + Send>>;

/// A task waiting in a state, as the engine sees it.
pub trait PendingTask: fmt::Debug {
    /// The task's durable name.
    fn name(&self) -> &'static str;
    /// The attribute's options.
    fn options(&self) -> SharedOptions;
    /// Starts an attempt on a copy of the stored input. Runs nothing before it is polled.
    ///
    /// # Errors
    /// If the input does not survive the copy through JSON.
    fn attempt(&self, around: &Surroundings<'_>) -> Result<Attempt, serde_json::Error>;
    /// What [`Task::timed_out`] makes of a timeout.
    fn timed_out(&self, timeout: Timeout) -> Option<Attempted>;
    /// What [`Task::interrupted`] makes of an interruption.
    fn interrupted(&self, interrupted: Interrupted) -> Option<Attempted>;
}
