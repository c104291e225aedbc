//! Workflows: what `#[workflow]` generates, and the erased form the engine drives.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::codec::{Incompatible, StateReader, Unencodable};
use crate::durable::Stored;
use crate::ids::Name;
use crate::operation::{Callable, Leaves, TaskCall};
use crate::signal::SignalDeclaration;
use crate::step::{Fault, Step};
use crate::task::{Kind, Needs, PendingTask, Task, Verdict};

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

/// The place where a run waits, with the variables it still needs.
pub trait WorkflowState: Sized + Send + 'static {
    /// The variant's name.
    fn variant_name(&self) -> &'static str;
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

/// What a run can be a run of: a `#[workflow]`, or a [`Flow`](crate::builder::Flow).
pub trait Startable: Sized + Send + Sync + 'static {
    /// What a run begins with; for a `#[workflow]` its arguments, as a tuple.
    type Input: Send + 'static;
    /// What a finished run yields.
    type Output: Send + 'static;

    /// Writes what a run begins with.
    ///
    /// # Errors
    /// What the encoder reports.
    fn encode(input: &Self::Input) -> Result<Stored, serde_json::Error>;

    /// Reads what a finished run yields.
    ///
    /// # Errors
    /// If the document does not fit the type.
    fn decode(output: &Stored) -> Result<Self::Output, serde_json::Error>;
}

impl<W: Workflow> Startable for W {
    type Input = W::Input;
    type Output = W::Output;

    fn encode(input: &Self::Input) -> Result<Stored, serde_json::Error> {
        crate::arguments::encode::<W::Intake, _>(input)
    }

    fn decode(output: &Stored) -> Result<Self::Output, serde_json::Error> {
        W::output(output)
    }
}

/// A workflow with its arguments: what `engine.start` takes.
#[must_use = "a workflow does nothing until it is started by an engine or awaited in another workflow"]
pub struct Invocation<W: Startable> {
    workflow: Name,
    input: W::Input,
}

impl<W: Workflow> Invocation<W> {
    /// Made by the function that `#[workflow]` generates.
    pub fn new(input: W::Input) -> Self {
        Self::of(W::NAME.into(), input)
    }
}

impl<W: Startable> Invocation<W> {
    /// Of the program that is registered under this name.
    pub(crate) fn of(workflow: Name, input: W::Input) -> Self {
        Self { workflow, input }
    }

    /// The durable name of the workflow.
    pub(crate) fn workflow(&self) -> &Name {
        &self.workflow
    }

    /// The arguments.
    pub fn into_input(self) -> W::Input {
        self.input
    }
}

impl<W: Startable> fmt::Debug for Invocation<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Invocation").field(&self.workflow).finish()
    }
}

/// Reads a task's stored arguments.
type TaskDecoder = fn(&Stored) -> Result<Box<dyn PendingTask>, serde_json::Error>;

/// Everything that the registered workflows reach.
#[derive(Default)]
pub struct Registry {
    programs: BTreeMap<Name, Arc<dyn Program>>,
    tasks: BTreeMap<&'static str, TaskDecoder>,
    /// Workflows by type that are being or have been walked, so that recursion ends.
    seen: BTreeSet<&'static str>,
    /// The workflows that are being walked, outermost first.
    walking: Vec<&'static str>,
    /// Which workflow calls which.
    calls: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// Names that two workflows claim, with what the later one is.
    clashes: Vec<(Name, &'static str)>,
    /// The workflows whose own bodies remember compensations.
    compensating: BTreeSet<&'static str>,
    /// The workflows whose errors cannot be stored, with what they return.
    lossy: BTreeMap<&'static str, &'static str>,
    needs: Needs,
}

/// A workflow that is awaited by another, may have something to undo when it fails, and has an error that cannot be stored
/// meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostError {
    /// The workflow.
    pub workflow: &'static str,
    /// What it returns.
    pub returns: &'static str,
}

