//! `select!`: several operations of which the first to be done decides; the others are cancelled.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Leaves, Operation, Polled};
use crate::step::{Fault, Step};

/// The operations of a `select!`, as a tuple.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent, bound(serialize = "O: Serialize", deserialize = "O: DeserializeOwned"))]
pub struct Select<O>(O);

impl<O> Select<O> {
    /// Of these operations.
    pub fn new(operations: O) -> Self {
        Self(operations)
    }
}

macro_rules! select {
    ($name:ident: $($operation:ident $arm:ident $number:literal),*) => {
        /// Which arm of a `select!` was first, with its output.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name<$($operation),*> {
            $(
                /// This one.
                $operation($operation),
            )*
        }

        impl<$($operation: Operation),*> Operation for Select<($($operation,)*)> {
            type Output = $name<$($operation::Output),*>;

            fn poll(self, step: &mut Step<'_>) -> Result<Polled<Self, Self::Output>, Fault> {
                let ($($arm,)*) = self.0;
                let only = step.branch();
                $(
                    let $arm = if only.is_none_or(|only| only == $number) {
                        match step.within($number, |step| $arm.poll(step))? {
                            Polled::Pending(operation) => operation,
                            Polled::Ready(output) => {
                                step.cancel_branches();
                                return Ok(Polled::Ready($name::$operation(output)));
                            }
                        }
                    } else {
                        $arm
                    };
                )*
                Ok(Polled::Pending(Self(($($arm,)*))))
            }

            fn leaves(&self, leaves: &mut Leaves<'_>) {
                let Self(($($arm,)*)) = self;
                $(leaves.within($number, |leaves| $arm.leaves(leaves));)*
            }
        }
    };
}

select!(Selected1: A a 0);
select!(Selected2: A a 0, B b 1);
select!(Selected3: A a 0, B b 1, C c 2);
select!(Selected4: A a 0, B b 1, C c 2, D d 3);
select!(Selected5: A a 0, B b 1, C c 2, D d 3, E e 4);
select!(Selected6: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5);
select!(Selected7: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6);
select!(Selected8: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7);
