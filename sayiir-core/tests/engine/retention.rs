//! How long finished runs are kept.

use std::time::Duration;

use sayiir_core::engine::{EngineBuilder, FindError, WorkflowStatus};
use sayiir_core::testing::TestEngine;

use crate::promises::process::Process;
use crate::promises::scripted::{Op, Scripted, wait, work};
use crate::promises::world::{Act, World, break_stretch, mend_stretch};
use crate::promises::{first_engine, in_world, start};

/// An engine that keeps finished runs so long.
async fn keeping(world: &World, keep: impl FnOnce(EngineBuilder) -> EngineBuilder) -> Process {
    let engine = first_engine(|builder| keep(in_world(world)(builder)));
    engine.await.expect("the engine starts")
}

/// Whether there is a run with this id.
pub(super) async fn is_kept(engine: &TestEngine, id: &str) -> bool {
    match engine.run::<Scripted>(id).await {
        Ok(_) => true,
        Err(FindError::NotFound { .. }) => false,
        Err(error) => panic!("it can be looked for: {error}"),
    }
}

/// A task that ends its script with an error.
fn refused(world: &World, label: &str) -> Op {
    world.plan(label, [Act::FailForGood]);
    Op::Try(label.into())
}

/// Lets all of this time pass but its last moment.
async fn advance_nearly(engine: &TestEngine, time: Duration) {
    engine.advance(time.saturating_sub(MOMENT)).await;
}

const HOUR: Duration = Duration::from_hours(1);
const MOMENT: Duration = Duration::from_nanos(1);

#[tokio::test]
async fn completed_runs_are_removed_after_their_time_and_others_are_not() {
    let world = World::default();
    let engine = keeping(&world, |builder| builder.retain_completed(HOUR * 720)).await;
    start(&engine, "done", [work("a")]).await;
    start(&engine, "failed", [refused(&world, "b")]).await;
    start(&engine, "cancelled", [wait("go")]).await.cancel("").await.expect("cancelled");
    start(&engine, "late", [Op::Sleep(3600)]).await;
    advance_nearly(&engine, HOUR * 720).await;
    assert!(is_kept(&engine, "done").await);
    engine.advance(MOMENT).await;
    assert!(!is_kept(&engine, "done").await);
    advance_nearly(&engine, HOUR).await;
    assert!(is_kept(&engine, "late").await);
    engine.advance(MOMENT).await;
    assert!(!is_kept(&engine, "late").await);
    engine.advance(HOUR * 10_000).await;
    for id in ["failed", "cancelled"] {
        assert!(is_kept(&engine, id).await, "nothing was said about runs that {id}");
    }
}

#[tokio::test]
async fn failed_and_cancelled_runs_are_removed_each_after_its_own_time_and_not_before() {
    let world = World::default();
    let keep = |builder: EngineBuilder| builder.retain_failed(HOUR * 20).retain_cancelled(HOUR * 30);
    let engine = keeping(&world, keep).await;
    start(&engine, "failed", [refused(&world, "a")]).await;
    start(&engine, "failed later", [Op::Sleep(3600), refused(&world, "b")]).await;
    let cancelled = start(&engine, "cancelled", [wait("go")]).await;
    let cancelled_later = start(&engine, "cancelled later", [wait("go")]).await;
    start(&engine, "done", [work("c")]).await;
    cancelled.cancel("").await.expect("cancelled");
    engine.advance(HOUR).await;
    cancelled_later.cancel("").await.expect("cancelled");
    let mut hours = 1;
    for (end, id) in [(20, "failed"), (21, "failed later"), (30, "cancelled"), (31, "cancelled later")] {
        advance_nearly(&engine, HOUR * (end - hours)).await;
        assert!(is_kept(&engine, id).await, "{id} a moment before its time");
        engine.advance(MOMENT).await;
        assert!(!is_kept(&engine, id).await, "{id} after its time");
        hours = end;
    }
    engine.advance(HOUR * 1_000).await;
    assert!(is_kept(&engine, "done").await, "nothing was said about completed runs");
}

#[tokio::test]
async fn a_run_that_is_kept_for_no_time_is_removed_within_a_minute() {
    let world = World::default();
    let engine = keeping(&world, |builder| builder.retain_completed(Duration::ZERO)).await;
    start(&engine, "done", [work("a")]).await;
    engine.advance(Duration::from_mins(1)).await;
    assert!(!is_kept(&engine, "done").await);
}

#[tokio::test]
async fn a_run_that_is_live_or_blocked_is_never_removed() {
    let world = World::default();
    let keep =
        |builder: EngineBuilder| builder.retain_completed(HOUR).retain_failed(HOUR).retain_cancelled(HOUR);
    let engine = keeping(&world, keep).await;
    world.plan("panics", [Act::Panic]).plan("runs", [Act::Hang]);
    world.plan("reserved", [Act::Succeed, Act::Gate("never")]);
    start(&engine, "waits", [wait("go")]).await;
    start(&engine, "sleeps", [Op::Sleep(1_000 * 3600)]).await;
    start(&engine, "runs", [work("runs")]).await;
    start(&engine, "blocked", [work("panics")]).await;
    let undoes = [Op::Reserve("reserved".into()), refused(&world, "refused")];
    let undoes = start(&engine, "undoes", undoes).await;
    engine.advance(HOUR * 100).await;
    assert!(matches!(undoes.status().await, Ok(WorkflowStatus::Compensating { .. })));
    for id in ["waits", "sleeps", "runs", "blocked", "undoes"] {
        assert!(is_kept(&engine, id).await, "{id}");
    }
}

#[tokio::test]
async fn a_failed_run_that_goes_on_is_kept_until_it_has_failed_again_for_so_long() {
    let world = World::default();
    let engine = keeping(&world, |builder| builder.retain_failed(HOUR * 2)).await;
    break_stretch("kept");
    let ops = [Op::Doubtful("kept".into()), wait("go"), refused(&world, "a")];
    let run = start(&engine, "exp-001", ops).await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Failed(_))));
    engine.advance(HOUR).await;
    mend_stretch("kept");
    run.retry().await.expect("goes on");
    engine.advance(HOUR * 10).await;
    run.signal(Scripted::GO, &"x".into()).await.expect("it is there and waits");
    engine.idle().await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Failed(_))));
    advance_nearly(&engine, HOUR * 2).await;
    assert!(is_kept(&engine, "exp-001").await);
    engine.advance(MOMENT).await;
    assert!(!is_kept(&engine, "exp-001").await);
}
