//! A workflow whose body is data: what `#[workflow]` would make of a body that interprets a list of operations.

mod branches;
mod current;
mod limited;

use std::collections::VecDeque;
use std::time::Duration;

use sayiir_core::arguments::Array;
use sayiir_core::codec::{Incompatible, StateReader, StateWriter, Unencodable, saved};
use sayiir_core::durable::Stored;
use sayiir_core::operation::{Callable, Child, Leaves, Polled};
use sayiir_core::signal::{Plain, Signal, SignalDeclaration};
use sayiir_core::step::Step;
use sayiir_core::task::Fallible;
use sayiir_core::versions::{Fields, Place};
use sayiir_core::workflow::{ErrorForm, Invocation, Progress, Registry, Upgrade, Workflow, WorkflowState};
use serde::{Deserialize, Serialize};

use self::current::Current;
pub(crate) use self::limited::Limited;
use crate::promises::tasks::{Once, Release, Scarce, Sturdy, Timed, Work};

/// One operation of a script. Each adds a line to what the run returns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Op {
    /// A task without options; its error becomes a line.
    Work(String),
    /// The same; its error ends the workflow.
    Try(String),
    /// The same without an end of the workflow; when it succeeds, `release` of the same label is remembered.
    Reserve(String),
    /// Three retries, 10 to 30 seconds apart.
    Sturdy(String),
    /// At most 10 seconds for an attempt.
    Timed(String),
    /// Never repeated after a crash.
    Once(String),
    /// Two attempts at a time.
    Scarce(String),
    Wait(String),
    /// With who sent it.
    WaitReceived(String),
    WaitWithin(String, u64),
    /// Only what is sent after the wait began.
    Fresh(String, u64),
    Sleep(u64),
    /// All of them, in parallel.
    All(Vec<Op>),
    /// The first that ends.
    First(Vec<Op>),
    /// Another script; its error ends the workflow.
    Child(Vec<Op>),
    /// The same; its error becomes a line.
    Caught(Vec<Op>),
    /// `join!` of two scripts.
    Join(Vec<Op>, Vec<Op>),
    /// `try_join!` of two scripts.
    TryJoin(Vec<Op>, Vec<Op>),
    /// `join_all!` of scripts, so many at a time.
    JoinAll(Vec<Vec<Op>>, Option<usize>),
    /// `try_join_all!` of scripts, so many at a time.
    TryJoinAll(Vec<Vec<Op>>, Option<usize>),
    /// `select!` of two scripts.
    Select(Vec<Op>, Vec<Op>),
    /// `spawn!` of a script under an id.
    Spawn(String, Vec<Op>),
    /// Panics while the stretch of this name is broken.
    Buggy(String),
    /// Ends the workflow with an error while the stretch of this name is broken.
    Doubtful(String),
    /// Does not come back while the stretch of this name is broken.
    Endless(String),
    /// Returns something that JSON cannot hold.
    Unencodable,
}

pub(crate) fn work(label: &str) -> Op {
    Op::Work(label.into())
}

pub(crate) fn wait(signal: &str) -> Op {
    Op::Wait(signal.into())
}

pub(crate) fn within(signal: &str, seconds: u64) -> Op {
    Op::WaitWithin(signal.into(), seconds)
}

pub(crate) struct Scripted;

impl Scripted {
    pub(crate) const GO: Signal<String> = Signal::new("go");
    pub(crate) const STOP: Signal<String> = Signal::new("stop");