impl Registry {
    /// Adds a workflow and, through it, its tasks and children.
    pub fn workflow<W: Workflow>(&mut self) {
        if let Some(caller) = self.walking.last() {
            self.calls.entry(caller).or_default().insert(W::NAME);
        }
        if !self.seen.insert(std::any::type_name::<W>()) {
            return;
        }
        let program = Arc::new(TypedProgram::<W>(PhantomData));
        self.program_named(W::NAME.into(), program, std::any::type_name::<W>());
        if matches!(W::errors(), ErrorForm::Lost) {
            self.lossy.insert(W::NAME, std::any::type_name::<W::Return>());
        }
        self.walking.push(W::NAME);
        W::register_callees(self);
        self.walking.pop();
    }

    /// Adds a workflow that is complete in itself; `kind` says what it is, should its name be taken.
    pub(crate) fn program_named(&mut self, name: Name, program: Arc<dyn Program>, kind: &'static str) {
        if self.programs.insert(name.clone(), program).is_some() {
            self.clashes.push((name, kind));
        }
    }

    /// Adds a task.
    pub fn task<T: Task>(&mut self) {
        self.tasks.insert(T::NAME, |input| {
            let call: TaskCall<T> = input.decode()?;
            Ok(Box::new(call))
        });
        T::needs(&mut self.needs);
    }

    /// The workflow of that name.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<&Arc<dyn Program>> {
        self.programs.get(name)
    }

    /// Adds a workflow that another one starts as a run of its own.
    pub fn spawned<W: Workflow>(&mut self) {
        let walking = std::mem::take(&mut self.walking);
        self.workflow::<W>();
        self.walking = walking;
    }

    /// Says that the body that is being walked remembers compensations.
    pub fn compensates(&mut self) {
        self.compensating.extend(self.walking.last());
    }

    /// The workflows that would have to store an error of a type that cannot be.
    #[must_use]
    pub fn lost_errors(&self) -> Vec<LostError> {
        let awaited: BTreeSet<&str> = self.calls.values().flatten().copied().collect();
        let lossy = self.lossy.iter().filter(|(workflow, _)| awaited.contains(*workflow));
        lossy
            .filter(|(workflow, _)| {
                self.tree_of(workflow).iter().any(|name| self.compensating.contains(name))
            })
            .map(|(workflow, returns)| LostError { workflow, returns })
            .collect()
    }

    /// A task with stored arguments; `None` if no task of that name is known.
    pub(crate) fn stored_task(
        &self,
        name: &str,
        input: &Stored,
    ) -> Option<Result<Box<dyn PendingTask>, serde_json::Error>> {
        self.tasks.get(name).map(|decode| decode(input))
    }

    /// The names of all workflows, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.programs.keys().map(AsRef::as_ref)
    }

    /// Names that more than one workflow claims, each with the later type that does.
    #[must_use]
    pub fn clashes(&self) -> &[(Name, &'static str)] {
        &self.clashes
    }

    /// The signals of a workflow and of all workflows that it calls, directly or not. The same name may come up twice.
    #[must_use]
    pub fn signals_of(&self, workflow: &str) -> Vec<SignalDeclaration> {
        let programs = self.tree_of(workflow).into_iter().filter_map(|name| self.programs.get(name));
        programs.flat_map(|program| program.signals()).copied().collect()
    }

    /// A workflow and all that it calls, directly or not.
    fn tree_of<'a>(&'a self, workflow: &'a str) -> Vec<&'a str> {
        let mut tree = vec![workflow];
        let mut next = 0;
        while let Some(name) = tree.get(next) {
            let callees = self.calls.get(name).into_iter().flatten();
            let new: Vec<_> = callees.copied().filter(|callee| !tree.contains(callee)).collect();
            tree.extend(new);
            next += 1;
        }
        tree
    }

    /// What the tasks want injected.
    #[must_use]
    pub fn needs(&self) -> &Needs {
        &self.needs
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("workflows", &self.programs.keys())
            .field("tasks", &self.tasks.keys())
            .finish_non_exhaustive()
    }
}

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
