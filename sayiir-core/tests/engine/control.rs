//! Cancelling, retrying, removing, blocking.

use std::time::Duration;

use sayiir_core::engine::{
    CancelError, FindError, PurgeError, ResultError, RetryError, SignalError, WorkflowStatus,
};
use sayiir_core::history::Event;
use sayiir_core::record::{BlockReason, StatusKind};
use sayiir_core::testing::TestEngine;

use crate::promises::process::Process;
use crate::promises::scripted::{Limited, Op, Scripted, wait, within, work};
use crate::promises::world::{Act, World, break_stretch, mend_stretch};
use crate::promises::{engine, start};

fn buggy(name: &str) -> Op {
    Op::Buggy(name.into())
}

fn doubtful(name: &str) -> Op {
    Op::Doubtful(name.into())
}

#[tokio::test]
async fn a_cancelled_run_ends_and_its_tasks_are_told() {
    let world = World::default();
    world.plan("a", [Act::Hang]);
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [work("a"), work("b")]).await;
    run.cancel("no longer needed").await.expect("cancelled");
    engine.idle().await;
    assert_eq!(world.cancelled(), ["a"]);
    assert_eq!(world.count("b"), 0);
    let ended = run.result().await;
    assert!(matches!(ended, Err(ResultError::Cancelled { reason, .. }) if reason == "no longer needed"));
    assert_eq!(engine.active_runs(), 0);
    run.history().await.expect("a history").verify().expect("the chain holds");
}

#[tokio::test]
async fn a_cancelled_run_fires_no_timer_and_takes_no_signal() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", [within("go", 60)]).await;
    run.cancel("").await.expect("cancelled");
    engine.advance(Duration::from_hours(1)).await;
    assert!(matches!(run.status().await.expect("a status"), WorkflowStatus::Cancelled { .. }));
    let sent = run.signal(Scripted::GO, &"x".into()).await;
    assert!(matches!(sent, Err(SignalError::Finished { status: StatusKind::Cancelled, .. })));
    let again = run.cancel("").await;
    assert!(matches!(again, Err(CancelError::Finished { .. })));
    assert!(matches!(run.retry().await, Err(RetryError::NotFailed { .. })));
    let unknown = engine.cancel("exp-002", "").await;
    assert!(matches!(unknown, Err(CancelError::NotFound { .. })));
}

#[tokio::test]
async fn a_stretch_behind_a_child_that_was_undone_is_repeated_by_retry() {
    for (name, stretch) in [("buggy-undone", buggy as fn(&str) -> Op), ("doubtful-undone", doubtful)] {
        let world = World::default();
        world.plan("refused", [Act::FailForGood]);
        let engine = engine(&world).await;
        break_stretch(name);
        let child = Op::Caught(vec![Op::Reserve("child".into()), Op::Try("refused".into())]);
        let run = start(&engine, "exp-001", [child, stretch(name), work("b")]).await;
        assert!(run.result().await.is_err(), "{name}");
        mend_stretch(name);
        run.retry().await.expect("it goes on");
        let lines = run.result().await.expect("a value");
        assert_eq!(lines[0], "refused failed for good", "{name}");
        assert_eq!(lines.last().expect("a line"), "b done", "{name}");
        assert_eq!((world.count("child"), world.count("b")), (2, 1), "done once and released once");
    }
}

#[tokio::test]
async fn a_stretch_that_panics_blocks_the_run_and_retry_repeats_the_stretch_alone() {
    let world = World::default();
    let engine = engine(&world).await;
    break_stretch("panics");
    let run = start(&engine, "exp-001", [work("a"), buggy("panics"), work("b")]).await;
    let ended = run.result().await;
    assert!(matches!(
        ended,
        Err(ResultError::Blocked { reason: BlockReason::StretchPanicked { message }, .. }) if message == "panics is broken"
    ));
    run.retry().await.expect("tries again");
    assert!(matches!(run.result().await, Err(ResultError::Blocked { .. })));
    mend_stretch("panics");
    run.retry().await.expect("goes on");
    assert_eq!(run.result().await.expect("a value"), ["a done", "panics passed", "b done"]);
    assert_eq!(world.count("a"), 1, "the task that succeeded is not run again");
}

