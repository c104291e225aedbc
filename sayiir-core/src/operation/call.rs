//! A call of a task: stored as its arguments, which every attempt gets a copy of.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Leaf, Leaves, Operation, Polled};
use crate::arguments;
use crate::durable;
use crate::signal::Timeout;
use crate::step::{Fault, Outcome, Step};
use crate::task::{Attempt, Attempted, Interrupted, Kind, PendingTask, SharedOptions, Surroundings, Task};

/// A task with its arguments, waiting for its outcome.
pub struct TaskCall<T: Task> {
    input: T::Input,
}

impl<T: Task> TaskCall<T> {
    /// The call with these arguments.
    pub fn new(input: T::Input) -> Self {
        Self { input }
    }

    /// The arguments.
    pub fn input(&self) -> &T::Input {
        &self.input
    }
}

impl<T: Task> Operation for TaskCall<T> {
    type Output = T::Output;

    fn poll(self, step: &mut Step<'_>) -> Result<Polled<Self, T::Output>, Fault> {
        match step.take_outcome() {
            None => Ok(Polled::Pending(self)),
            Some(Outcome::Returned(value)) => match value.downcast::<T::Output>() {
                Ok(output) => Ok(Polled::Ready(*output)),
                Err(_) => Err(Fault::Misrouted(format!("task `{}`", T::NAME))),
            },
            Some(Outcome::Recalled(stored)) => match T::Kind::recall(&stored) {
                Ok(output) => Ok(Polled::Ready(output)),
                Err(error) => Err(Fault::Incompatible(crate::codec::Incompatible {
                    detail: format!("the stored outcome of task `{}`: {error}", T::NAME),
                })),
            },
            Some(Outcome::Signal(_) | Outcome::Elapsed | Outcome::Spawned(_) | Outcome::Undone) => {
                Err(Fault::Misrouted(format!("task `{}`", T::NAME)))
            }
        }
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        leaves.leaf(Leaf::Task(self));
    }
}

impl<T: Task> PendingTask for TaskCall<T> {
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn options(&self) -> SharedOptions {
        SharedOptions::Written(&T::OPTIONS)
    }

    fn attempt(&self, around: &Surroundings<'_>) -> Result<Attempt, serde_json::Error> {
        let input = arguments::decode::<T::Intake, T::Input>(&durable::written(self)?)?;
        let run = T::run(input, around);
        Ok(Box::pin(async move { Attempted::new::<T>(run.await) }))
    }

    fn timed_out(&self, timeout: Timeout) -> Option<Attempted> {
        T::timed_out(timeout).map(Attempted::new::<T>)
    }

    fn interrupted(&self, interrupted: Interrupted) -> Option<Attempted> {
        T::interrupted(interrupted).map(Attempted::new::<T>)
    }
}

impl<T: Task> Serialize for TaskCall<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        arguments::serialize::<T::Intake, _, S>(&self.input, serializer)
    }
}

impl<'de, T: Task> Deserialize<'de> for TaskCall<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        arguments::deserialize::<T::Intake, _, D>(deserializer).map(Self::new)
    }
}

impl<T: Task> fmt::Debug for TaskCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TaskCall").field(&T::NAME).finish()
    }
}
