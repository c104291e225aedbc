//! `.delay(..)`.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::sequence::{Described, Fields, Moved, Resumed, Stage, Waiting};
use super::value::{Value, typed};
use crate::durable::{Durable, Stored};
use crate::operation::{Leaves, Operation, Polled, Sleep};
use crate::step::Step;

/// The stage.
pub(super) struct Delay<T> {
    step: &'static str,
    length: Duration,
    value: PhantomData<fn() -> T>,
}

/// A delay that has begun, with the value that it hands on.
struct Delayed<T> {
    step: &'static str,
    sleep: Sleep,
    value: T,
}

/// The field of the timer.
const SLEEP: &str = "sleep";
/// The field of the value.
const VALUE: &str = "value";

impl<T> Delay<T> {
    pub(super) fn new(step: &'static str, length: Duration) -> Self {
        Self { step, length, value: PhantomData }
    }
}

impl<T: Durable> Stage for Delay<T> {
    fn begin(self: Arc<Self>, value: Value, step: &mut Step<'_>) -> Moved {
        let sleep = Sleep::For(self.length);
        Box::new(Delayed::<T> { step: self.step, sleep, value: typed(value) }).poll(step)
    }

    fn resume(self: Arc<Self>, step: &str, fields: &Fields) -> Resumed {
        let (sleep, value) = fields.get(SLEEP).zip(fields.get(VALUE)).filter(|_| step == self.step)?;
        let delayed = || Ok(Delayed::<T> { step: self.step, sleep: sleep.decode()?, value: value.decode()? });
        Some(delayed().map(|delayed| Box::new(delayed) as Box<dyn Waiting>))
    }

    fn describe(&self, described: &mut Described) {
        described.step(self.step);
    }
}

impl<T: Durable> Waiting for Delayed<T> {
    fn step(&self) -> &'static str {
        self.step
    }

    fn encode(&self) -> Result<Fields, serde_json::Error> {
        let (sleep, value) = (Stored::encode(&self.sleep)?, Stored::encode(&self.value)?);
        Ok(Fields::from([(SLEEP.into(), sleep), (VALUE.into(), value)]))
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        self.sleep.leaves(leaves);
    }

    fn poll(self: Box<Self>, step: &mut Step<'_>) -> Moved {
        let Self { step: name, sleep, value } = *self;
        Ok(match sleep.poll(step)? {
            Polled::Pending(sleep) => Polled::Pending(Box::new(Self { step: name, sleep, value })),
            Polled::Ready(()) => Polled::Ready(Ok(Box::new(value))),
        })
    }
}
