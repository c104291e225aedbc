//! Points in time.

use std::time::Duration;

use jiff::SignedDuration;
use sayiir_core::clock::Clock;
use sayiir_core::engine::WorkflowStatus;
use sayiir_core::history::Event;
use sayiir_core::send_event::SendEvent;
use sayiir_core::testing::{Database, TestEngine};

use crate::promises::process::Process;
use crate::promises::scripted::{Limited, Op, Scripted, wait, within, work};
use crate::promises::world::{Act, World};
use crate::promises::{engine, in_world, start};

#[tokio::test]
async fn a_wait_gives_up_at_its_limit_and_not_before() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", [within("go", 48 * 3600)]).await;
    engine.advance(Duration::from_hours(48) - Duration::from_nanos(1)).await;
    assert!(matches!(run.status().await.expect("a status"), WorkflowStatus::WaitingForSignal { .. }));
    engine.advance(Duration::from_nanos(1)).await;
    let lines = run.result().await.expect("a value");
    assert_eq!(lines, ["timeout: signal `go` was not received within 48h"]);
}

#[tokio::test]
async fn a_wait_that_follows_a_wait_counts_from_its_own_beginning() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", [within("go", 48 * 3600), Op::Sleep(24 * 3600)]).await;
    engine.advance(Duration::from_hours(71)).await;
    let status = run.status().await.expect("a status");
    let left = match status {
        WorkflowStatus::Sleeping { until } => until.duration_since(engine.clock().now()),
        other => panic!("not sleeping: {other:?}"),
    };
    assert_eq!(left, SignedDuration::from_hours(1));
    engine.advance(Duration::from_hours(1)).await;
    run.result().await.expect("a value");
}

#[tokio::test]
async fn what_came_due_while_no_engine_ran_fires_at_once() {
    let world = World::default();
    let first = engine(&world).await;
    start(&first, "exp-001", [Op::Sleep(3600), work("a")]).await;
    let (disk, clock) = first.crash().await;
    clock.set(clock.now() + SignedDuration::from_hours(100));
    let second = Process::start(disk, clock, in_world(&world)).await.expect("the engine starts");
    let run = second.run::<Scripted>("exp-001").await.expect("the run is there");
    assert!(matches!(run.status().await.expect("a status"), WorkflowStatus::Completed(_)));
}

#[tokio::test]
async fn a_signal_that_was_stored_before_the_limit_was_fired_wins_even_when_its_time_was_over() {
    let world = World::default();
    let first = engine(&world).await;
    start(&first, "exp-001", [within("go", 3600), within("go", 3600)]).await;
    let (disk, clock) = first.crash().await;
    clock.set(clock.now() + SignedDuration::from_hours(3));
    let backend = disk.open().await;
    backend.send_event("exp-001", "go", "late, but stored").await.expect("accepted");
    drop(backend);
    let second = Process::start(disk, clock, in_world(&world)).await.expect("the engine starts");
    second.advance(Duration::from_mins(59)).await;
    let run = second.run::<Scripted>("exp-001").await.expect("the run is there");
    assert!(
        matches!(run.status().await, Ok(WorkflowStatus::WaitingForSignal { .. })),
        "the second wait has just begun"
    );
    second.advance(Duration::from_mins(1)).await;
    let lines = run.result().await.expect("a value");
    assert_eq!(lines[0], "late, but stored");
    assert!(lines[1].contains("timeout"), "{lines:?}");
}

#[tokio::test]
async fn a_clock_that_jumps_back_fires_nothing_early_and_nothing_twice() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", [Op::Sleep(3600), Op::Sleep(3600)]).await;
    engine.advance(Duration::from_mins(90)).await;
    let clock = engine.clock();
    clock.set(clock.now() - SignedDuration::from_hours(24));
    engine.idle().await;
    engine.advance(Duration::from_hours(24)).await;
    assert!(matches!(run.status().await.expect("a status"), WorkflowStatus::Sleeping { .. }));
    engine.advance(Duration::from_mins(30)).await;
    assert_eq!(run.result().await.expect("a value"), ["slept", "slept"]);
}

