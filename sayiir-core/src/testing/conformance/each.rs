//! One of each kind of all that is stored of a run, so that what a backend drops or mistakes shows.

use super::fixture::{
    Sketch, accepted, at, begun, fresh, json, queue, run, spawn, started, task, timer, undo, wait,
};
use crate::history::{Digest, Event};
use crate::ids::{Frame, IdempotencyKey, Incarnation, LeafPath, StepNumber};
use crate::operation::AlreadyExists;
use crate::record::{
    BlockReason, Compensation, Ending, LastOutcome, LeafRecord, Phase, Queue, StoredOutcome, StoredPlace,
};

const ERROR: &str = "„the bank“ is closed";

/// What can happen to a run.
pub(super) fn events() -> Vec<Event> {
    let (task, signal) = ("reimburse", "go");
    let key = |path| IdempotencyKey { incarnation: Incarnation(1 << 127), step: StepNumber(300), path };
    vec![
        started(),
        Event::StepDone {
            task: task.into(),
            key: key(LeafPath::default()),
            attempt: 1,
            micros: u64::MAX,
            output: Digest([3; 32]),
        },
        Event::StepFailed {
            task: task.into(),
            key: key(LeafPath(vec![0, 200])),
            attempt: 2,
            micros: 0,
            error: ERROR.into(),
            will_retry: true,
        },
        Event::StepDiscarded {
            task: task.into(),
            key: key(LeafPath(vec![7])),
            attempt: u32::MAX,
            micros: 5,
            error: Some(ERROR.into()),
        },
        Event::StepDiscarded {
            task: task.into(),
            key: key(LeafPath(vec![8])),
            attempt: 1,
            micros: 6,
            error: None,
        },
        Event::SignalReceived { signal: signal.into(), position: 4, by: None, payload: Digest([4; 32]) },
        Event::SignalReceived {
            signal: signal.into(),
            position: 5,
            by: Some("bob@corp.example".into()),
            payload: Digest([4; 32]),
        },
        Event::SignalTaken { signal: signal.into(), position: 4 },
        Event::SignalRejected { signal: signal.into(), position: 5, error: ERROR.into() },
        Event::SignalSuperseded { signal: signal.into(), position: 6 },
        Event::TimerFired { signal: Some(signal.into()), due: at(-5) },
        Event::TimerFired { signal: None, due: at(5) },
        Event::Completed { output: Digest([5; 32]) },
        Event::Failed { error: ERROR.repeat(2_000) },
        Event::Cancelled { reason: String::new() },
        Event::Compensating { because: ERROR.into() },
        Event::Spawned { run: run("child"), started: true },
        Event::Spawned { run: run("child"), started: false },
        Event::Blocked { reason: ERROR.into() },
        Event::Retried,
        Event::Upgraded { from: "Review".into(), to: "ManagerReview".into() },
    ]
}

/// What a run can wait for.
fn leaves() -> Vec<LeafRecord> {
    vec![
        task(None),
        task(Some(at(-7))),
        begun(),
        undo(),
        wait("manager_approval", Some(at(8))),
        fresh("go", 3),
        timer(at(9)),
        spawn("child"),
    ]
}

/// What can have led into a stretch.
fn outcomes() -> Vec<StoredOutcome> {
    vec![
        StoredOutcome::Returned(json("{}")),
        StoredOutcome::Repeat,
        StoredOutcome::Signal(accepted("go", 3, None).message),
        StoredOutcome::Elapsed,
        StoredOutcome::Spawned(Ok(run("child"))),
        StoredOutcome::Spawned(Err(AlreadyExists { run: run("taken") })),
        StoredOutcome::Undone,
        StoredOutcome::Nothing,
    ]
}

