//! A workflow without its types: what the engine drives.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{Progress, Workflow, WorkflowState};
use crate::caught::caught;
use crate::codec::{Incompatible, StateReader, Unencodable};
use crate::durable::Stored;
use crate::ids::{Name, RunId};
use crate::operation::{Leaf, Leaves};
use crate::signal::SignalDeclaration;
use crate::step::{Fault, Step};
use crate::task::{Kind, Verdict};
use crate::versions::{Field, Fields, Place, StoredState, UpgradeError};

/// A workflow without its types: what the engine drives.
pub trait Program: Send + Sync {
    /// The durable name.
    fn name(&self) -> Name;
    /// The signals of the body.
    fn signals(&self) -> &[SignalDeclaration];
    /// The limit of a whole run.
    fn timeout(&self) -> Option<std::time::Duration>;
    /// Whether a run can begin with this: a `W::Input`.
    fn takes(&self, input: &(dyn Any + Send)) -> bool;
    /// The state before the first move, from `Box<W::Input>`.
    ///
    /// # Panics
    /// If it is another type, one that the program does not [take](Self::takes).
    fn begin(&self, input: Box<dyn Any + Send>) -> Box<dyn LiveState>;
    /// Reads a stored state.
    ///
    /// # Errors
    /// If it does not fit this binary.
    fn decode(&self, state: &Stored) -> Result<Box<dyn LiveState>, Incompatible>;
    /// Makes a state of this version out of a stored one that [`decode`](Self::decode) refused; `None` without an upgrade.
    fn upgrade(&self, _state: &Stored) -> Option<Result<Box<dyn LiveState>, UpgradeError>> {
        None
    }
    /// Takes up a stored state, by the upgrade if it does not read as it is.
    ///
    /// # Errors
    /// Why not, for people.
    fn revive(&self, state: &Stored) -> Result<Revived, String> {
        let refused = match caught(|| self.decode(state)) {
            Ok(Ok(live)) => return Ok(Revived { live, is_upgraded: false }),
            Ok(Err(Incompatible { detail })) => detail,
            Err(panic) => panic,
        };
        match caught(|| self.upgrade(state)) {
            Ok(None) => Err(refused),
            Ok(Some(Ok(live))) => Ok(Revived { live, is_upgraded: true }),
            Ok(Some(Err(error))) => Err(error.to_string()),
            Err(panic) => Err(format!("the upgrade panicked: {panic}")),
        }
    }
    /// The fingerprint of what is saved at a place; `None` if runs cannot wait there.
    fn schema(&self, place: &str) -> Option<u32>;
    /// Whether there is an upgrade from earlier versions.
    fn has_upgrade(&self) -> bool {
        false
    }
    /// Every place where a run can wait, the start first; empty if the program cannot be held against a file of states.
    fn places(&self) -> &'static [Place] {
        &[]
    }
    /// What is saved at each place.
    fn fields(&self) -> Vec<Field> {
        Vec::new()
    }
}

/// A stored state in memory again.
pub struct Revived {
    /// The state.
    pub live: Box<dyn LiveState>,
    /// Whether it was one of an earlier version.
    pub is_upgraded: bool,
}

impl fmt::Debug for Revived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.live.variant_name();
        f.debug_struct("Revived").field("at", &place).field("is_upgraded", &self.is_upgraded).finish()
    }
}

/// A state in memory, without its type.
pub trait LiveState: Send {
    /// The variant's name.
    fn variant_name(&self) -> &'static str;
    /// The fingerprint of what is saved here.
    fn schema(&self) -> u32;
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

/// That every signal which the state waits for can be sent.
///
/// # Errors
/// The first that cannot.
pub(crate) fn can_be_sent(live: &dyn LiveState, signals: &[SignalDeclaration]) -> Result<(), Incompatible> {
    let mut unknown = None;
    live.leaves(&mut Leaves::new(&mut |_, leaf| {
        if let Leaf::Signal { name, .. } = leaf
            && !signals.iter().any(|signal| signal.name == name)
        {
            unknown.get_or_insert_with(|| name.to_owned());
        }
    }));
    let place = live.variant_name();
    unknown.map_or(Ok(()), |signal| {
        let detail = format!("`{place}` waits for the signal `{signal}`, which this program does not have");
        Err(Incompatible { detail })
    })
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

    fn takes(&self, input: &(dyn Any + Send)) -> bool {
        input.is::<W::Input>()
    }

    fn begin(&self, input: Box<dyn Any + Send>) -> Box<dyn LiveState> {
        let input = input.downcast::<W::Input>().expect("an engine begins a run with what its program takes");
        Box::new(Typed::<W>(W::begin(*input)))
    }

    fn decode(&self, state: &Stored) -> Result<Box<dyn LiveState>, Incompatible> {
        let state = W::State::decode(&StateReader::new(state)?)?;
        Ok(Box::new(Typed::<W>(state)))
    }

    fn upgrade(&self, state: &Stored) -> Option<Result<Box<dyn LiveState>, UpgradeError>> {
        let upgrade = W::UPGRADE?;
        let upgraded = StoredState::new(state).map_err(UpgradeError::from).and_then(upgrade);
        Some(upgraded.map(|state| Box::new(Typed::<W>(state)) as Box<dyn LiveState>))
    }

    fn schema(&self, place: &str) -> Option<u32> {
        W::State::PLACES.iter().find(|known| known.name == place).map(|known| known.schema)
    }

    fn has_upgrade(&self) -> bool {
        W::UPGRADE.is_some()
    }

    fn places(&self) -> &'static [Place] {
        W::State::PLACES
    }

    fn fields(&self) -> Vec<Field> {
        let run = RunId::new("described").expect("it is neither empty nor long");
        let mut fields = Fields::default();
        W::describe(&mut fields, &Step::begin(&run, jiff::Timestamp::UNIX_EPOCH));
        fields.sorted()
    }
}

struct Typed<W: Workflow>(W::State);

impl<W: Workflow> LiveState for Typed<W> {
    fn variant_name(&self) -> &'static str {
        self.0.variant_name()
    }

    fn schema(&self) -> u32 {
        self.0.place().schema
    }

    fn encode(&self) -> Result<Stored, Unencodable> {
        self.0.encode()
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        self.0.leaves(leaves);
    }

    fn advance(mut self: Box<Self>, step: &mut Step<'_>) -> Advanced {
        let Self(state) = *self;
        match W::advance(state, step) {
            Progress::Waits(state) => {
                // The next state takes the room of this one.
                *self = Self(state);
                Advanced::Waits(self)
            }
            Progress::Returned(output) => Advanced::Returned(W::Kind::outcome(&output)),
            Progress::Fault(fault) => Advanced::Fault(fault),
        }
    }
}