#[tokio::test]
async fn a_clock_that_jumps_forward_by_days_fires_what_came_due_once() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", [Op::Sleep(3600), Op::Sleep(3600)]).await;
    let clock = engine.clock();
    clock.set(clock.now() + SignedDuration::from_hours(72));
    engine.idle().await;
    assert!(matches!(run.status().await.expect("a status"), WorkflowStatus::Sleeping { .. }));
    engine.advance(Duration::from_hours(1)).await;
    assert_eq!(run.result().await.expect("a value"), ["slept", "slept"]);
}

#[tokio::test]
async fn jumps_by_days_and_restarts_fire_every_timer_once_and_none_early() {
    const DAY: SignedDuration = SignedDuration::from_hours(24);
    let world = World::default();
    world.plan("retried", [Act::Fail]);
    let first = engine(&world).await;
    start(&first, "sleeps", [Op::Sleep(2 * 24 * 3600), work("woken")]).await;
    start(&first, "waits", [within("go", 2 * 24 * 3600), work("late")]).await;
    start(&first, "retries", [Op::Sturdy("retried".into())]).await;
    first.start("limited", Limited::call([wait("go")])).await.expect("the run starts");
    first.idle().await;
    let begin = first.clock().now();
    let before = lengths(&first).await;

    // Five days back, and a process that knows of nothing else.
    first.clock().set(begin - DAY * 5);
    first.idle().await;
    let second = first.restart(&world).await;
    second.idle().await;
    assert_eq!(lengths(&second).await, before);
    // A month ahead, back again, and another process.
    second.clock().set(begin + DAY * 30);
    second.idle().await;
    let after = lengths(&second).await;
    second.clock().set(begin - DAY);
    second.idle().await;
    let third = second.restart(&world).await;
    third.advance(Duration::from_hours(24 * 60)).await;
    assert_eq!(lengths(&third).await, after);

    let attempts = ["retried", "woken", "late"].map(|label| world.count(label));
    assert_eq!(attempts, [2, 1, 1]);
    let mut timers = 0;
    for id in RUNS {
        for entry in &third.history(id).await.expect("a history") {
            if let Event::TimerFired { due, .. } = entry.event {
                assert!(entry.at >= due, "{id}");
                timers += 1;
            }
        }
    }
    assert_eq!(timers, 2, "the sleep and the wait");
    let status = third.run::<Limited>("limited").await.expect("the run is there").status().await;
    assert!(matches!(status, Ok(WorkflowStatus::Failed(error)) if error.contains("timeout")));
}

/// What has a timer of each kind.
const RUNS: [&str; 4] = ["sleeps", "waits", "retries", "limited"];

/// How long their histories are.
async fn lengths(engine: &TestEngine) -> Vec<u64> {
    let mut lengths = Vec::new();
    for id in RUNS {
        lengths.push(engine.history(id).await.expect("a history").head().length);
    }
    lengths
}

#[tokio::test]
async fn a_run_whose_time_is_over_fails_though_its_task_is_under_way() {
    let world = World::default();
    world.plan("a", [Act::Hang]);
    let engine = engine(&world).await;
    let run = engine.start("exp-001", Limited::call([work("a")])).await.expect("the run starts");
    engine.advance(Duration::from_mins(61)).await;
    let status = run.status().await;
    assert!(matches!(status, Ok(WorkflowStatus::Failed(error)) if error.contains("timeout")));
    assert_eq!(world.cancelled(), ["a"]);
}

#[tokio::test]
async fn many_timers_fire_each_at_its_time() {
    let engine = engine(&World::default()).await;
    for number in 0..600_u64 {
        start(&engine, &format!("run-{number}"), [Op::Sleep(number / 2)]).await;
    }
    engine.advance(Duration::from_secs(100)).await;
    let status = |number: u64| {
        let engine = &engine;
        async move {
            let run = engine.run::<Scripted>(format!("run-{number}")).await.expect("the run is there");
            run.status().await.expect("a status")
        }
    };
    assert!(matches!(status(201).await, WorkflowStatus::Completed(_)));
    assert!(matches!(status(202).await, WorkflowStatus::Sleeping { .. }));
    engine.advance(Duration::from_mins(5)).await;
    assert!(matches!(status(599).await, WorkflowStatus::Completed(_)));
}