#[tokio::test]
async fn a_signal_that_led_into_a_broken_stretch_is_not_lost() {
    let world = World::default();
    let first = engine(&world).await;
    break_stretch("loses");
    let run = start(&first, "exp-001", [wait("go"), doubtful("loses"), wait("go")]).await;
    run.signal(Scripted::GO, &"kept".into()).await.expect("accepted");
    assert!(
        matches!(run.result().await, Err(ResultError::Failed { error, .. }) if error.contains("refused"))
    );
    drop(run);
    let second = first.restart(&world).await;
    mend_stretch("loses");
    second.retry("exp-001").await.expect("goes on");
    let run = second.run::<Scripted>("exp-001").await.expect("the run is there");
    run.signal(Scripted::GO, &"next".into()).await.expect("accepted");
    assert_eq!(run.result().await.expect("a value"), ["kept", "loses passed", "next"]);
}

#[tokio::test]
async fn a_timeout_that_led_into_a_broken_stretch_is_remembered() {
    let engine = engine(&World::default()).await;
    break_stretch("late");
    let run = start(&engine, "exp-001", [Op::Sleep(5), buggy("late")]).await;
    engine.advance(Duration::from_secs(5)).await;
    assert!(matches!(run.result().await, Err(ResultError::Blocked { .. })));
    mend_stretch("late");
    run.retry().await.expect("goes on");
    assert_eq!(run.result().await.expect("a value"), ["slept", "late passed"]);
}

#[tokio::test]
async fn a_first_stretch_that_fails_can_be_retried_too() {
    let engine = engine(&World::default()).await;
    break_stretch("at once");
    let run = start(&engine, "exp-001", [buggy("at once")]).await;
    assert!(matches!(run.result().await, Err(ResultError::Blocked { .. })));
    mend_stretch("at once");
    run.retry().await.expect("goes on");
    assert_eq!(run.result().await.expect("a value"), ["at once passed"]);
}

#[tokio::test]
async fn a_task_whose_error_ended_the_run_is_run_again_by_a_retry_under_the_same_key() {
    let world = World::default();
    world.plan("b", [Act::Fail]);
    let first = engine(&world).await;
    let run = start(&first, "exp-001", [work("a"), Op::Try("b".into())]).await;
    assert!(matches!(run.result().await, Err(ResultError::Failed { .. })));
    drop(run);
    // The error itself is gone with its process.
    let second = first.restart(&world).await;
    second.retry("exp-001").await.expect("goes on");
    let run = second.run::<Scripted>("exp-001").await.expect("the run is there");
    assert_eq!(run.result().await.expect("a value"), ["a done", "b done"]);
    assert_eq!((world.count("a"), world.count("b")), (1, 2));
    let keys: Vec<String> = world.calls().into_iter().map(|call| call.key).collect();
    assert_eq!(keys[1], keys[2]);
}

#[tokio::test]
async fn a_blocked_run_keeps_the_signals_that_come_meanwhile() {
    let engine = engine(&World::default()).await;
    break_stretch("meanwhile");
    let run = start(&engine, "exp-001", [Op::Sleep(1), buggy("meanwhile"), wait("go")]).await;
    engine.advance(Duration::from_secs(1)).await;
    run.signal(Scripted::GO, &"kept".into()).await.expect("accepted");
    mend_stretch("meanwhile");
    run.retry().await.expect("goes on");
    assert_eq!(run.result().await.expect("a value"), ["slept", "meanwhile passed", "kept"]);
}

#[tokio::test]
async fn a_value_that_cannot_be_stored_blocks_the_run_before_it_is_committed() {
    let world = World::default();
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [work("a"), Op::Unencodable]).await;
    let ended = run.result().await;
    assert!(matches!(
        ended,
        Err(ResultError::Blocked { reason: BlockReason::Unencodable { detail }, .. }) if detail.contains("script")
    ));
    run.state().await.expect("the state of before is kept");
}

#[tokio::test]
async fn a_run_nested_too_deeply_is_blocked() {
    let engine = engine(&World::default()).await;
    let deep = (0..200).fold(wait("go"), |inner, _| Op::Child(vec![inner]));
    // The arguments nest too deeply for JSON long before the children do.
    let shallow = (0..20).fold(wait("go"), |inner, _| Op::Child(vec![inner]));
    let run = start(&engine, "exp-001", [shallow]).await;
    run.signal(Scripted::GO, &"x".into()).await.expect("accepted");
    assert_eq!(run.result().await.expect("a value"), ["x"]);
    let run = start(&engine, "exp-002", [deep]).await;
    assert!(matches!(run.result().await, Err(ResultError::Blocked { .. })));
}

