//! Runs of the approval, taken from one turn to the next, and what each turn came to.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::approval::{Notify, registry};
use crate::backend::RunChange;
use crate::durable::Stored;
use crate::history::{Digest, Event};
use crate::ids::{IdempotencyKey, Incarnation, RunId};
use crate::machine::{AttemptEnd, Facts, Machine, NewMessage, NewRun, empty_queue};
use crate::task::{Attempted, SharedOptions, Task};
use crate::workflow::Program;

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
}

pub(super) fn program() -> Arc<dyn Program> {
    let registry = registry();
    Arc::clone(registry.program("approval").expect("it is registered"))
}

/// The first turn of a run of the approval, at second 0.
pub(super) fn first_turn(id: &str, amount: u64) -> Box<Machine> {
    let new = NewRun {
        run: RunId::new(id).expect("a valid id"),
        incarnation: Incarnation(7),
        input_digest: Digest::default(),
        input: Box::new((amount,)),
        inbox: Arc::new([empty_queue("decision")]),
        parent: None,
    };
    Machine::start(new, program(), at(0), None)
}

/// A run of the approval that began at second 0, with its first commit.
pub(super) fn started(amount: u64) -> (RunChange, Box<Machine>) {
    changed(first_turn("exp-001", amount))
}

pub(super) fn resumed(mut run: Box<Machine>, second: i64) -> Box<Machine> {
    run.turn(at(second));
    run
}

/// The same run, read from the store by another process, which knows its workflow or does not.
pub(super) fn read_by(program: Option<Arc<dyn Program>>, run: &Machine) -> Box<Machine> {
    Machine::new(Arc::new(run.record().clone()), program, None)
}

pub(super) fn reread(run: &Machine) -> Box<Machine> {
    read_by(Some(program()), run)
}

pub(super) fn changed(mut turn: Box<Machine>) -> (RunChange, Box<Machine>) {
    let change = turn.close().expect("the turn changed something").changes[0].clone();
    turn.written();
    (change, turn)
}

pub(super) fn decision(text: &str) -> NewMessage {
    NewMessage {
        signal: "decision".into(),
        payload: Stored::encode(text).expect("text encodes"),
        by: None,
        idempotency_key: None,
        only_if_waiting: false,
    }
}

/// Lets everything happen that is ready; all messages came in this turn.
pub(super) fn settle(turn: &mut Machine) {
    assert!(turn.settle().is_none(), "something is needed from outside");
}

pub(super) fn only_leaf(run: &Machine) -> IdempotencyKey {
    match run.record().leaves() {
        [leaf] => run.record().key_of(leaf),
        leaves => panic!("not one leaf: {leaves:?}"),
    }
}

pub(super) fn first_attempt(run: &Machine) -> Facts {
    let facts = Facts::new(only_leaf(run), Notify::NAME, 1, SharedOptions::Written(&Notify::OPTIONS));
    Facts { micros: 5, jitter: u64::MAX, ..facts }
}

pub(super) fn returned(output: Result<String, String>) -> AttemptEnd {
    AttemptEnd::Returned(Attempted::new::<Notify>(output))
}

pub(super) fn events(change: &RunChange) -> Vec<&'static str> {
    let name = |event: &Event| match event {
        Event::Started { .. } => "started",
        Event::StepDone { .. } => "done",
        Event::StepFailed { .. } => "failed attempt",
        Event::StepDiscarded { .. } => "discarded",
        Event::SignalReceived { .. } => "received",
        Event::SignalTaken { .. } => "taken",
        Event::SignalRejected { .. } => "rejected",
        Event::TimerFired { .. } => "fired",
        Event::Completed { .. } => "completed",
        Event::Failed { .. } => "failed",
        Event::Blocked { .. } => "blocked",
        Event::Retried => "retried",
        _ => "another",
    };
    change.history.iter().map(|entry| name(&entry.event)).collect()
}

/// A run that waits for its task.
pub(super) fn notifying() -> Box<Machine> {
    let (_, run) = started(100);
    let mut turn = resumed(run, 10);
    turn.accept(decision("yes"));
    settle(&mut turn);
    changed(turn).1
}
