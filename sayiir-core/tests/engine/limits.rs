//! How many attempts run at a time.

use std::time::Duration;

use sayiir_core::engine::WorkflowStatus;
use sayiir_core::testing::TestEngine;

use crate::promises::process::Process;
use crate::promises::scripted::{Op, work};
use crate::promises::world::{Act, World};
use crate::promises::{engine, first_engine, in_world, start};

/// Tasks that end when the gate `all` is opened.
fn gated(world: &World, count: usize) -> Vec<Op> {
    let labels = (0..count).map(|number| format!("a{number}"));
    labels
        .map(|label| {
            world.plan(&label, [Act::Gate("all")]);
            work(&label)
        })
        .collect()
}

/// An engine that runs so many attempts at a time.
async fn limited(world: &World, most: usize) -> Process {
    let engine = first_engine(|builder| in_world(world)(builder).max_running_tasks(most));
    engine.await.expect("the engine starts")
}

fn running(engine: &TestEngine) -> usize {
    engine.health().running_attempts
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
    let engine = limited(&world, 3).await;
    start(&engine, "exp-001", [Op::All(gated(&world, 8))]).await;
    assert_eq!(world.calls().len(), 3);
    world.open("all");
    engine.idle().await;
    assert_eq!((world.peak(), world.calls().len()), (3, 8));
}

#[tokio::test]
async fn an_engine_that_is_told_nothing_runs_256_attempts_at_a_time_over_all_runs() {
    let world = World::default();
    let engine = engine(&world).await;
    for (number, ops) in gated(&world, 300).chunks(100).enumerate() {
        start(&engine, &format!("run-{number}"), [Op::All(ops.to_vec())]).await;
    }
    assert_eq!(world.calls().len(), 256);
    world.open("all");
    engine.idle().await;
    assert_eq!((world.peak(), world.calls().len()), (256, 300));
}

#[tokio::test]
async fn health_counts_the_attempts_that_are_running_and_no_others() {
    let world = World::default();
    let engine = limited(&world, 3).await;
    assert_eq!(running(&engine), 0);
    world.plan("retried", [Act::Fail]);
    start(&engine, "retried", [Op::Sturdy("retried".into())]).await;
    assert_eq!(running(&engine), 0, "a retry that is waited for does not run");
    let gated = gated(&world, 5);
    start(&engine, "one", [gated[0].clone()]).await;
    assert_eq!(running(&engine), 1);
    let run = start(&engine, "all", [Op::All(gated[1..].to_vec())]).await;
    assert_eq!(running(&engine), 3, "two more wait until one of these ends");
    world.open("all");
    run.result().await.expect("a value");
    engine.idle().await;
    assert_eq!(running(&engine), 0);
}

#[tokio::test]
async fn an_attempt_no_longer_counts_as_running_however_it_ended() {
    let world = World::default();
    world.plan("fails", [Act::FailForGood]).plan("panics", [Act::Panic]);
    world.plan("times out", [Act::Trap]).plan("cancelled", [Act::Hang]);
    let engine = engine(&world).await;
    start(&engine, "fails", [work("fails")]).await;
    start(&engine, "panics", [work("panics")]).await;
    assert_eq!(running(&engine), 0);
    start(&engine, "times out", [Op::Timed("times out".into())]).await;
    let cancelled = start(&engine, "cancelled", [work("cancelled")]).await;
    assert_eq!(running(&engine), 2);
    engine.advance(Duration::from_secs(10)).await;
    assert_eq!(running(&engine), 1);
    cancelled.cancel("no longer needed").await.expect("cancelled");
    engine.idle().await;
    assert!(matches!(cancelled.status().await, Ok(WorkflowStatus::Cancelled { .. })));
    assert_eq!(running(&engine), 0);
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
