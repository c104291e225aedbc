//! A value on its way from one stage to the next, without its type.

use std::any::Any;

use crate::durable::{Durable, Stored};
use crate::task::Verdict;

/// What can go from one step of a flow to the next: every [`Durable`] type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot go from one step of a flow to the next",
    label = "what a step takes or yields is stored",
    note = "a stored value is owned, `Send`, and derives `serde::Serialize` and `serde::Deserialize`"
)]
pub trait StepValue: Durable {}

#[diagnostic::do_not_recommend]
impl<T: Durable> StepValue for T {}

/// A value between two stages. Which type it is, the typed builder has made sure of.
pub(super) type Value = Box<dyn Any + Send>;

/// The value as what the builder's types say it is.
pub(super) fn typed<T: 'static>(value: Value) -> T {
    *value.downcast().expect(TIED)
}

/// The same, where it is.
pub(super) fn peeked<T: 'static>(value: &Value) -> &T {
    value.downcast_ref().expect(TIED)
}

/// The output of the next branch of a fork.
pub(super) fn next<T: 'static>(values: &mut dyn Iterator<Item = Value>) -> T {
    typed(values.next().expect("a fork that is done has an output of each branch"))
}

const TIED: &str = "the builder's types tie each stage to the one before it";

/// How a value is stored whose type only the builder knew.
#[derive(Clone, Copy)]
pub(super) struct ValueCodec {
    fits: fn(&(dyn Any + Send)) -> bool,
    encode: fn(&Value) -> Result<Stored, serde_json::Error>,
    decode: fn(&Stored) -> Result<Value, serde_json::Error>,
}

impl ValueCodec {
    pub(super) fn of<T: Durable>() -> Self {
        Self {
            fits: |value| value.is::<T>(),
            encode: |value| Stored::encode(peeked::<T>(value)),
            decode: |stored| Ok(Box::new(stored.decode::<T>()?)),
        }
    }

    /// Whether the value is of the type.
    pub(super) fn fits(&self, value: &(dyn Any + Send)) -> bool {
        (self.fits)(value)
    }

    pub(super) fn encode(&self, value: &Value) -> Result<Stored, serde_json::Error> {
        (self.encode)(value)
    }

    pub(super) fn decode(&self, stored: &Stored) -> Result<Value, serde_json::Error> {
        (self.decode)(stored)
    }

    /// A value that a run ends with.
    pub(super) fn success(&self, value: &Value) -> Verdict {
        Verdict::Success(self.encode(value))
    }
}
