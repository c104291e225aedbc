//! Attempts of tasks: panics, timeouts, crashes, races.

use std::time::Duration;

use sayiir_core::engine::WorkflowStatus;
use sayiir_core::history::Event;
use sayiir_core::record::BlockReason;

use crate::promises::scripted::{Op, Scripted, wait, work};
use crate::promises::world::{Act, World};
use crate::promises::{engine, start};

#[tokio::test]
async fn a_task_that_panics_in_its_last_attempt_blocks_its_run_alone() {
    let world = World::default();
    world.plan("a", [Act::Panic]);
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [work("a"), work("b")]).await;
    let other = start(&engine, "exp-002", [work("b")]).await;
    let status = run.status().await.expect("a status");
    let WorkflowStatus::Blocked { reason } = status else {
        panic!("not blocked: {status:?}");
    };
    assert!(matches!(&reason, BlockReason::TaskPanicked { message, .. } if message == "a panicked"));
    other.result().await.expect("a value");
    run.retry().await.expect("goes on");
    assert_eq!(run.result().await.expect("a value"), ["a done", "b done"]);
    let keys: Vec<String> =
        world.calls().into_iter().filter(|call| call.label == "a").map(|call| call.key).collect();
    assert_eq!(keys[0], keys[1], "a retried step keeps its key");
}

#[tokio::test]
async fn an_attempt_ends_at_its_limit() {
    let world = World::default();
    world.plan("a", [Act::Hang]);
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [Op::Timed("a".into())]).await;
    engine.advance(Duration::from_secs(10) - Duration::from_nanos(1)).await;
    let status = run.status().await.expect("a status");
    assert!(matches!(&status, WorkflowStatus::Running { steps } if steps[0].task == "timed"), "{status:?}");
    engine.advance(Duration::from_nanos(1)).await;
    let lines = run.result().await.expect("a value");
    assert_eq!(lines, ["timeout: task `timed` did not finish within 10s"]);
}

#[tokio::test]
async fn what_an_attempt_left_to_others_is_told_when_its_time_is_over_and_not_before() {
    let world = World::default();
    world.plan("a", [Act::Delegate]);
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [Op::Timed("a".into()), wait("go")]).await;
    let left = world.delegated("a");
    engine.advance(Duration::from_secs(10) - Duration::from_nanos(1)).await;
    assert!(!left.cancellation().is_cancelled());
    engine.advance(Duration::from_nanos(1)).await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::WaitingForSignal { .. })));
    assert!(left.cancellation().is_cancelled());
}

#[tokio::test]
async fn an_attempt_ends_at_its_limit_whatever_it_does_as_it_goes() {
    let world = World::default();
    world.plan("a", [Act::Trap]);
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [Op::Timed("a".into())]).await;
    engine.advance(Duration::from_secs(10)).await;
    let lines = run.result().await.expect("a value");
    assert_eq!(lines, ["timeout: task `timed` did not finish within 10s"]);
}

#[tokio::test]
async fn an_attempt_that_may_run_at_most_once_is_not_repeated_after_a_crash() {
    let world = World::default();
    world.plan("a", [Act::Hang]);
    let first = engine(&world).await;
    start(&first, "exp-001", [Op::Once("a".into()), work("b")]).await;
    assert_eq!(world.count("a"), 1);
    let second = first.restart(&world).await;
    let run = second.run::<Scripted>("exp-001").await.expect("the run is there");
    let lines = run.result().await.expect("a value");
    assert_eq!(lines, ["interrupted: task `once` was running when the process ended", "b done"]);
    assert_eq!(world.count("a"), 1);
}

#[tokio::test]
async fn an_attempt_that_may_run_at_most_once_runs_once() {
    let world = World::default();
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [Op::Once("a".into()), Op::Once("b".into())]).await;
    assert_eq!(run.result().await.expect("a value"), ["a done", "b done"]);
}