    pub(crate) fn call(ops: impl IntoIterator<Item = Op>) -> Invocation<Self> {
        Invocation::new((ops.into_iter().collect(),))
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Script {
    rest: VecDeque<Op>,
    pub(crate) lines: Vec<String>,
    current: Current,
}

/// Where a script can wait.
#[derive(Debug)]
pub(crate) enum ScriptedState {
    Begin { script: Script },
    At { script: Script },
}

impl Callable for Scripted {
    type Operation = Child<Self>;
    type Arguments = (Vec<Op>,);
    type Intake = Array;

    fn register(registry: &mut Registry) {
        registry.workflow::<Self>();
    }
}

impl Workflow for Scripted {
    type Input = (Vec<Op>,);
    type Return = Result<Vec<String>, String>;
    type Output = Vec<String>;
    type Kind = Fallible;
    type State = ScriptedState;
    const NAME: &'static str = "scripted";
    const SIGNALS: &'static [SignalDeclaration] =
        &[SignalDeclaration::new::<Plain<String>>("go"), SignalDeclaration::new::<Plain<String>>("stop")];
    const DIAGRAM: &'static str = "";
    const TIMEOUT: Option<Duration> = None;
    const UPGRADE: Option<Upgrade<ScriptedState>> = None;

    fn describe(_fields: &mut Fields, _step: &Step<'_>) {}

    fn errors() -> ErrorForm<Self::Return> {
        kept()
    }

    fn begin((ops,): Self::Input) -> ScriptedState {
        ScriptedState::Begin {
            script: Script { rest: ops.into(), lines: Vec::new(), current: Current::Nothing },
        }
    }

    fn output(stored: &Stored) -> Result<Vec<String>, serde_json::Error> {
        stored.decode()
    }

    fn advance(state: ScriptedState, step: &mut Step<'_>) -> Progress<ScriptedState, Self::Return> {
        let (mut script, mut begins) = match state {
            ScriptedState::Begin { script } => (script, true),
            ScriptedState::At { script } => (script, false),
        };
        loop {
            if begins {
                match script.rest.pop_front() {
                    Some(op) => script.current = Current::new(op),
                    None => return Progress::Returned(Ok(script.lines)),
                }
            }
            match std::mem::replace(&mut script.current, Current::Nothing).poll(step) {
                Err(fault) => return Progress::Fault(fault),
                Ok(Polled::Pending(current)) => {
                    script.current = current;
                    return Progress::Waits(ScriptedState::At { script });
                }
                Ok(Polled::Ready(Err(error))) => return Progress::Returned(Err(error)),
                Ok(Polled::Ready(Ok(line))) => script.lines.push(line),
            }
            step.renew();
            begins = true;
        }
    }

    fn register_callees(registry: &mut Registry) {
        registry.task::<Work>();
        registry.task::<Release>();
        registry.compensates();
        registry.task::<Sturdy>();
        registry.task::<Timed>();
        registry.task::<Once>();
        registry.task::<Scarce>();
        Self::register(registry);
    }
}

/// As generated code asks for it.
fn kept() -> ErrorForm<<Scripted as Workflow>::Return> {
    use sayiir_core::bounds::{Kept, KeptWhole};
    (&&&&&Kept::<<Scripted as Workflow>::Return>::new()).form()
}

impl WorkflowState for ScriptedState {
    const PLACES: &'static [Place] = &[
        Place { name: "Begin", numbered: None, schema: 1 },
        Place { name: "At", numbered: None, schema: 2 },
    ];

    fn place(&self) -> &'static Place {
        match self {
            Self::Begin { .. } => &Self::PLACES[0],
            Self::At { .. } => &Self::PLACES[1],
        }
    }

    fn describe(_fields: &mut Fields) {}

    fn encode(&self) -> Result<Stored, Unencodable> {
        let mut writer = StateWriter::variant(self.variant_name());
        match self {
            Self::Begin { script } | Self::At { script } => writer.field(&saved(), "script", script),
        }
        writer.finish()
    }

    fn decode(reader: &StateReader<'_>) -> Result<Self, Incompatible> {
        match reader.variant_name() {
            "Begin" => Ok(Self::Begin { script: reader.field(&saved(), "script")? }),
            "At" => Ok(Self::At { script: reader.field(&saved(), "script")? }),
            _ => Err(reader.unknown()),
        }
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        match self {
            Self::Begin { .. } => {}
            Self::At { script } => script.current.leaves(leaves),
        }
    }
}
