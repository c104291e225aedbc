//! A workflow whose body is data: what `#[workflow]` would make of a body that interprets a list of operations.

use std::collections::VecDeque;
use std::time::Duration;

use sayiir_core::arguments::Array;
use sayiir_core::codec::{Incompatible, StateReader, StateWriter, Unencodable, saved};
use sayiir_core::durable::Stored;
use sayiir_core::operation::{
    Callable, Child, Leaves, Operation, Polled, SignalWait, SignalWithin, Sleep, TaskCall,
};
use sayiir_core::signal::{Plain, Received, Signal, SignalDeclaration};
use sayiir_core::step::{Fault, Step};
use sayiir_core::task::Fallible;
use sayiir_core::versions::{Fields, Place};
use sayiir_core::workflow::{Invocation, Progress, Registry, Upgrade, Workflow, WorkflowState};
use serde::{Deserialize, Serialize};

use crate::tasks::{Once, Scarce, Sturdy, Timed, Work, WorkError};
use crate::world::{is_broken, stand_still};

/// One operation of a script. Each adds a line to what the run returns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Op {
    /// A task without options; its error becomes a line.
    Work(String),
    /// The same; its error ends the workflow.
    Try(String),
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
    Child(Vec<Op>),
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

#[derive(Debug, Serialize, Deserialize)]
enum Current {
    Nothing,
    Work(TaskCall<Work>),
    Try(TaskCall<Work>),
    Sturdy(TaskCall<Sturdy>),
    Timed(TaskCall<Timed>),
    Once(TaskCall<Once>),
    Scarce(TaskCall<Scarce>),
    Wait(SignalWait<Plain<String>>),
    WaitReceived(SignalWait<Received<String>>),
    Within(SignalWithin<Plain<String>>),
    Sleep(Sleep),
    All(Vec<Branch>),
    First(Vec<Branch>),
    Child(Child<Scripted>),
    /// Done at once, with this line.
    Line(String),
    Broken(String),
    Doubtful(String),
    Endless(String),
    Number(f64),
}

#[derive(Debug, Serialize, Deserialize)]
enum Branch {
    Open(Box<Current>),
    Done(String),
}

type Line = Result<String, String>;

impl Current {
    fn new(op: Op) -> Self {
        let seconds = Duration::from_secs;
        match op {
            Op::Work(label) => Self::Work(TaskCall::new((label,))),
            Op::Try(label) => Self::Try(TaskCall::new((label,))),
            Op::Sturdy(label) => Self::Sturdy(TaskCall::new((label,))),
            Op::Timed(label) => Self::Timed(TaskCall::new((label,))),
            Op::Once(label) => Self::Once(TaskCall::new((label,))),
            Op::Scarce(label) => Self::Scarce(TaskCall::new((label,))),
            Op::Wait(name) => Self::Wait(SignalWait::new(declared(&name))),
            Op::WaitReceived(name) => Self::WaitReceived(SignalWait::new(declared(&name))),
            Op::WaitWithin(name, limit) => {
                Self::Within(SignalWait::new(declared(&name)).within(seconds(limit)))
            }
            Op::Fresh(name, limit) => {
                Self::Within(SignalWait::new(declared(&name)).fresh().within(seconds(limit)))
            }
            Op::Sleep(length) => Self::Sleep(Sleep::For(seconds(length))),
            Op::All(ops) => Self::All(ops.into_iter().map(Branch::new).collect()),
            Op::First(ops) => Self::First(ops.into_iter().map(Branch::new).collect()),
            Op::Child(ops) => Self::Child(Child::new((ops,))),
            Op::Buggy(name) => Self::Broken(name),
            Op::Doubtful(name) => Self::Doubtful(name),
            Op::Endless(name) => Self::Endless(name),
            Op::Unencodable => Self::Number(f64::NAN),
        }
    }

