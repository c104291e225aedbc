//! One branch of a combinator: not begun, waiting, or done with its output kept.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Leaves, Operation, Polled};
use crate::step::{Fault, Step};

/// One branch. `T` is what is kept of its output.
#[derive(Debug, Serialize, Deserialize)]
#[serde(
    rename_all = "snake_case",
    bound(
        serialize = "O: Serialize, T: Serialize",
        deserialize = "O: DeserializeOwned, T: DeserializeOwned"
    )
)]
pub enum Branch<O, T> {
    /// Its turn has not come.
    Queued(O),
    /// It runs or waits.
    Waiting(O),
    /// It is done.
    Done(T),
    /// Its operation is being moved. Never stored.
    #[serde(skip)]
    Moving,
}

impl<O, T> Branch<O, T> {
    /// Not begun.
    pub fn new(operation: O) -> Self {
        Self::Queued(operation)
    }
}

impl<O: Operation, T> Branch<O, T> {
    /// Moves the branch, and keeps what `keep` makes of its output; `Err` is what the whole combinator ends with.
    pub(super) fn advance<E>(
        &mut self,
        number: u32,
        step: &mut Step<'_>,
        keep: impl FnOnce(O::Output) -> Result<T, E>,
    ) -> Result<Result<(), E>, Fault> {
        let operation = match std::mem::replace(self, Self::Moving) {
            Self::Queued(operation) | Self::Waiting(operation) => operation,
            other @ (Self::Done(_) | Self::Moving) => {
                *self = other;
                return Ok(Ok(()));
            }
        };
        match step.within(number, |step| operation.poll(step))? {
            Polled::Pending(operation) => *self = Self::Waiting(operation),
            Polled::Ready(output) => match keep(output) {
                Ok(kept) => *self = Self::Done(kept),
                Err(error) => return Ok(Err(error)),
            },
        }
        Ok(Ok(()))
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    pub(super) fn is_queued(&self) -> bool {
        matches!(self, Self::Queued(_))
    }

    pub(super) fn is_waiting(&self) -> bool {
        matches!(self, Self::Waiting(_))
    }

    /// The kept output.
    pub(super) fn into_done(self) -> Option<T> {
        match self {
            Self::Done(kept) => Some(kept),
            Self::Queued(_) | Self::Waiting(_) | Self::Moving => None,
        }
    }

    pub(super) fn leaves(&self, number: u32, leaves: &mut Leaves<'_>) {
        if let Self::Waiting(operation) = self {
            leaves.within(number, |leaves| operation.leaves(leaves));
        }
    }
}