/// Why a run can be blocked.
fn reasons() -> Vec<BlockReason> {
    let (task, message) = (String::from("reimburse"), String::from(ERROR));
    vec![
        BlockReason::StretchPanicked { message: "index out of bounds".into() },
        BlockReason::TaskPanicked { task: task.clone(), message: message.clone() },
        BlockReason::Incompatible { detail: "no such place".into() },
        BlockReason::Unencodable { detail: "not a number".into() },
        BlockReason::CompensationFailed { task, message },
        BlockReason::TooDeep,
    ]
}

/// What a run can be about.
fn phases() -> Vec<Phase> {
    let cause = |outcome| LastOutcome { path: LeafPath(vec![0, 2]), outcome, leaves: leaves() };
    let mut phases = vec![
        Phase::Live { leaves: Vec::new().into() },
        Phase::Live { leaves: vec![task(None)].into() },
        Phase::Live { leaves: vec![wait("go", None)].into() },
        Phase::Live { leaves: leaves().into() },
        Phase::Completed { output: json("[1,null]") },
        Phase::Failed { error: String::new(), cause: None },
        Phase::Cancelled { reason: "no longer needed".into() },
    ];
    for outcome in outcomes() {
        phases.push(Phase::Failed { error: ERROR.into(), cause: Some(cause(outcome)) });
    }
    for reason in reasons() {
        phases.push(Phase::Blocked { reason, cause: Some(cause(StoredOutcome::Elapsed)) });
    }
    phases
}

/// How a run can end that has something to undo first.
fn endings() -> Vec<Ending> {
    vec![
        Ending::Completed { output: json("[1,null]") },
        Ending::Failed { error: ERROR.into() },
        Ending::Cancelled { reason: "no longer needed".into() },
    ]
}

/// What a run can have remembered to undo.
fn compensations() -> Vec<Compensation> {
    let owner = |path: &[u32], depth| Some(Frame { path: LeafPath(path.to_vec()), depth });
    let compensation = |owner, scheduled| Compensation {
        task: "release".into(),
        input: json("[\"„desk“\",12.5]"),
        owner,
        scheduled,
    };
    vec![
        compensation(owner(&[], 0), None),
        compensation(owner(&[1, 300], 2), Some(StepNumber(u64::MAX))),
        compensation(None, None),
    ]
}

/// A run of which everything is stored that can be.
pub(super) fn sketch(id: &str) -> Sketch {
    let mut sketch = Sketch::new(id, 3).with_leaves(leaves());
    sketch.record.state = Some(json(
        "{\"ManagerApproval\":{\"note\":\"„ü“ \\u0000\\n\",\"amount\":0.1,\"big\":18446744073709551615}}",
    ));
    sketch.record.place = Some(StoredPlace { name: "ManagerApproval".into(), schema: u32::MAX });
    sketch.record.deadline = Some(at(99));
    sketch.record.steps.0 = u64::MAX;
    sketch.record.incarnation.0 = u128::MAX;
    sketch.record.parent = Some(run("parent"));
    sketch.record.inbox = vec![Queue { keyed: 2, ..queue("manager_approval", 1, 4) }, queue("", 0, 0)].into();
    sketch.record.compensations = compensations();
    sketch.record.ending = Some(Ending::Failed { error: ERROR.into() });
    sketch
}

/// Runs that undo what they remembered, before they end in each of the ways that there are.
pub(super) fn ending() -> Vec<Sketch> {
    endings()
        .into_iter()
        .zip(0..)
        .map(|(ending, number)| {
            let mut sketch = Sketch::new(&format!("ending-{number}"), number).with_leaves(vec![undo()]);
            sketch.record.compensations = compensations();
            sketch.record.ending = Some(ending);
            sketch
        })
        .collect()
}

/// A run in each phase.
pub(super) fn in_phases() -> Vec<Sketch> {
    phases()
        .into_iter()
        .zip(0..)
        .map(|(phase, number)| {
            let mut sketch = Sketch::new(&format!("run-{number:02}"), number).with_phase(phase);
            sketch.record.state = None;
            sketch
        })
        .collect()
}

#[cfg(test)]
mod tests;