    fn poll(self, step: &mut Step<'_>) -> Result<Polled<Self, Line>, Fault> {
        Ok(match self {
            Self::Nothing => Polled::Ready(Ok(String::new())),
            Self::Work(call) => task(call.poll(step)?, Self::Work),
            Self::Try(call) => match call.poll(step)? {
                Polled::Pending(call) => Polled::Pending(Self::Try(call)),
                Polled::Ready(outcome) => Polled::Ready(outcome.map_err(|error| error.to_string())),
            },
            Self::Sturdy(call) => task(call.poll(step)?, Self::Sturdy),
            Self::Timed(call) => task(call.poll(step)?, Self::Timed),
            Self::Once(call) => task(call.poll(step)?, Self::Once),
            Self::Scarce(call) => task(call.poll(step)?, Self::Scarce),
            Self::Wait(wait) => ready(wait.poll(step)?, Self::Wait, |text| text),
            Self::WaitReceived(wait) => ready(wait.poll(step)?, Self::WaitReceived, |received| {
                format!("{} from {}", received.payload, received.by.unwrap_or_default())
            }),
            Self::Within(wait) => ready(wait.poll(step)?, Self::Within, |outcome| match outcome {
                Ok(text) => text,
                Err(timeout) => timeout.to_string(),
            }),
            Self::Sleep(sleep) => ready(sleep.poll(step)?, Self::Sleep, |()| "slept".into()),
            Self::All(branches) => all(poll_branches(branches, step)?),
            Self::First(branches) => first(poll_branches(branches, step)?),
            Self::Child(child) => match child.poll(step)? {
                Polled::Pending(child) => Polled::Pending(Self::Child(child)),
                Polled::Ready(outcome) => Polled::Ready(outcome.map(|lines| lines.join("; "))),
            },
            Self::Line(line) => Polled::Ready(Ok(line)),
            Self::Broken(name) => {
                assert!(!is_broken(&name), "{name} is broken");
                Polled::Ready(Ok(format!("{name} passed")))
            }
            Self::Doubtful(name) if is_broken(&name) => Polled::Ready(Err(format!("{name} refused"))),
            Self::Doubtful(name) => Polled::Ready(Ok(format!("{name} passed"))),
            Self::Endless(name) => {
                stand_still(&name);
                Polled::Ready(Ok(format!("{name} passed")))
            }
            number @ Self::Number(_) => Polled::Pending(number),
        })
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        match self {
            Self::Work(call) | Self::Try(call) => call.leaves(leaves),
            Self::Sturdy(call) => call.leaves(leaves),
            Self::Timed(call) => call.leaves(leaves),
            Self::Once(call) => call.leaves(leaves),
            Self::Scarce(call) => call.leaves(leaves),
            Self::Wait(wait) => wait.leaves(leaves),
            Self::WaitReceived(wait) => wait.leaves(leaves),
            Self::Within(wait) => wait.leaves(leaves),
            Self::Sleep(sleep) => sleep.leaves(leaves),
            Self::Child(child) => child.leaves(leaves),
            Self::All(branches) | Self::First(branches) => {
                for (number, branch) in (0..).zip(branches) {
                    if let Branch::Open(open) = branch {
                        leaves.within(number, |leaves| open.leaves(leaves));
                    }
                }
            }
            Self::Nothing
            | Self::Line(_)
            | Self::Broken(_)
            | Self::Doubtful(_)
            | Self::Endless(_)
            | Self::Number(_) => {}
        }
    }
}

impl Branch {
    fn new(op: Op) -> Self {
        Self::Open(Box::new(Current::new(op)))
    }
}

/// Names of signals live as long as the program, as literals do.
fn declared(name: &str) -> &'static str {
    let found = Scripted::SIGNALS.iter().find(|signal| signal.name == name);
    found.expect("scripts use declared signals").name
}

fn ready<O, T>(polled: Polled<O, T>, wrap: fn(O) -> Current, line: fn(T) -> String) -> Polled<Current, Line> {
    match polled {
        Polled::Pending(operation) => Polled::Pending(wrap(operation)),
        Polled::Ready(value) => Polled::Ready(Ok(line(value))),
    }
}

