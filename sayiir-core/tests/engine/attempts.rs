//! Attempts of tasks: retries, limits, panics, crashes.

use std::time::Duration;

use jiff::SignedDuration;
use sayiir_core::clock::Clock;
use sayiir_core::engine::{StepStatus, WorkflowStatus};
use sayiir_core::history::Event;
use sayiir_core::record::BlockReason;
use sayiir_core::testing::TestEngine;

use crate::promises::scripted::{Op, Scripted, work};
use crate::promises::world::{Act, World};
use crate::promises::{engine, first_engine, start};

fn sturdy(label: &str) -> Op {
    Op::Sturdy(label.into())
}

/// The only step of a running run.
async fn only_step(engine: &TestEngine, id: &str) -> StepStatus {
    let run = engine.run::<Scripted>(id).await.expect("the run is there");
    match run.status().await.expect("a status") {
        WorkflowStatus::Running { mut steps } if steps.len() == 1 => steps.remove(0),
        other => panic!("not one running step: {other:?}"),
    }
}

#[tokio::test]
async fn a_failed_attempt_is_repeated_until_one_succeeds() {
    let world = World::default();
    world.plan("a", [Act::Fail, Act::Panic, Act::Fail]);
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [sturdy("a")]).await;
    engine.advance(Duration::from_mins(2)).await;
    assert_eq!(run.result().await.expect("a value"), ["a done"]);
    let attempts: Vec<u32> = world.calls().iter().map(|call| call.attempt).collect();
    assert_eq!(attempts, [1, 2, 3, 4]);
    let keys: Vec<String> = world.calls().into_iter().map(|call| call.key).collect();
    assert!(keys.iter().all(|key| *key == keys[0]), "one step has one key: {keys:?}");
}

#[tokio::test]
async fn the_error_of_the_last_attempt_is_what_the_body_gets() {
    let world = World::default();
    world.plan("a", [Act::Fail, Act::Fail, Act::Fail, Act::Fail, Act::Succeed]);
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [sturdy("a")]).await;
    engine.advance(Duration::from_mins(2)).await;
    assert_eq!(run.result().await.expect("a value"), ["a failed"]);
    assert_eq!(world.count("a"), 4);
    let history = run.history().await.expect("a history");
    let failures: Vec<bool> = history
        .entries()
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::StepFailed { will_retry, .. } => Some(*will_retry),
            _ => None,
        })
        .collect();
    assert_eq!(failures, [true, true, true, false]);
}

#[tokio::test]
async fn an_error_that_is_not_worth_it_is_not_retried() {
    let world = World::default();
    world.plan("a", [Act::FailForGood]);
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [sturdy("a")]).await;
    assert_eq!(run.result().await.expect("a value"), ["a failed for good"]);
    assert_eq!(world.count("a"), 1);
}

#[tokio::test]
async fn retries_wait_longer_each_time_up_to_the_limit_and_vary_by_half() {
    let world = World::default();
    world.plan("a", [Act::Fail, Act::Fail, Act::Fail]);
    let engine = engine(&world).await;
    start(&engine, "exp-001", [sturdy("a")]).await;
    for (attempt, whole) in [(1, 10), (2, 20), (3, 30)] {
        let step = only_step(&engine, "exp-001").await;
        assert_eq!((step.attempt, step.last_error.as_deref()), (attempt + 1, Some("a failed")));
        let next = step.next_retry.expect("a retry is planned");
        let wait = next.duration_since(engine.clock().now());
        assert!(wait <= SignedDuration::from_secs(whole), "{wait:?} of {whole} s");
        assert!(wait >= SignedDuration::from_secs(whole) / 2, "{wait:?} of {whole} s");
        engine.advance_to(next - SignedDuration::from_nanos(1)).await;
        assert_eq!(world.count("a"), attempt as usize);
        engine.advance_to(next).await;
    }
    assert_eq!(world.count("a"), 4);
}

#[tokio::test]
async fn a_restart_neither_forgets_nor_hurries_a_retry() {
    let world = World::default();
    world.plan("a", [Act::Fail]);
    let first = engine(&world).await;
    start(&first, "exp-001", [sturdy("a")]).await;
    let before = only_step(&first, "exp-001").await;
    let second = first.restart(&world).await;
    assert_eq!(only_step(&second, "exp-001").await, before);
    assert_eq!((world.count("a"), second.active_runs()), (1, 0));
    second.advance_to(before.next_retry.expect("a retry is planned")).await;
    assert_eq!(world.calls().last().map(|call| call.attempt), Some(2));
}

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
    assert_eq!(only_step(&engine, "exp-001").await.task, "timed");
    engine.advance(Duration::from_nanos(1)).await;
    let lines = run.result().await.expect("a value");
    assert_eq!(lines, ["timeout: task `timed` did not finish within 10s"]);
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
async fn a_task_runs_no_more_attempts_at_a_time_than_it_allows() {
    let world = World::default();
    let engine = engine(&world).await;
    for number in 0..6 {
        let label = format!("a{number}");
        world.plan(&label, [Act::Gate("all")]);
        start(&engine, &format!("run-{number}"), [Op::Scarce(label)]).await;
    }
    assert_eq!((world.peak(), world.calls().len()), (2, 2));
    world.open("all");
    engine.idle().await;
    assert_eq!((world.peak(), world.calls().len()), (2, 6));
}

#[tokio::test]
async fn an_engine_runs_no_more_attempts_at_a_time_than_it_is_told() {
    let world = World::default();
    let engine =
        first_engine(|builder| builder.workflow::<Scripted>().provide(world.clone()).max_running_tasks(3));
    let engine = engine.await.expect("the engine starts");
    let labels: Vec<String> = (0..8).map(|number| format!("a{number}")).collect();
    for label in &labels {
        world.plan(label, [Act::Gate("all")]);
    }
    start(&engine, "exp-001", [Op::All(labels.iter().map(|label| work(label)).collect())]).await;
    assert_eq!(world.calls().len(), 3);
    world.open("all");
    engine.idle().await;
    assert_eq!((world.peak(), world.calls().len()), (3, 8));
}

#[tokio::test]
async fn the_status_shows_attempt_and_progress_of_each_running_step() {
    let world = World::default();
    world.plan("a", [Act::Report("half way")]).plan("b", [Act::Fail]);
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [Op::All(vec![work("a"), sturdy("b")])]).await;
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
async fn a_join_over_items_begins_no_more_of_them_than_it_is_told() {
    let world = World::default();
    let labels: Vec<String> = (0..5).map(|number| format!("item {number}")).collect();
    for label in &labels {
        world.plan(label, [Act::Gate("items")]);
    }
    let engine = engine(&world).await;
    let items = labels.iter().map(|label| vec![work(label)]).collect();
    let run = start(&engine, "exp-001", [Op::JoinAll(items, Some(2))]).await;
    assert_eq!(world.calls().len(), 2);
    world.open("items");
    let lines = run.result().await.expect("a value");
    assert_eq!(lines, ["item 0 done & item 1 done & item 2 done & item 3 done & item 4 done"]);
    assert_eq!(world.peak(), 2);
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