#[tokio::test]
async fn a_run_that_exceeds_its_own_limit_fails_and_gets_it_anew_by_a_retry() {
    let world = World::default();
    let engine = engine(&world).await;
    let run = engine.start("exp-001", Limited::call([wait("go"), work("a")])).await.expect("the run starts");
    engine.advance(Duration::from_hours(1)).await;
    let ended = run.result().await;
    assert!(matches!(
        ended,
        Err(ResultError::Failed { error, .. }) if &*error == "timeout: workflow `limited` did not finish within 1h"
    ));
    run.retry().await.expect("goes on");
    engine.advance(Duration::from_mins(30)).await;
    run.signal(Scripted::GO, &"x".into()).await.expect("accepted");
    assert_eq!(run.result().await.expect("a value"), ["x", "a done"]);
}

#[tokio::test]
async fn a_finished_run_can_be_removed_and_its_id_gives_new_keys() {
    let world = World::default();
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [work("a")]).await;
    run.result().await.expect("a value");
    engine.purge("exp-001").await.expect("removed");
    assert!(matches!(engine.run::<Scripted>("exp-001").await, Err(FindError::NotFound { .. })));
    assert!(matches!(engine.purge("exp-001").await, Err(PurgeError::NotFound { .. })));
    let run = start(&engine, "exp-001", [work("a"), wait("go")]).await;
    let calls = world.calls();
    assert_ne!(calls[0].key, calls[1].key);
    assert!(matches!(engine.purge("exp-001").await, Err(PurgeError::NotFinished { .. })));
    run.cancel("").await.expect("cancelled");
    engine.purge("exp-001").await.expect("removed");
}

#[tokio::test]
async fn a_run_whose_workflow_is_not_registered_waits_for_an_engine_that_knows_it() {
    let world = World::default();
    let first = engine(&world).await;
    start(&first, "exp-001", [Op::Sleep(5), work("a")]).await;
    let (disk, clock) = first.crash().await;
    let second = Process::start(disk, clock, |builder| builder).await.expect("the engine starts");
    second.advance(Duration::from_mins(1)).await;
    let page = second.list(sayiir_core::engine::Filter::new()).await.expect("a page");
    assert!(matches!(
        &page.runs[0].status,
        WorkflowStatus::Blocked { reason: BlockReason::Incompatible { detail } } if detail.contains("scripted")
    ));
    let third = second.restart(&world).await;
    let run = third.run::<Scripted>("exp-001").await.expect("the run is there");
    assert_eq!(run.result().await.expect("a value"), ["slept", "a done"]);
    let history = run.history().await.expect("a history");
    assert!(history.entries().iter().any(|entry| entry.event == Event::Retried));
}

#[tokio::test]
async fn a_run_blocked_by_a_panic_waits_for_a_retry_and_not_for_the_next_start() {
    let world = World::default();
    break_stretch("for good");
    world.plan("b", [Act::Panic]);
    let first = engine(&world).await;
    start(&first, "exp-001", [work("a"), buggy("for good")]).await;
    start(&first, "exp-002", [work("b")]).await;
    let length =
        async |engine: &TestEngine, run: &str| engine.history(run).await.expect("a history").head().length;
    let before = (length(&first, "exp-001").await, length(&first, "exp-002").await);
    mend_stretch("for good");
    let second = first.restart(&world).await;
    second.recovered().await;
    second.advance(Duration::from_hours(1)).await;
    assert_eq!((length(&second, "exp-001").await, length(&second, "exp-002").await), before);
    for run in ["exp-001", "exp-002"] {
        second.retry(run).await.expect("goes on");
        let run = second.run::<Scripted>(run).await.expect("the run is there");
        run.result().await.expect("a value");
    }
    let keys: Vec<String> =
        world.calls().into_iter().filter(|call| call.label == "b").map(|call| call.key).collect();
    assert!(keys.len() == 2 && keys[0] == keys[1], "the same key after a retry: {keys:?}");
}

#[tokio::test]
async fn a_state_that_cannot_be_stored_leaves_the_run_as_it_was_before_for_each_retry() {
    let world = World::default();
    let engine = engine(&world).await;
    let misfit = Op::All(vec![Op::Unencodable, wait("go")]);
    let run = start(&engine, "exp-001", [Op::Reserve("a".into()), misfit]).await;
    for _ in 0..3 {
        let status = run.status().await;
        assert!(
            matches!(&status, Ok(WorkflowStatus::Blocked { reason: BlockReason::Unencodable { .. }, .. })),
            "{status:?}"
        );
        let record = engine.backend().record(run.id()).await.expect("it reads").expect("it is there");
        assert!(record.compensations.is_empty(), "what is remembered in the stretch, it remembers again");
        run.retry().await.expect("it is blocked");
        engine.idle().await;
    }
    assert_eq!(world.count("a"), 1);
}
