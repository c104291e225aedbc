//! A workflow without its types: what the engine drives.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{Progress, Workflow, WorkflowState};
use crate::codec::{Incompatible, StateReader, Unencodable};
use crate::durable::Stored;
use crate::ids::Name;
use crate::operation::Leaves;
use crate::signal::SignalDeclaration;
use crate::step::{Fault, Step};
use crate::task::{Kind, Verdict};

/// A workflow without its types: what the engine drives.
pub trait Program: Send + Sync {
    /// The durable name.
    fn name(&self) -> Name;
    /// The signals of the body.
    fn signals(&self) -> &[SignalDeclaration];
    /// The limit of a whole run.
    fn timeout(&self) -> Option<std::time::Duration>;
    /// The state before the first move, from `Box<W::Input>`.
    ///
    /// # Panics
    /// If it is another type; the typed handle guarantees it.
    fn begin(&self, input: Box<dyn Any + Send>) -> Box<dyn LiveState>;
    /// Reads a stored state.
    ///
    /// # Errors
    /// If it does not fit this binary.
    fn decode(&self, state: &Stored) -> Result<Box<dyn LiveState>, Incompatible>;
}

/// A state in memory, without its type.
pub trait LiveState: Send {
    /// The variant's name.
    fn variant_name(&self) -> &'static str;
    /// Writes the state.
    ///
    /// # Errors
    /// The first variable that does not encode.
    fn encode(&self) -> Result<Stored, Unencodable>;
    /// Shows what is waited for.
    fn leaves(&self, leaves: &mut Leaves<'_>);
    /// One move.
    fn advance(self: Box<Self>, step: &mut Step<'_>) -> Advanced;
}

/// What a move of a [`LiveState`] led to.
pub enum Advanced {
    /// The run waits.
    Waits(Box<dyn LiveState>),
    /// The body returned: a success to store, or a failure.
    Returned(Verdict),
    /// The machine could not move.
    Fault(Fault),
}

impl fmt::Debug for Advanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waits(state) => f.debug_tuple("Waits").field(&state.variant_name()).finish(),
            Self::Returned(verdict) => f.debug_tuple("Returned").field(verdict).finish(),
            Self::Fault(fault) => f.debug_tuple("Fault").field(fault).finish(),
        }
    }
}

/// The workflow without its types.
pub(super) fn program_of<W: Workflow>() -> Arc<dyn Program> {
    Arc::new(TypedProgram::<W>(PhantomData))
}

struct TypedProgram<W>(PhantomData<fn() -> W>);

impl<W: Workflow> Program for TypedProgram<W> {
    fn name(&self) -> Name {
        W::NAME.into()
    }

    fn signals(&self) -> &[SignalDeclaration] {
        W::SIGNALS
    }

    fn timeout(&self) -> Option<std::time::Duration> {
        W::TIMEOUT
    }

    fn begin(&self, input: Box<dyn Any + Send>) -> Box<dyn LiveState> {
        let input = input.downcast::<W::Input>().expect("an invocation carries its workflow's input");
        Box::new(Typed::<W>(W::begin(*input)))
    }

    fn decode(&self, state: &Stored) -> Result<Box<dyn LiveState>, Incompatible> {
        let state = W::State::decode(&StateReader::new(state)?)?;
        Ok(Box::new(Typed::<W>(state)))
    }
}

struct Typed<W: Workflow>(W::State);

impl<W: Workflow> LiveState for Typed<W> {
    fn variant_name(&self) -> &'static str {
        self.0.variant_name()
    }

    fn encode(&self) -> Result<Stored, Unencodable> {
        self.0.encode()
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        self.0.leaves(leaves);
    }

    fn advance(self: Box<Self>, step: &mut Step<'_>) -> Advanced {
        match W::advance(self.0, step) {
            Progress::Waits(state) => Advanced::Waits(Box::new(Self(state))),
            Progress::Returned(output) => Advanced::Returned(W::Kind::outcome(&output)),
            Progress::Fault(fault) => Advanced::Fault(fault),
        }
    }
}
