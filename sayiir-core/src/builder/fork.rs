//! `.fork()`: several branches at the same time, each stored when it is done.

mod running;

use std::future::Future;
use std::marker::PhantomData;

use super::value::{Value, ValueCodec, next, peeked};
use super::{StepError, StepValue, WorkflowBuilder};
use running::{Arm, Forking};

/// The branches of a fork: [`branch`](Self::branch) for each, [`join`](Self::join) for what becomes of their outputs.
///
/// Every branch begins with a copy of the output `O` of the step before the fork. A branch without steps keeps that output for
/// the join. A branch that fails fails the run; the others are then cancelled.
///
/// ```
/// use sayiir::prelude::*;
///
/// let flow = WorkflowBuilder::new(WorkflowContext::new())
///     .then("submit", |amount: u32| async move { Ok(amount) })
///     .fork()
///     .branch("amount", |flow| flow)
///     .branch("budget", |flow| flow.then("ask_for_budget", |_: u32| async { Ok(1000_u32) }))
///     .join("compare", |(amount, budget)| async move { Ok(amount <= budget) })
///     .build();
/// ```
#[must_use = "a fork is closed by `.join(..)`"]
pub struct Fork<I, O, T> {
    builder: WorkflowBuilder<I, O>,
    arms: Vec<Arm>,
    gather: Box<Gather<T>>,
    outputs: PhantomData<fn() -> T>,
}

/// Makes the tuple of the branches' outputs.
type Gather<T> = dyn Fn(&mut dyn Iterator<Item = Value>) -> T + Send + Sync;

impl<I, O> Fork<I, O, ()> {
    pub(super) fn new(builder: WorkflowBuilder<I, O>) -> Self {
        Self { builder, arms: Vec::new(), gather: Box::new(|_| ()), outputs: PhantomData }
    }
}

impl<I, O, T: 'static> Fork<I, O, T> {
    /// Adds a branch. Its name, unique in the fork, is that under which its output is stored until all are done.
    pub fn branch<B: StepValue>(
        self,
        name: &'static str,
        branch: impl FnOnce(WorkflowBuilder<O, O>) -> WorkflowBuilder<O, B>,
    ) -> Fork<I, O, T::Longer>
    where
        T: HasRoomFor<B>,
    {
        let Self { builder, mut arms, gather, .. } = self;
        arms.push(Arm { name, steps: builder.branch(branch), codec: ValueCodec::of::<B>() });
        let gather = move |values: &mut dyn Iterator<Item = Value>| {
            let outputs = gather(values);
            outputs.and(next(values))
        };
        Fork { builder, arms, gather: Box::new(gather), outputs: PhantomData }
    }

    /// Waits for all branches, and runs a step on the tuple of their outputs, in the order of the branches.
    pub fn join<B, F, R>(self, step: &'static str, body: F) -> WorkflowBuilder<I, B>
    where
        O: Clone + Send + 'static,
        T: StepValue,
        B: StepValue,
        F: Fn(T) -> R + Send + Sync + 'static,
        R: Future<Output = Result<B, StepError>> + Send + 'static,
    {
        let Self { builder, arms, gather, .. } = self;
        let forking = Forking {
            join: step,
            arms,
            copy: Box::new(|value: &Value| Box::new(peeked::<O>(value).clone())),
            gather: Box::new(move |values| Box::new(gather(values))),
        };
        builder.stage::<T>(forking).then(step, body)
    }
}

/// The outputs of a fork's branches so far, up to seven: a tuple that one more can be put to. A fork has at most eight branches;
/// more of them fork again within one.
pub trait HasRoomFor<T> {
    /// With one more.
    type Longer: 'static;
    /// Puts one more to it.
    fn and(self, output: T) -> Self::Longer;
}

macro_rules! outputs {
    ($($output:ident $value:ident),*) => {
        impl<$($output: 'static,)* T: 'static> HasRoomFor<T> for ($($output,)*) {
            type Longer = ($($output,)* T,);
            fn and(self, output: T) -> Self::Longer {
                let ($($value,)*) = self;
                ($($value,)* output,)
            }
        }
    };
}

outputs!();
outputs!(A a);
outputs!(A a, B b);
outputs!(A a, B b, C c);
outputs!(A a, B b, C c, D d);
outputs!(A a, B b, C c, D d, E e);
outputs!(A a, B b, C c, D d, E e, F f);
outputs!(A a, B b, C c, D d, E e, F f, G g);

impl<I, O, T> std::fmt::Debug for Fork<I, O, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fork")
            .field("builder", &self.builder)
            .field("branches", &self.arms.len())
            .finish_non_exhaustive()
    }
}
