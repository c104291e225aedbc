//! Retries: how often, how long after, across restarts.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sayiir_core::clock::Clock;
use sayiir_core::engine::{StepStatus, WorkflowStatus};
use sayiir_core::history::Event;
use sayiir_core::testing::TestEngine;

use crate::promises::scripted::{Op, Scripted};
use crate::promises::world::{Act, World};
use crate::promises::{engine, first_engine, in_world, start};

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

/// When the only step of a run is tried again.
async fn next_retry(engine: &TestEngine, id: &str) -> Timestamp {
    only_step(engine, id).await.next_retry.expect("a retry is planned")
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
    let next = before.next_retry.expect("a retry is planned");
    second.advance_to(next - SignedDuration::from_nanos(1)).await;
    assert_eq!(world.count("a"), 1);
    second.advance_to(next).await;
    assert_eq!(world.calls().last().map(|call| call.attempt), Some(2));
}

#[tokio::test]
async fn runs_that_fail_together_are_not_retried_together() {
    let world = World::default();
    world.plan("a", [Act::Fail]).plan("b", [Act::Fail]);
    let engine = first_engine(|builder| in_world(&world)(builder).seed(7)).await.expect("the engine starts");
    start(&engine, "exp-001", [sturdy("a")]).await;
    start(&engine, "exp-002", [sturdy("b")]).await;
    let (one, other) = (next_retry(&engine, "exp-001").await, next_retry(&engine, "exp-002").await);
    assert_ne!(one, other);
    engine.advance_to(one.min(other)).await;
    assert_eq!(world.calls().len(), 3, "one of them is back");
    engine.advance_to(one.max(other)).await;
    assert_eq!(world.calls().len(), 4);
}

#[tokio::test]
async fn engines_that_start_together_do_not_retry_together() {
    let mut planned = Vec::new();
    for _ in 0..2 {
        let world = World::default();
        world.plan("a", [Act::Fail]);
        let engine = engine(&world).await;
        start(&engine, "exp-001", [sturdy("a")]).await;
        planned.push(next_retry(&engine, "exp-001").await);
    }
    assert_ne!(planned[0], planned[1]);
}