fn task<O>(polled: Polled<O, Result<String, WorkError>>, wrap: fn(O) -> Current) -> Polled<Current, Line> {
    ready(polled, wrap, |outcome| match outcome {
        Ok(line) => line,
        Err(error) => error.to_string(),
    })
}

fn poll_branches(branches: Vec<Branch>, step: &mut Step<'_>) -> Result<Result<Vec<Branch>, String>, Fault> {
    let chosen = step.branch();
    let mut polled = Vec::new();
    for (number, branch) in (0..).zip(branches) {
        let is_meant = chosen.is_none_or(|chosen| chosen == number);
        polled.push(match branch {
            Branch::Open(open) if is_meant => match step.within(number, |step| open.poll(step))? {
                Polled::Pending(open) => Branch::Open(Box::new(open)),
                Polled::Ready(Ok(line)) => Branch::Done(line),
                Polled::Ready(Err(error)) => return Ok(Err(error)),
            },
            branch @ (Branch::Open(_) | Branch::Done(_)) => branch,
        });
    }
    Ok(Ok(polled))
}

fn all(polled: Result<Vec<Branch>, String>) -> Polled<Current, Line> {
    let branches = match polled {
        Ok(branches) => branches,
        Err(error) => return Polled::Ready(Err(error)),
    };
    let done = |branch: &Branch| match branch {
        Branch::Done(line) => Some(line.clone()),
        Branch::Open(_) => None,
    };
    match branches.iter().map(done).collect::<Option<Vec<_>>>() {
        Some(lines) => Polled::Ready(Ok(lines.join(" & "))),
        None => Polled::Pending(Current::All(branches)),
    }
}

fn first(polled: Result<Vec<Branch>, String>) -> Polled<Current, Line> {
    let branches = match polled {
        Ok(branches) => branches,
        Err(error) => return Polled::Ready(Err(error)),
    };
    let winner = branches.iter().position(|branch| matches!(branch, Branch::Done(_)));
    match winner.map(|place| &branches[place]) {
        Some(Branch::Done(line)) => Polled::Ready(Ok(format!("first: {line}"))),
        Some(Branch::Open(_)) | None => Polled::Pending(Current::First(branches)),
    }
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
        registry.task::<Sturdy>();
        registry.task::<Timed>();
        registry.task::<Once>();
        registry.task::<Scarce>();
        Self::register(registry);
    }
}

/// The same with a limit for the whole run.
pub(crate) struct Limited;

impl Limited {
    pub(crate) fn call(ops: impl IntoIterator<Item = Op>) -> Invocation<Self> {
        Invocation::new((ops.into_iter().collect(),))
    }
}

impl Callable for Limited {
    type Operation = Child<Self>;
    type Arguments = (Vec<Op>,);
    type Intake = Array;

    fn register(registry: &mut Registry) {
        registry.workflow::<Self>();
    }
}

impl Workflow for Limited {
    type Input = (Vec<Op>,);
    type Return = Result<Vec<String>, String>;
    type Output = Vec<String>;
    type Kind = Fallible;
    type State = ScriptedState;
    const NAME: &'static str = "limited";
    const SIGNALS: &'static [SignalDeclaration] = Scripted::SIGNALS;
    const DIAGRAM: &'static str = "";
    const TIMEOUT: Option<Duration> = Some(Duration::from_hours(1));
    const UPGRADE: Option<Upgrade<ScriptedState>> = None;

    fn describe(_fields: &mut Fields, _step: &Step<'_>) {}

    fn begin(input: Self::Input) -> ScriptedState {
        Scripted::begin(input)
    }

    fn output(stored: &Stored) -> Result<Vec<String>, serde_json::Error> {
        stored.decode()
    }

    fn advance(state: ScriptedState, step: &mut Step<'_>) -> Progress<ScriptedState, Self::Return> {
        Scripted::advance(state, step)
    }

    fn register_callees(registry: &mut Registry) {
        Scripted::register_callees(registry);
    }
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
