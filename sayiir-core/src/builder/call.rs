//! `.then(..)`: a closure that runs as a task.

use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::StepError;
use super::sequence::{Described, Fields, Moved, Resumed, Stage, Waiting};
use super::value::{Value, typed};
use crate::codec::Incompatible;
use crate::durable::{Durable, Stored};
use crate::operation::{Leaf, Leaves, Polled};
use crate::signal::Timeout;
use crate::step::{Fault, Outcome, Step};
use crate::task::{
    Attempt, Attempted, Fallible, Interrupted, Kind, PendingTask, SharedOptions, Surroundings, TaskContext,
    TaskOptions,
};

/// What a step returns.
type Returned<B> = Result<B, StepError>;

/// The user's closure, which makes the future of one attempt.
type Body<A, B> = dyn Fn(TaskContext, A) -> BoxFuture<'static, Returned<B>> + Send + Sync;

/// The stage.
pub(super) struct Call<A, B> {
    step: &'static str,
    options: Arc<TaskOptions>,
    body: Arc<Body<A, B>>,
}

/// The closure with its input, waiting for its outcome.
struct Calling<A, B> {
    call: Arc<Call<A, B>>,
    input: A,
}

/// The field of the input.
const INPUT: &str = "input";

impl<A: Durable, B: Durable> Call<A, B> {
    pub(super) fn new<F, R>(step: &'static str, options: TaskOptions, body: F) -> Self
    where
        F: Fn(TaskContext, A) -> R + Send + Sync + 'static,
        R: Future<Output = Returned<B>> + Send + 'static,
    {
        Self {
            step,
            options: Arc::new(options),
            body: Arc::new(move |context, input| Box::pin(body(context, input))),
        }
    }
}

impl<A: Durable, B: Durable> Stage for Call<A, B> {
    fn begin(self: Arc<Self>, input: Value, _step: &mut Step<'_>) -> Moved {
        Ok(Polled::Pending(Box::new(Calling { call: self, input: typed(input) })))
    }

    fn resume(self: Arc<Self>, step: &str, fields: &Fields) -> Resumed {
        let input = fields.get(INPUT).filter(|_| step == self.step)?.decode();
        Some(input.map(|input| Box::new(Calling { call: self, input }) as Box<dyn Waiting>))
    }

    fn describe(&self, described: &mut Described) {
        described.step(self.step);
    }
}

impl<A: Durable, B: Durable> Waiting for Calling<A, B> {
    fn step(&self) -> &'static str {
        self.call.step
    }

    fn encode(&self) -> Result<Fields, serde_json::Error> {
        Ok(Fields::from([(INPUT.into(), Stored::encode(&self.input)?)]))
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        leaves.leaf(Leaf::Task(self));
    }

    fn poll(self: Box<Self>, step: &mut Step<'_>) -> Moved {
        let name = self.call.step;
        let misrouted = || Fault::Misrouted(format!("step `{name}`"));
        let output: Returned<B> = match step.take_outcome() {
            None => return Ok(Polled::Pending(self)),
            Some(Outcome::Returned(value)) => *value.downcast().map_err(|_| misrouted())?,
            Some(Outcome::Recalled(stored)) => Fallible::recall(&stored).map_err(|error| Incompatible {
                detail: format!("the stored outcome of step `{name}`: {error}"),
            })?,
            Some(Outcome::Signal(_) | Outcome::Elapsed | Outcome::Spawned(_) | Outcome::Undone) => {
                return Err(misrouted());
            }
        };
        Ok(Polled::Ready(output.map(|output| Box::new(output) as Value)))
    }
}

impl<A: Durable, B: Durable> PendingTask for Calling<A, B> {
    fn name(&self) -> &'static str {
        self.call.step
    }

    fn options(&self) -> SharedOptions {
        SharedOptions::Made(Arc::clone(&self.call.options))
    }

    fn attempt(&self, around: &Surroundings<'_>) -> Result<Attempt, serde_json::Error> {
        let input: A = Stored::encode(&self.input)?.decode()?;
        let (body, context) = (Arc::clone(&self.call.body), around.context());
        // The closure's own code belongs to the attempt, whose panics are caught.
        Ok(Box::pin(async move { attempted(body(context, input).await) }))
    }

    fn timed_out(&self, timeout: Timeout) -> Option<Attempted> {
        Some(attempted::<B>(Err(timeout.into())))
    }

    fn interrupted(&self, interrupted: Interrupted) -> Option<Attempted> {
        Some(attempted::<B>(Err(interrupted.into())))
    }
}

fn attempted<B: Durable>(output: Returned<B>) -> Attempted {
    Attempted { verdict: Fallible::outcome(&output), worth_retrying: true, value: Box::new(output) }
}

impl<A, B> std::fmt::Debug for Calling<A, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Calling").field(&self.call.step).finish()
    }
}
