//! `.wait_for_signal(..)`.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::sequence::{Described, Fields, Moved, Resumed, Stage, Waiting};
use super::value::Value;
use crate::durable::{Durable, Stored};
use crate::operation::{Leaves, Operation, Polled, SignalWait, SignalWithin};
use crate::signal::{Plain, SignalDeclaration};
use crate::step::Step;

/// The stage.
pub(super) struct Wait<T> {
    step: &'static str,
    signal: &'static str,
    limit: Option<Duration>,
    payload: PhantomData<fn() -> T>,
}

/// A wait that has begun.
struct Signalled<T> {
    step: &'static str,
    operation: Limited<T>,
}

enum Limited<T> {
    Not(SignalWait<Plain<T>>),
    Within(SignalWithin<Plain<T>>),
}

/// The field of a wait without a limit.
const WAIT: &str = "wait";
/// The field of a wait with one.
const WITHIN: &str = "within";

impl<T> Wait<T> {
    pub(super) fn new(step: &'static str, signal: &'static str, limit: Option<Duration>) -> Self {
        Self { step, signal, limit, payload: PhantomData }
    }
}

impl<T: Durable> Stage for Wait<T> {
    fn begin(self: Arc<Self>, _dropped: Value, step: &mut Step<'_>) -> Moved {
        let wait = SignalWait::<Plain<T>>::new(self.signal);
        let operation = match self.limit {
            None => Limited::Not(wait),
            Some(limit) => Limited::Within(wait.within(limit)),
        };
        Box::new(Signalled { step: self.step, operation }).poll(step)
    }

    fn resume(self: Arc<Self>, step: &str, fields: &Fields) -> Resumed {
        if step != self.step {
            return None;
        }
        let operation = match (fields.get(WAIT), fields.get(WITHIN)) {
            (Some(stored), _) => stored.decode().map(Limited::Not),
            (None, Some(stored)) => stored.decode().map(Limited::Within),
            (None, None) => return None,
        };
        let resumed = |operation| Box::new(Signalled::<T> { step: self.step, operation }) as Box<dyn Waiting>;
        Some(operation.map(resumed))
    }

    fn describe(&self, described: &mut Described) {
        described.step(self.step);
        described.signals.push(SignalDeclaration::new::<Plain<T>>(self.signal));
    }
}

impl<T: Durable> Waiting for Signalled<T> {
    fn step(&self) -> &'static str {
        self.step
    }

    fn encode(&self) -> Result<Fields, serde_json::Error> {
        Ok(match &self.operation {
            Limited::Not(wait) => Fields::from([(WAIT.into(), Stored::encode(wait)?)]),
            Limited::Within(wait) => Fields::from([(WITHIN.into(), Stored::encode(wait)?)]),
        })
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        match &self.operation {
            Limited::Not(wait) => wait.leaves(leaves),
            Limited::Within(wait) => wait.leaves(leaves),
        }
    }

    fn poll(self: Box<Self>, step: &mut Step<'_>) -> Moved {
        let name = self.step;
        let pending =
            |operation| Polled::Pending(Box::new(Self { step: name, operation }) as Box<dyn Waiting>);
        Ok(match self.operation {
            Limited::Not(wait) => match wait.poll(step)? {
                Polled::Pending(wait) => pending(Limited::Not(wait)),
                Polled::Ready(payload) => Polled::Ready(Ok(Box::new(payload))),
            },
            Limited::Within(wait) => match wait.poll(step)? {
                Polled::Pending(wait) => pending(Limited::Within(wait)),
                Polled::Ready(Ok(payload)) => Polled::Ready(Ok(Box::new(payload))),
                Polled::Ready(Err(timeout)) => Polled::Ready(Err(timeout.into())),
            },
        })
    }
}
