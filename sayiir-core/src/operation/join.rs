//! `join!` and `try_join!`: several operations at once, each checkpointed when it is done.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::branch::Branch;
use super::{Leaves, Operation, Polled};
use crate::project::Sides;
use crate::step::{Fault, Step};

/// `join!(a(x), b(y)).await`: waits for all, and yields a tuple of their outputs. `B` is a tuple of [`Branch`]es.
///
/// Outputs of branches that are done first are stored, so they are `Serialize + DeserializeOwned`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent, bound(serialize = "B: Serialize", deserialize = "B: DeserializeOwned"))]
pub struct Join<B>(B);

/// `try_join!(a(x), b(y)).await`: like [`Join`] for operations that yield a `Result`; the first error ends it, and the other
/// branches are cancelled.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent, bound(serialize = "B: Serialize", deserialize = "B: DeserializeOwned"))]
pub struct TryJoin<B>(B);

impl<B> Join<B> {
    /// Of these branches.
    pub fn new(branches: B) -> Self {
        Self(branches)
    }
}

impl<B> TryJoin<B> {
    /// Of these branches.
    pub fn new(branches: B) -> Self {
        Self(branches)
    }
}

/// What a finished branch of [`TryJoin`] keeps.
type OkOf<O> = <<O as Operation>::Output as Sides>::Ok;

macro_rules! join {
    ($($operation:ident $branch:ident $number:literal),*) => {
        impl<$($operation: Operation),*> Operation for Join<($(Branch<$operation, $operation::Output>,)*)> {
            type Output = ($($operation::Output,)*);

            fn poll(self, step: &mut Step<'_>) -> Result<Polled<Self, Self::Output>, Fault> {
                let ($(mut $branch,)*) = self.0;
                let only = step.branch();
                $(
                    if only.is_none_or(|only| only == $number) {
                        let Ok(()) = $branch.advance($number, step, Ok::<_, std::convert::Infallible>)?;
                    }
                )*
                if !($($branch.is_done())&&*) {
                    return Ok(Polled::Pending(Self(($($branch,)*))));
                }
                match ($($branch.into_done(),)*) {
                    ($(Some($branch),)*) => Ok(Polled::Ready(($($branch,)*))),
                    _ => Err(Fault::Misrouted("join".into())),
                }
            }

            fn leaves(&self, leaves: &mut Leaves<'_>) {
                let Self(($($branch,)*)) = self;
                $($branch.leaves($number, leaves);)*
            }
        }

        impl<Error, $($operation: Operation),*> Operation for TryJoin<($(Branch<$operation, OkOf<$operation>>,)*)>
        where
            $($operation::Output: Sides<Err = Error> + Into<Result<OkOf<$operation>, Error>>,)*
        {
            type Output = Result<($(OkOf<$operation>,)*), Error>;

            fn poll(self, step: &mut Step<'_>) -> Result<Polled<Self, Self::Output>, Fault> {
                let ($(mut $branch,)*) = self.0;
                let only = step.branch();
                $(
                    if only.is_none_or(|only| only == $number)
                        && let Err(error) = $branch.advance($number, step, Into::into)?
                    {
                        step.cancel_branches();
                        return Ok(Polled::Ready(Err(error)));
                    }
                )*
                if !($($branch.is_done())&&*) {
                    return Ok(Polled::Pending(Self(($($branch,)*))));
                }
                match ($($branch.into_done(),)*) {
                    ($(Some($branch),)*) => Ok(Polled::Ready(Ok(($($branch,)*)))),
                    _ => Err(Fault::Misrouted("try_join".into())),
                }
            }

            fn leaves(&self, leaves: &mut Leaves<'_>) {
                let Self(($($branch,)*)) = self;
                $($branch.leaves($number, leaves);)*
            }
        }
    };
}

join!(A a 0);
join!(A a 0, B b 1);
join!(A a 0, B b 1, C c 2);
join!(A a 0, B b 1, C c 2, D d 3);
join!(A a 0, B b 1, C c 2, D d 3, E e 4);
join!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5);
join!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6);
join!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7);
