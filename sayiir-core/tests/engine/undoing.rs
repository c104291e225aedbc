//! A caller who cancels a run that is undoing what it did.

use sayiir_core::engine::{CancelError, ResultError, RetryError, WorkflowStatus};
use sayiir_core::history::Event;
use sayiir_core::record::StatusKind;

use crate::promises::scripted::{Op, Scripted, wait, work};
use crate::promises::world::{Act, World};
use crate::promises::{engine, start};

/// A task that succeeds, and whose release ends when the gate is opened, in each process that tries.
fn held(world: &World, label: &str) -> Op {
    world.plan(label, [Act::Succeed, Act::Gate("release"), Act::Gate("release")]);
    Op::Reserve(label.into())
}

/// A task that ends its script with an error.
fn refused(world: &World) -> Op {
    world.plan("refused", [Act::FailForGood]);
    Op::Try("refused".into())
}

#[tokio::test]
async fn a_run_that_undoes_before_it_fails_ends_as_failed_whoever_cancels_it() {
    let world = World::default();
    let first = engine(&world).await;
    let run = start(&first, "exp-001", [held(&world, "a"), refused(&world)]).await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Compensating { .. })));
    let head = run.history().await.expect("a history").head();
    let cancelled = run.cancel("never mind").await.expect_err("it is ending");
    assert!(
        matches!(cancelled, CancelError::Finished { status: StatusKind::Compensating, .. }),
        "{cancelled}"
    );
    assert_eq!(run.history().await.expect("a history").head(), head);
    drop(run);

    let second = first.restart(&world).await;
    assert!(second.cancel("exp-001", "never mind").await.is_err());
    world.open("release");
    let run = second.run::<Scripted>("exp-001").await.expect("the run is there");
    let ended = run.result().await;
    assert!(
        matches!(ended, Err(ResultError::Failed { error, .. }) if error.contains("refused failed for good"))
    );
    assert!(matches!(run.retry().await, Err(RetryError::Compensated { .. })));
}

#[tokio::test]
async fn a_second_cancellation_does_not_change_the_reason_of_the_first() {
    let world = World::default();
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [held(&world, "a"), wait("go")]).await;
    run.cancel("first").await.expect("cancelled");
    engine.idle().await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Compensating { .. })));
    assert!(run.cancel("second").await.is_err());
    world.open("release");
    let ended = run.result().await;
    assert!(matches!(ended, Err(ResultError::Cancelled { reason, .. }) if reason == "first"));
    assert_eq!(world.count("a"), 2, "done once and released once");
}

#[tokio::test]
async fn a_run_that_is_cancelled_while_a_child_is_undone_undoes_that_once_and_the_rest_too() {
    let world = World::default();
    let first = engine(&world).await;
    let child = Op::Caught(vec![held(&world, "child"), refused(&world)]);
    let run = start(&first, "exp-001", [Op::Reserve("parent".into()), child, work("b")]).await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Compensating { .. })));
    run.cancel("enough").await.expect("it was to go on");
    drop(run);

    let second = first.restart(&world).await;
    world.open("release");
    let run = second.run::<Scripted>("exp-001").await.expect("the run is there");
    let ended = run.result().await;
    assert!(matches!(ended, Err(ResultError::Cancelled { reason, .. }) if reason == "enough"));
    let history = run.history().await.expect("a history");
    let is_release = |event: &Event| matches!(event, Event::StepDone { task, .. } if task == "release");
    assert_eq!(history.iter().filter(|entry| is_release(&entry.event)).count(), 2);
    let releases = world.calls().into_iter().filter(|call| call.task == "release");
    let labels: Vec<String> = releases.map(|call| call.label).collect();
    assert_eq!(labels, ["child", "child", "parent"], "one was under way in both processes");
    assert_eq!(world.count("b"), 0);
}

#[tokio::test]
async fn what_a_child_did_is_undone_with_its_caller_before_anybody_sees_the_error() {
    let world = World::default();
    let engine = engine(&world).await;
    let child = Op::Child(vec![Op::Reserve("child".into())]);
    let caller = Op::Caught(vec![child, refused(&world)]);
    let run = start(&engine, "exp-001", [caller, work("b")]).await;
    run.result().await.expect("a value");
    let labels: Vec<String> = world.calls().into_iter().map(|call| call.label).collect();
    assert_eq!(labels, ["child", "refused", "child", "b"]);
}

#[tokio::test]
async fn what_a_branch_did_that_loses_is_undone_while_the_run_waits_for_something_else() {
    let world = World::default();
    let engine = engine(&world).await;
    let loser = Op::Child(vec![Op::Reserve("child".into()), wait("go")]);
    let run = start(&engine, "exp-001", [Op::First(vec![loser, Op::Sleep(60)]), wait("stop")]).await;
    assert_eq!(world.count("child"), 1);
    engine.advance(std::time::Duration::from_mins(2)).await;
    let tasks: Vec<&str> = world.calls().into_iter().map(|call| call.task).collect();
    assert_eq!(tasks[1..], ["release"]);
    assert!(matches!(run.status().await, Ok(WorkflowStatus::WaitingForSignal { .. })));
}
