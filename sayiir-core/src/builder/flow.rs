//! A flow: what the builder built, as a program that the engine can drive.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::sequence::{Described, Sequence};
use super::state::{FlowState, SCHEMA, START};
use super::value::ValueCodec;
use crate::codec::Incompatible;
use crate::durable::{Durable, Stored};
use crate::ids::Name;
use crate::signal::SignalDeclaration;
use crate::workflow::{Invocation, LiveState, Program, Startable, can_be_sent};

/// A workflow made of closures, as [`WorkflowBuilder`](super::WorkflowBuilder) builds it: what a
/// [`CheckpointingRunner`](super::CheckpointingRunner) runs in the foreground, or an [`Engine`](crate::engine::Engine) that it is
/// registered with by `.flow(&flow)`. A clone is the same flow.
///
/// ```
/// use sayiir::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let double = WorkflowBuilder::new(WorkflowContext::new())
///     .then("double", |n: u32| async move { Ok(n * 2) })
///     .name("double")
///     .build();
/// let engine = Engine::builder().backend(InMemoryBackend::new()).flow(&double).start().await?;
/// let run = engine.start("run-1", double.invoke(4)).await?;
/// assert_eq!(run.result().await?, 8);
/// # Ok(())
/// # }
/// ```
pub struct Flow<I, O> {
    program: Arc<FlowProgram>,
    types: PhantomData<fn(I) -> O>,
}

impl<I: Durable, O: Durable> Startable for Flow<I, O> {
    type Input = I;
    type Output = O;

    fn encode(input: &I) -> Result<Stored, serde_json::Error> {
        Stored::encode(input)
    }

    fn decode(output: &Stored) -> Result<O, serde_json::Error> {
        output.decode()
    }
}

impl<I: Durable, O: Durable> Flow<I, O> {
    pub(super) fn new(name: Option<&'static str>, sequence: Arc<Sequence>) -> Self {
        let mut described = Described::default();
        described.step(START);
        sequence.describe(&mut described);
        let program = FlowProgram {
            name: name.map_or_else(|| identity(&described).into(), Into::into),
            is_named: name.is_some(),
            signals: described.signals,
            twice: described.twice,
            steps: described.steps,
            shape: Shape { sequence, input: ValueCodec::of::<I>(), output: ValueCodec::of::<O>() },
        };
        Self { program: Arc::new(program), types: PhantomData }
    }

    /// The flow with what a run begins with: what [`Engine::start`](crate::engine::Engine::start) takes.
    pub fn invoke(&self, input: I) -> Invocation<Self> {
        Invocation::of(self.program.name.clone(), input)
    }
}

impl<I, O> Flow<I, O> {
    /// The name under which runs are stored: the given one, or that of all steps in their order.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.program.name
    }

    pub(crate) fn program(&self) -> &Arc<FlowProgram> {
        &self.program
    }
}

/// Which flow it is, where nobody named it: its steps, in order.
fn identity(described: &Described) -> String {
    let steps: Vec<_> = described.steps.iter().copied().filter(|step| *step != START).collect();
    steps.join(" → ")
}

/// A flow without its types.
pub(crate) struct FlowProgram {
    name: Name,
    is_named: bool,
    signals: Vec<SignalDeclaration>,
    twice: Vec<&'static str>,
    steps: Vec<&'static str>,
    shape: Shape,
}

/// What a run of a flow needs to go on.
#[derive(Clone)]
pub(super) struct Shape {
    pub(super) sequence: Arc<Sequence>,
    pub(super) input: ValueCodec,
    pub(super) output: ValueCodec,
}

impl FlowProgram {
    /// The name, unless it is only that of the steps.
    pub(crate) fn given_name(&self) -> Option<&str> {
        self.is_named.then_some(&*self.name)
    }

    /// Names that two steps have, or two branches of a fork.
    pub(crate) fn names_used_twice(&self) -> &[&'static str] {
        &self.twice
    }
}

impl Program for FlowProgram {
    fn name(&self) -> Name {
        self.name.clone()
    }

    fn signals(&self) -> &[SignalDeclaration] {
        &self.signals
    }

    fn timeout(&self) -> Option<Duration> {
        None
    }

    fn takes(&self, input: &(dyn Any + Send)) -> bool {
        self.shape.input.fits(input)
    }

    fn begin(&self, input: Box<dyn Any + Send>) -> Box<dyn LiveState> {
        Box::new(FlowState::start(self.shape.clone(), input))
    }

    fn decode(&self, state: &Stored) -> Result<Box<dyn LiveState>, Incompatible> {
        let state = FlowState::decode(&self.shape, state)?;
        can_be_sent(&state, &self.signals)?;
        Ok(Box::new(state))
    }

    fn schema(&self, place: &str) -> Option<u32> {
        self.steps.contains(&place).then_some(SCHEMA)
    }
}

impl<I, O> Clone for Flow<I, O> {
    fn clone(&self) -> Self {
        Self { program: Arc::clone(&self.program), types: PhantomData }
    }
}

impl<I, O> std::fmt::Debug for Flow<I, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Flow").field("name", &self.program.name).finish_non_exhaustive()
    }
}
