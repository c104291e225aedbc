//! `join_all!` and `try_join_all!`: one operation for each item, at most `max` of them at a time.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::branch::Branch;
use super::{Leaves, Operation, Polled};
use crate::project::Sides;
use crate::step::{Fault, Step};

/// `join_all!(item in items => price(item)).await`: yields a `Vec` of the outputs, in the order of the items.
#[derive(Serialize, Deserialize)]
#[serde(bound(
    serialize = "O: Serialize, O::Output: Serialize",
    deserialize = "O: DeserializeOwned, O::Output: DeserializeOwned"
))]
pub struct JoinAll<O: Operation>(Branches<O, O::Output>);

/// `try_join_all!(item in items => price(item)).await`: like [`JoinAll`] for operations that yield a `Result`; the first
/// error ends it, and the other branches are cancelled. `T` is what is kept of a branch: its success.
#[derive(Serialize, Deserialize)]
#[serde(bound(
    serialize = "O: Serialize, T: Serialize",
    deserialize = "O: DeserializeOwned, T: DeserializeOwned"
))]
pub struct TryJoinAll<O, T>(Branches<O, T>);

#[derive(Serialize, Deserialize)]
#[serde(bound(
    serialize = "O: Serialize, T: Serialize",
    deserialize = "O: DeserializeOwned, T: DeserializeOwned"
))]
struct Branches<O, T> {
    branches: Vec<Branch<O, T>>,
    max: Option<usize>,
}

impl<O: Operation> JoinAll<O> {
    /// Of these operations, at most `max` at a time; all at once by default. A `max` of 0 counts as 1.
    pub fn new(operations: impl IntoIterator<Item = O>, max: Option<usize>) -> Self {
        Self(Branches::new(operations, max))
    }
}

impl<O: Operation, T> TryJoinAll<O, T> {
    /// Of these operations, at most `max` at a time; all at once by default. A `max` of 0 counts as 1.
    pub fn new(operations: impl IntoIterator<Item = O>, max: Option<usize>) -> Self {
        Self(Branches::new(operations, max))
    }
}

impl<O: Operation, T> Branches<O, T> {
    fn new(operations: impl IntoIterator<Item = O>, max: Option<usize>) -> Self {
        Self { branches: operations.into_iter().map(Branch::new).collect(), max: max.map(|max| max.max(1)) }
    }

    /// Moves the branch that the outcome is for, or without one all that wait, then begins others while there is room.
    /// `Ok(Ok(Polled::Ready(..)))`: all are done.
    fn advance<E>(
        mut self,
        step: &mut Step<'_>,
        keep: impl Fn(O::Output) -> Result<T, E>,
    ) -> Result<Result<Polled<Self, Vec<T>>, E>, Fault> {
        if let Some(number) = step.branch() {
            let branch = usize::try_from(number).ok().and_then(|index| self.branches.get_mut(index));
            let branch = branch.ok_or_else(|| Fault::Misrouted("join_all".into()))?;
            if let Err(error) = branch.advance(number, step, &keep)? {
                return Ok(Err(error));
            }
        } else {
            // What an upgrade has built may hold branches that only seem to have begun.
            for (number, branch) in (0u32..).zip(&mut self.branches).filter(|(_, branch)| branch.is_waiting())
            {
                if let Err(error) = branch.advance(number, step, &keep)? {
                    return Ok(Err(error));
                }
            }
        }
        let mut running = self.branches.iter().filter(|branch| branch.is_waiting()).count();
        for (number, branch) in (0u32..).zip(&mut self.branches).filter(|(_, branch)| branch.is_queued()) {
            if self.max.is_some_and(|max| running >= max) {
                break;
            }
            if let Err(error) = branch.advance(number, step, &keep)? {
                return Ok(Err(error));
            }
            running += usize::from(branch.is_waiting());
        }
        Ok(Ok(if self.branches.iter().all(Branch::is_done) {
            Polled::Ready(self.branches.into_iter().filter_map(Branch::into_done).collect())
        } else {
            Polled::Pending(self)
        }))
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        for (number, branch) in (0u32..).zip(&self.branches) {
            branch.leaves(number, leaves);
        }
    }
}

impl<O: Operation> fmt::Debug for JoinAll<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinAll").field("branches", &self.0.branches.len()).finish_non_exhaustive()
    }
}

impl<O, T> fmt::Debug for TryJoinAll<O, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryJoinAll").field("branches", &self.0.branches.len()).finish_non_exhaustive()
    }
}

impl<O: Operation> Operation for JoinAll<O> {
    type Output = Vec<O::Output>;

    fn poll(self, step: &mut Step<'_>) -> Result<Polled<Self, Self::Output>, Fault> {
        let Ok(polled) = self.0.advance(step, Ok::<_, std::convert::Infallible>)?;
        Ok(match polled {
            Polled::Pending(branches) => Polled::Pending(Self(branches)),
            Polled::Ready(outputs) => Polled::Ready(outputs),
        })
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        self.0.leaves(leaves);
    }
}

impl<O: Operation, T> Operation for TryJoinAll<O, T>
where
    O::Output: Sides<Ok = T> + Into<Result<T, <O::Output as Sides>::Err>>,
{
    type Output = Result<Vec<T>, <O::Output as Sides>::Err>;

    fn poll(self, step: &mut Step<'_>) -> Result<Polled<Self, Self::Output>, Fault> {
        Ok(match self.0.advance(step, Into::into)? {
            Ok(Polled::Pending(branches)) => Polled::Pending(Self(branches)),
            Ok(Polled::Ready(outputs)) => Polled::Ready(Ok(outputs)),
            Err(error) => {
                step.cancel_branches();
                Polled::Ready(Err(error))
            }
        })
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        self.0.leaves(leaves);
    }
}
