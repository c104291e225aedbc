//! Why runs are blocked. How deep workflows may nest is tried in `tests/depth.rs`.

use std::collections::BTreeMap;
use std::time::Duration;

use sayiir::backend::LeafPath;
use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;
use sayiir::record::BlockReason;
use sayiir::testing::TestEngine;
use sayiir::{Workflow, WorkflowState};
use sayiir_core::step::{Fault, Outcome, Step};
use sayiir_core::workflow::Progress;

use crate::{approval, parked, runs};

#[task]
async fn divide(of: u32, by: u32) -> u32 {
    of / by
}

#[task]
async fn release(room: u32) -> Result<(), String> {
    Err(format!("room {room} is locked"))
}

#[workflow]
async fn task_panics(of: u32) -> u32 {
    divide(of, 0).await
}

#[workflow]
async fn stretch_panics(of: u32) -> u32 {
    let left = divide(of, 1).await;
    assert!(left > 1_000, "{left} is not enough");
    left
}

#[workflow]
async fn keeps_nothing_of_something(of: u32) -> bool {
    let left = divide(of, 1).await;
    let reading: Option<Option<u32>> = Some(None);
    sleep!(1h).await;
    reading.is_some() && left > 0
}

#[workflow]
async fn cannot_undo(room: u32) -> Result<u32, String> {
    compensate!(release(room));
    sleep!(1m).await;
    Err("the trip is off".into())
}

/// Why a run of this workflow is blocked, an hour after its start.
async fn blocked<W: Workflow>(invocation: Invocation<W>) -> (TestEngine, Run<W>, BlockReason) {
    let engine = TestEngine::start(EngineBuilder::workflow::<W>).await.expect("it starts");
    let run = engine.start("exp-001", invocation).await.expect("it starts");
    engine.advance(Duration::from_hours(1)).await;
    let reason = reason(&run).await;
    (engine, run, reason)
}

async fn reason<W: Workflow>(run: &Run<W>) -> BlockReason {
    match run.status().await {
        Ok(WorkflowStatus::Blocked { reason }) => reason,
        Ok(status) => panic!("{status}"),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_panic() {
    let (_engine, _run, reason) = blocked(task_panics(7)).await;
    assert!(matches!(reason, BlockReason::TaskPanicked { .. }), "{reason:?}");
    assert_eq!(reason.to_string(), "task `divide` panicked: attempt to divide by zero");

    let (_engine, _run, reason) = blocked(stretch_panics(7)).await;
    assert!(matches!(reason, BlockReason::StretchPanicked { .. }), "{reason:?}");
    assert_eq!(reason.to_string(), "the workflow's own code panicked: 7 is not enough");
}

#[tokio::test]
async fn a_value_that_cannot_be_stored_and_what_was_stored_before_stays() {
    let (_engine, run, reason) = blocked(keeps_nothing_of_something(7)).await;
    assert!(matches!(reason, BlockReason::Unencodable { .. }), "{reason:?}");
    assert!(reason.to_string().starts_with("`reading` of `Sleep` cannot be stored: "), "{reason}");
    let state = run.state().await.expect("it reads");
    assert_eq!(WorkflowState::variant_name(&state), "Divide", "where it last waited");
}

/// JSON has no such keys.
type Cells = BTreeMap<(u8, u8), u8>;

#[task]
async fn read_cells(row: u8) -> Cells {
    [((row, 1), 2)].into()
}

#[workflow]
async fn task_returns_cells(row: u8) -> usize {
    read_cells(row).await.len()
}

#[workflow]
async fn workflow_returns_cells(row: u8) -> Cells {
    sleep!(1m).await;
    [((row, 1), 2)].into()
}

#[workflow]
async fn spawns_nobody(id: String) -> bool {
    spawn!(id, task_returns_cells(1)).await.is_ok()
}

#[tokio::test]
async fn whatever_cannot_be_stored_is_named() {
    let words = |reason: BlockReason| {
        assert!(matches!(reason, BlockReason::Unencodable { .. }), "{reason:?}");
        reason.to_string()
    };
    assert_eq!(
        words(blocked(task_returns_cells(1)).await.2),
        "the value that task `read_cells` returned cannot be stored: key must be a string"
    );
    assert_eq!(
        words(blocked(workflow_returns_cells(1)).await.2),
        "the value that the workflow returned cannot be stored: key must be a string"
    );
    assert_eq!(
        words(blocked(spawns_nobody(String::new())).await.2),
        "`id` of `spawn!(.., task_returns_cells(..))` cannot be stored: a run id has 1 to 255 bytes, this one has 0"
    );
}

/// No engine does it: a state is handed what it does not wait for.
#[test]
fn an_outcome_that_belongs_elsewhere() {
    let run = RunId::new("exp-001").expect("a valid id");
    let move_by = |state, mut step: Step<'_>| approval::advance(state, &mut step);
    let now = Timestamp::UNIX_EPOCH;
    let Progress::Waits(state) = move_by(approval::begin((250,)), Step::begin(&run, now)) else {
        panic!("it does not wait")
    };
    let Progress::Fault(fault) =
        move_by(state, Step::deliver(&run, now, LeafPath::default(), Outcome::Undone))
    else {
        panic!("it is taken")
    };
    assert!(matches!(fault, Fault::Misrouted(_)), "{fault:?}");
    let words = "an outcome reached a place that does not wait for it: signal `approved`";
    assert_eq!(fault.to_string(), words);
}

#[tokio::test]
async fn a_compensation_that_fails() {
    let (_engine, _run, reason) = blocked(cannot_undo(7)).await;
    assert!(matches!(reason, BlockReason::CompensationFailed { .. }), "{reason:?}");
    assert_eq!(reason.to_string(), "compensation `release` failed: room 7 is locked");
}

#[tokio::test]
async fn a_binary_that_does_not_know_the_workflow() {
    let (engine, run) = parked().await;
    let (store, clock) = (engine.backend().clone(), engine.clock().clone());
    drop(run);
    engine.crash().await;
    let engine = TestEngine::start_on(store, clock.clone(), |builder| builder).await.expect("it starts");
    engine.advance(Duration::from_hours(48)).await;
    let page = engine.list(Filter::new()).await.expect("it reads");
    let WorkflowStatus::Blocked { reason } = &page.runs[0].status else { panic!("{}", page.runs[0].status) };
    assert!(matches!(reason, BlockReason::Incompatible { .. }), "{reason:?}");
    assert_eq!(reason.to_string(), "no workflow `approval` is registered");
    let record = runs(engine.backend()).await.remove(0);
    assert!(
        record.state.as_ref().is_some_and(|state| state.as_str().contains("250")),
        "nothing of it is lost"
    );
}
