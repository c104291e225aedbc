//! Workflows: what `#[workflow]` generates, what starts it, and the erased form the engine drives.

mod invocation;
mod program;
mod registry;

pub use invocation::{Invocation, Startable};
pub(crate) use program::can_be_sent;
pub use program::{Advanced, LiveState, Program, Revived};
pub use registry::{LostError, Registry};

use std::fmt;

use crate::codec::{Incompatible, StateReader, Unencodable};
use crate::durable::Stored;
use crate::operation::{Callable, Leaves};
use crate::signal::SignalDeclaration;
use crate::step::{Fault, Step};
use crate::task::Kind;
use crate::versions::{Fields, Place, StoredState, UpgradeError};

/// An async function compiled to a state machine. Implemented by `#[workflow]`.
pub trait Workflow: Callable<Arguments = <Self as Workflow>::Input> + Sized + Send + Sync + 'static {
    /// The arguments, as a tuple.
    type Input: Send + 'static;
    /// The declared return type.
    type Return: Send + 'static;
    /// What a finished run yields: the `Ok` side of a `Result`, or the value itself.
    type Output: Send + 'static;
    /// How the return type reads: [`Fallible`](crate::task::Fallible) or [`Infallible`](crate::task::Infallible).
    type Kind: Kind<Self::Return>;
    /// One variant for each place where the run can wait.
    type State: WorkflowState;
    /// The durable name, under which runs are stored.
    const NAME: &'static str;
    /// The signals of this body; those of child workflows are added at registration.
    const SIGNALS: &'static [SignalDeclaration];
    /// The flow as a Mermaid diagram.
    const DIAGRAM: &'static str;
    /// How long a whole run may take (`timeout = …`).
    const TIMEOUT: Option<std::time::Duration>;
    /// Makes a state of this version out of one of an earlier version (`upgrade = …`).
    const UPGRADE: Option<Upgrade<Self::State>>;

    /// How an error of the body is stored.
    #[must_use]
    fn errors() -> ErrorForm<Self::Return> {
        ErrorForm::Lost
    }

    /// The state before the first move.
    fn begin(input: Self::Input) -> Self::State;

    /// Reads what a finished run yields.
    ///
    /// # Errors
    /// If the document does not fit the type.
    fn output(stored: &Stored) -> Result<Self::Output, serde_json::Error>;

    /// One move: takes the outcome that `step` carries and runs the body to its next suspension point or its end.
    fn advance(state: Self::State, step: &mut Step<'_>) -> Progress<Self::State, Self::Return>;

    /// What is saved at each place. `step` is not moved.
    fn describe(fields: &mut Fields, step: &Step<'_>);

    /// Makes the tasks and child workflows of the body known.
    fn register_callees(registry: &mut Registry);
}

/// How a workflow's error is stored while what the workflow remembered is undone, before the workflow that awaits it sees the
/// error.
#[derive(Debug)]
pub enum ErrorForm<R> {
    /// It never returns one.
    Never,
    /// Like this.
    Stored(ErrorCodec<R>),
    /// Its type cannot be stored.
    Lost,
}

/// Writes and reads what a workflow that failed has returned.
pub struct ErrorCodec<R> {
    /// Writes the error.
    pub keep: fn(&R) -> Result<Stored, serde_json::Error>,
    /// Reads it.
    pub recall: fn(&Stored) -> Result<R, serde_json::Error>,
}

impl<R> fmt::Debug for ErrorCodec<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorCodec").finish_non_exhaustive()
    }
}
/// Makes a state of this version out of one of an earlier version.
pub type Upgrade<S> = fn(StoredState) -> Result<S, UpgradeError>;

/// The place where a run waits, with the variables it still needs.
pub trait WorkflowState: Sized + Send + 'static {
    /// Every place where a run can wait, in source order; the start first.
    const PLACES: &'static [Place];
    /// Where this one waits: one of [`PLACES`](Self::PLACES).
    fn place(&self) -> &'static Place;
    /// The variant's name.
    fn variant_name(&self) -> &'static str {
        self.place().name
    }
    /// Writes the state.
    ///
    /// # Errors
    /// The first variable that does not encode.
    fn encode(&self) -> Result<Stored, Unencodable>;
    /// Reads a state.
    ///
    /// # Errors
    /// If this binary has no such variant, or a variable is missing or does not fit.
    fn decode(reader: &StateReader<'_>) -> Result<Self, Incompatible>;
    /// Shows what is waited for.
    fn leaves(&self, leaves: &mut Leaves<'_>);
    /// What is saved at each place, as far as the syntax names its type.
    fn describe(fields: &mut Fields);
}

/// What a move led to.
#[derive(Debug)]
pub enum Progress<S, R> {
    /// The run waits.
    Waits(S),
    /// The body is done.
    Returned(R),
    /// The machine could not move.
    Fault(Fault),
}
