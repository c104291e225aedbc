//! What a script waits for: one operation, as the state holds it.

use std::time::Duration;

use sayiir_core::operation::{
    Child, Join, JoinAll, Leaves, Operation, Polled, Select, Selected2, SignalWait, SignalWithin, Sleep,
    Spawn, TaskCall, TryJoin, TryJoinAll,
};
use sayiir_core::signal::{Plain, Received};
use sayiir_core::step::{Fault, Step};
use sayiir_core::workflow::Workflow;
use serde::{Deserialize, Serialize};

use super::branches::{self, Branch};
use super::{Op, Scripted};
use crate::promises::tasks::{Once, Release, Scarce, Sturdy, Timed, Work, WorkError};
use crate::promises::world::{is_broken, stand_still};

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Current {
    Nothing,
    Work(TaskCall<Work>),
    Try(TaskCall<Work>),
    Reserve(TaskCall<Work>),
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
    Caught(Child<Scripted>),
    Join(Join<Pair<Outcome>>),
    TryJoin(TryJoin<Pair<Vec<String>>>),
    JoinAll(JoinAll<Child<Scripted>>),
    TryJoinAll(TryJoinAll<Child<Scripted>, Vec<String>>),
    Select(Select<(Child<Scripted>, Child<Scripted>)>),
    Spawn(Spawn<Scripted>),
    Broken(String),
    Doubtful(String),
    Endless(String),
    Number(f64),
}

type Outcome = <Scripted as Workflow>::Return;
type Pair<T> = (Kept<T>, Kept<T>);
type Kept<T> = sayiir_core::operation::Branch<Child<Scripted>, T>;

/// What an operation comes to: a line, or the error that ends the workflow.
pub(super) type Line = Result<String, String>;

impl Current {
    pub(super) fn new(op: Op) -> Self {
        let seconds = Duration::from_secs;
        match op {
            Op::Work(label) => Self::Work(TaskCall::new((label,))),
            Op::Try(label) => Self::Try(TaskCall::new((label,))),
            Op::Reserve(label) => Self::Reserve(TaskCall::new((label,))),
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
            Op::Child(ops) => Self::Child(child(ops)),
            Op::Caught(ops) => Self::Caught(child(ops)),
            Op::Join(a, b) => Self::Join(Join::new((Kept::new(child(a)), Kept::new(child(b))))),
            Op::TryJoin(a, b) => Self::TryJoin(TryJoin::new((Kept::new(child(a)), Kept::new(child(b))))),
            Op::JoinAll(all, max) => Self::JoinAll(JoinAll::new(all.into_iter().map(child), max)),
            Op::TryJoinAll(all, max) => Self::TryJoinAll(TryJoinAll::new(all.into_iter().map(child), max)),
            Op::Select(a, b) => Self::Select(Select::new((child(a), child(b)))),
            Op::Spawn(id, ops) => Self::Spawn(Spawn::new(id, Scripted::call(ops))),
            Op::Buggy(name) => Self::Broken(name),
            Op::Doubtful(name) => Self::Doubtful(name),
            Op::Endless(name) => Self::Endless(name),
            Op::Unencodable => Self::Number(f64::NAN),
        }
    }

    pub(super) fn poll(self, step: &mut Step<'_>) -> Result<Polled<Self, Line>, Fault> {
        Ok(match self {
            Self::Nothing => Polled::Ready(Ok(String::new())),
            Self::Work(call) => task(call.poll(step)?, Self::Work),
            Self::Try(call) => line(call.poll(step)?, Self::Try, |outcome| {
                outcome.map_err(|error: WorkError| error.to_string())
            }),
            Self::Reserve(call) => reserve(call, step)?,
            Self::Sturdy(call) => task(call.poll(step)?, Self::Sturdy),
            Self::Timed(call) => task(call.poll(step)?, Self::Timed),
            Self::Once(call) => task(call.poll(step)?, Self::Once),
            Self::Scarce(call) => task(call.poll(step)?, Self::Scarce),
            Self::Wait(wait) => line(wait.poll(step)?, Self::Wait, Ok),
            Self::WaitReceived(wait) => line(wait.poll(step)?, Self::WaitReceived, |received| {
                Ok(format!("{} from {}", received.payload, received.by.unwrap_or_default()))
            }),
            Self::Within(wait) => line(wait.poll(step)?, Self::Within, |outcome| {
                Ok(outcome.unwrap_or_else(|timeout| timeout.to_string()))
            }),
            Self::Sleep(sleep) => line(sleep.poll(step)?, Self::Sleep, |()| Ok("slept".into())),
            Self::All(branches) => branches::all(branches, step)?,
            Self::First(branches) => branches::first(branches, step)?,
            Self::Child(child) => line(child.poll(step)?, Self::Child, joined),
            Self::Caught(child) => line(child.poll(step)?, Self::Caught, |outcome| Ok(caught(outcome))),
            Self::Join(join) => {
                line(join.poll(step)?, Self::Join, |(a, b)| Ok(format!("{} & {}", caught(a), caught(b))))
            }
            Self::TryJoin(join) => line(join.poll(step)?, Self::TryJoin, |outcome| {
                Ok(caught(outcome.map(|(a, b)| [a, b].concat())))
            }),
            Self::JoinAll(join) => line(join.poll(step)?, Self::JoinAll, |outcomes| {
                Ok(outcomes.into_iter().map(caught).collect::<Vec<_>>().join(" & "))
            }),
            Self::TryJoinAll(join) => line(join.poll(step)?, Self::TryJoinAll, |outcome| {
                Ok(caught(outcome.map(|all| all.concat())))
            }),
            Self::Select(select) => line(select.poll(step)?, Self::Select, |first| match first {
                Selected2::A(outcome) | Selected2::B(outcome) => Ok(caught(outcome)),
            }),
            Self::Spawn(spawn) => line(spawn.poll(step)?, Self::Spawn, |outcome| {
                Ok(outcome.map_or_else(|taken| taken.to_string(), |run| run.to_string()))
            }),
            Self::Broken(name) => {
                assert!(!is_broken(&name), "{name} is broken");
                passed(&name)
            }
            Self::Doubtful(name) if is_broken(&name) => Polled::Ready(Err(format!("{name} refused"))),
            Self::Doubtful(name) => passed(&name),
            Self::Endless(name) => {
                stand_still(&name);
                passed(&name)
            }
            number @ Self::Number(_) => Polled::Pending(number),
        })
    }

