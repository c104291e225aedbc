//! Workflows put together from closures: [`WorkflowBuilder`], the [`Flow`] that it builds, and [`CheckpointingRunner`], which
//! drives one in the foreground.
//!
//! A flow is a list of stages, typed while it is built and erased afterwards. To the engine it is a program like any
//! `#[workflow]`: its state is where the run waits, found again by the step's name, and the value that goes in there.

mod call;
mod context;
mod delay;
mod errors;
mod flow;
mod fork;
mod one_run;
mod route;
mod runner;
mod sequence;
mod state;
mod step_error;
mod value;
mod wait;

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

pub use context::WorkflowContext;
pub use errors::{ResumeError, RunError};
pub use flow::Flow;
pub(crate) use flow::FlowProgram;
pub use fork::{Fork, HasRoomFor};
pub use route::{Route, RouteKey};
pub use runner::CheckpointingRunner;
pub use step_error::StepError;
pub use value::StepValue;

use crate::task::TaskContext;
use call::Call;
use delay::Delay;
use sequence::{Sequence, Stage};
use wait::Wait;

/// Puts a [`Flow`] together, step by step. `I` is what a run begins with, `O` what the last step so far yields.
///
/// Each step takes what the one before it yields; anything else does not compile. Each has a name, under which its attempts
/// and its place on disk are known: names are unique in a flow, the branches of its routes and forks included, which is
/// checked when it is run or registered.
///
/// Values between steps are stored, so they are [`Durable`](crate::durable::Durable). A step's closure is to the engine what a
/// `#[task]` is: its result is stored when it is done and it never runs again, its effects happen at least once, its panic is a
/// failed attempt. How often it is repeated, its [`WorkflowContext`] says. It fails with a [`StepError`], which every error can
/// be made into.
///
/// ```
/// use std::time::Duration;
///
/// use sayiir::prelude::*;
///
/// let expense = WorkflowBuilder::new(WorkflowContext::new())
///     .then("submit", |amount: u32| async move {
///         if amount == 0 {
///             return Err("nothing to pay".into());
///         }
///         Ok(amount)
///     })
///     .wait_for_signal("wait", "manager_approval", Some(Duration::from_hours(48)))
///     .then("report", |by: String| async move { Ok(format!("approved by {by}")) })
///     .name("expense")
///     .build();
/// assert_eq!(expense.name(), "expense");
/// ```
#[must_use = "a flow is made by `.build()`"]
pub struct WorkflowBuilder<I, O> {
    context: WorkflowContext,
    name: Option<&'static str>,
    stages: Vec<Arc<dyn Stage>>,
    types: PhantomData<fn(I) -> O>,
}

impl<T> WorkflowBuilder<T, T> {
    /// A flow without steps, which yields what it begins with.
    pub fn new(context: WorkflowContext) -> Self {
        Self { context, name: None, stages: Vec::new(), types: PhantomData }
    }
}

impl<I, O> WorkflowBuilder<I, O> {
    /// Runs a closure on what the step before yields. Its `Ok` side is the step's output; its error fails the run.
    pub fn then<B, F, R>(self, step: &'static str, body: F) -> WorkflowBuilder<I, B>
    where
        O: StepValue,
        B: StepValue,
        F: Fn(O) -> R + Send + Sync + 'static,
        R: Future<Output = Result<B, StepError>> + Send + 'static,
    {
        self.then_with(step, move |_, input| body(input))
    }

    /// Like [`then`](Self::then), for a closure that wants to know its run, its attempt or its idempotency key.
    ///
    /// ```
    /// use sayiir::prelude::*;
    ///
    /// async fn transfer(key: &str, amount: u32) -> Result<String, std::io::Error> {
    ///     Ok(format!("{amount} under {key}"))
    /// }
    ///
    /// let payment = WorkflowBuilder::new(WorkflowContext::new().retries(5))
    ///     .then_with("pay", |cx: TaskContext, amount: u32| async move {
    ///         Ok(transfer(cx.idempotency_key(), amount).await?)
    ///     })
    ///     .build();
    /// ```
    pub fn then_with<B, F, R>(self, step: &'static str, body: F) -> WorkflowBuilder<I, B>
    where
        O: StepValue,
        B: StepValue,
        F: Fn(TaskContext, O) -> R + Send + Sync + 'static,
        R: Future<Output = Result<B, StepError>> + Send + 'static,
    {
        let options = self.context.options();
        self.stage(Call::new(step, options, body))
    }

    /// Waits for a signal and yields its payload; what the step before yields is dropped.
    ///
    /// The payload's type is what the next step takes; where nothing follows, it is written: `wait_for_signal::<Approval>(..)`.
    /// With a limit, counted from the commit that begins the wait, the run fails once it has passed: its error contains
    /// `timeout`, the signal's name and the limit.
    ///
    /// ```
    /// use sayiir::prelude::*;
    ///
    /// let two_looks = WorkflowBuilder::<u32, u32>::new(WorkflowContext::new())
    ///     .wait_for_signal("first_look", "first", None)
    ///     .then("note", |by: String| async move { Ok(by) })
    ///     .wait_for_signal::<String>("second_look", "second", None)
    ///     .build();
    /// ```
    pub fn wait_for_signal<T: StepValue>(
        self,
        step: &'static str,
        signal: &'static str,
        limit: Option<Duration>,
    ) -> WorkflowBuilder<I, T> {
        self.stage(Wait::<T>::new(step, signal, limit))
    }

    /// Waits that long, counted from the commit that begins the wait, and yields what the step before yields.
    pub fn delay(self, step: &'static str, length: Duration) -> Self
    where
        O: StepValue,
    {
        self.stage(Delay::<O>::new(step, length))
    }

    /// Goes on in one of several branches, chosen by what `key` makes of the last output. The key is looked up in the same
    /// commit that ends the step before, and never again.
    pub fn route<K, B, F>(self, key: F) -> Route<I, O, K, B>
    where
        F: Fn(&O) -> K + Send + Sync + 'static,
    {
        Route::new(self, key)
    }

    /// Goes on in several branches at the same time, each with a copy of the last output.
    pub fn fork(self) -> Fork<I, O, ()>
    where
        O: Clone,
    {
        Fork::new(self)
    }

    /// Names the flow, for good: runs are stored under this name. An engine wants it; without it, a run belongs to the names
    /// of the flow's steps in their order. Within a branch it has no meaning.
    pub fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// The flow, ready to be run. Names that stand in it twice are reported by what runs it.
    #[must_use]
    pub fn build(self) -> Flow<I, O>
    where
        I: StepValue,
        O: StepValue,
    {
        Flow::new(self.name, Sequence::new(self.stages))
    }

    fn stage<B>(mut self, stage: impl Stage + 'static) -> WorkflowBuilder<I, B> {
        self.stages.push(Arc::new(stage));
        WorkflowBuilder { context: self.context, name: self.name, stages: self.stages, types: PhantomData }
    }

    /// The steps of a branch that begins with the last output.
    fn branch<B>(&self, build: impl FnOnce(WorkflowBuilder<O, O>) -> WorkflowBuilder<O, B>) -> Arc<Sequence> {
        Sequence::new(build(WorkflowBuilder::new(self.context.clone())).stages)
    }
}

impl<I, O> std::fmt::Debug for WorkflowBuilder<I, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkflowBuilder")
            .field("name", &self.name)
            .field("stages", &self.stages.len())
            .finish_non_exhaustive()
    }
}