#[tokio::test]
async fn the_status_shows_attempt_and_progress_of_each_running_step() {
    let world = World::default();
    world.plan("a", [Act::Report("half way")]).plan("b", [Act::Fail]);
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [Op::All(vec![work("a"), Op::Sturdy("b".into())])]).await;
    let WorkflowStatus::Running { steps } = run.status().await.expect("a status") else {
        panic!("not running");
    };
    assert_eq!((steps[0].task.as_str(), steps[0].attempt), ("work", 1));
    assert_eq!(steps[0].progress.as_deref(), Some("half way"));
    assert_eq!((steps[1].task.as_str(), steps[1].attempt), ("sturdy", 2));
    assert_eq!(steps[1].last_error.as_deref(), Some("b failed"));
    assert!(steps[1].next_retry.is_some());
}

#[tokio::test]
async fn parallel_steps_are_committed_one_by_one() {
    let world = World::default();
    world.plan("b", [Act::Hang]);
    let first = engine(&world).await;
    start(&first, "exp-001", [Op::All(vec![work("a"), work("b"), work("c")])]).await;
    let second = first.restart(&world).await;
    let run = second.run::<Scripted>("exp-001").await.expect("the run is there");
    assert_eq!(run.result().await.expect("a value"), ["a done & b done & c done"]);
    assert_eq!((world.count("a"), world.count("b"), world.count("c")), (1, 2, 1));
    let mut keys: Vec<String> = world.calls().into_iter().map(|call| call.key).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 3, "one key for each branch: {keys:?}");
}

#[tokio::test]
async fn the_loser_of_a_race_is_told_and_its_end_changes_only_the_history() {
    let world = World::default();
    world.plan("slow", [Act::Hang]);
    let engine = engine(&world).await;
    let race = Op::First(vec![work("slow"), Op::Sleep(5)]);
    let run = start(&engine, "exp-001", [race, work("b")]).await;
    engine.advance(Duration::from_secs(5)).await;
    assert_eq!(run.result().await.expect("a value"), ["first: slept", "b done"]);
    engine.idle().await;
    assert_eq!(world.cancelled(), ["slow"]);
    let history = run.history().await.expect("a history");
    let late = |event: &Event| matches!(event, Event::StepDiscarded { task, .. } if task == "work");
    assert_eq!(history.entries().iter().filter(|entry| late(&entry.event)).count(), 1);
    history.verify().expect("the chain holds");
}

#[tokio::test]
async fn a_child_workflow_has_its_own_steps_and_shares_the_inbox() {
    let world = World::default();
    let engine = engine(&world).await;
    let child = Op::Child(vec![work("a"), Op::Wait("go".into()), work("b")]);
    let run = start(&engine, "exp-001", [child, work("c")]).await;
    run.signal(Scripted::GO, &"x".into()).await.expect("accepted");
    assert_eq!(run.result().await.expect("a value"), ["a done; x; b done", "c done"]);
    let mut keys: Vec<String> = world.calls().into_iter().map(|call| call.key).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 3);
}

#[tokio::test]
async fn of_leaves_ready_in_one_commit_the_first_in_the_source_wins_and_the_others_message_is_kept() {
    let engine = engine(&World::default()).await;
    let race = Op::First(vec![Op::Wait("go".into()), Op::Wait("stop".into()), Op::Sleep(0)]);
    let run = start(&engine, "exp-001", [Op::Sleep(60), race, Op::Wait("stop".into())]).await;
    for (signal, text) in [("stop", "earlier"), ("go", "later")] {
        engine.signal("exp-001", signal, text).await.expect("accepted");
    }
    engine.advance(Duration::from_mins(1)).await;
    assert_eq!(run.result().await.expect("a value"), ["slept", "first: later", "earlier"]);
}

#[tokio::test]
async fn of_a_time_and_a_message_that_are_ready_in_one_commit_the_first_in_the_source_wins() {
    let engine = engine(&World::default()).await;
    for (id, race, winner) in [
        ("time", vec![Op::Sleep(0), wait("go")], "first: slept"),
        ("message", vec![wait("go"), Op::Sleep(0)], "first: bob"),
    ] {
        let run = start(&engine, id, [Op::Sleep(60), Op::First(race), wait("stop")]).await;
        engine.signal(id, "go", "bob").await.expect("accepted");
        engine.signal(id, "stop", "enough").await.expect("accepted");
        engine.advance(Duration::from_mins(1)).await;
        assert_eq!(run.result().await.expect("a value"), ["slept", winner, "enough"]);
    }
}