    pub(super) fn leaves(&self, leaves: &mut Leaves<'_>) {
        match self {
            Self::Work(call) | Self::Try(call) | Self::Reserve(call) => call.leaves(leaves),
            Self::Sturdy(call) => call.leaves(leaves),
            Self::Timed(call) => call.leaves(leaves),
            Self::Once(call) => call.leaves(leaves),
            Self::Scarce(call) => call.leaves(leaves),
            Self::Wait(wait) => wait.leaves(leaves),
            Self::WaitReceived(wait) => wait.leaves(leaves),
            Self::Within(wait) => wait.leaves(leaves),
            Self::Sleep(sleep) => sleep.leaves(leaves),
            Self::Child(child) | Self::Caught(child) => child.leaves(leaves),
            Self::Join(join) => join.leaves(leaves),
            Self::TryJoin(join) => join.leaves(leaves),
            Self::JoinAll(join) => join.leaves(leaves),
            Self::TryJoinAll(join) => join.leaves(leaves),
            Self::Select(select) => select.leaves(leaves),
            Self::Spawn(spawn) => spawn.leaves(leaves),
            Self::All(branches) | Self::First(branches) => branches::leaves(branches, leaves),
            Self::Nothing | Self::Broken(_) | Self::Doubtful(_) | Self::Endless(_) | Self::Number(_) => {}
        }
    }
}

fn child(ops: Vec<Op>) -> Child<Scripted> {
    Child::new((ops,))
}

/// Names of signals live as long as the program, as literals do.
fn declared(name: &str) -> &'static str {
    let found = Scripted::SIGNALS.iter().find(|signal| signal.name == name);
    found.expect("scripts use declared signals").name
}

fn line<O, T>(
    polled: Polled<O, T>,
    wrap: impl FnOnce(O) -> Current,
    line: impl FnOnce(T) -> Line,
) -> Polled<Current, Line> {
    match polled {
        Polled::Pending(operation) => Polled::Pending(wrap(operation)),
        Polled::Ready(value) => Polled::Ready(line(value)),
    }
}

fn task<O>(polled: Polled<O, Result<String, WorkError>>, wrap: fn(O) -> Current) -> Polled<Current, Line> {
    line(polled, wrap, |outcome| Ok(outcome.unwrap_or_else(|error| error.to_string())))
}

/// Does the work, and remembers to release what it got.
fn reserve(call: TaskCall<Work>, step: &mut Step<'_>) -> Result<Polled<Current, Line>, Fault> {
    let (label,) = call.input().clone();
    Ok(match call.poll(step)? {
        Polled::Pending(call) => Polled::Pending(Current::Reserve(call)),
        Polled::Ready(Ok(line)) => {
            step.compensate(&TaskCall::<Release>::new((label,)))?;
            Polled::Ready(Ok(line))
        }
        Polled::Ready(Err(error)) => Polled::Ready(Ok(error.to_string())),
    })
}

fn joined(outcome: Outcome) -> Line {
    outcome.map(|lines| lines.join("; "))
}

fn caught(outcome: Outcome) -> String {
    joined(outcome).unwrap_or_else(|error| error)
}

fn passed(name: &str) -> Polled<Current, Line> {
    Polled::Ready(Ok(format!("{name} passed")))
}
