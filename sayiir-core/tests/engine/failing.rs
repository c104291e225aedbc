//! A store that fails.

use std::sync::Arc;
use std::time::Duration;

use sayiir_core::backend::{Backend, BackendError};
use sayiir_core::clock::Clock;
use sayiir_core::engine::{Engine, SignalError, StartEngineError, StartError, WorkflowStatus};
use sayiir_core::history::{Event, HistoryEntry};
use sayiir_core::ids::{Revision, RunId};
use sayiir_core::testing::{CommitFault, Database, FaultyBackend, TestEngine, assert_each_step_once};

use crate::Disk;
use crate::promises::process::Process;
use crate::promises::scripted::{Op, Scripted, wait, work};
use crate::promises::world::{Act, World};
use crate::promises::{engine, engine_on, in_world, on_faulty, start};

fn disk_full() -> CommitFault {
    CommitFault::Refuse(BackendError::StorageFull { detail: "no space left on device".into() })
}

#[tokio::test]
async fn a_start_that_cannot_be_stored_is_an_error_and_starts_nothing() {
    let world = World::default();
    let (engine, backend) = on_faulty(&world).await;
    backend.fault(1, disk_full());
    let started = engine.start("exp-001", Scripted::call([work("a")])).await;
    assert!(matches!(started, Err(StartError::Backend(BackendError::StorageFull { .. }))));
    engine.idle().await;
    assert_eq!((world.count("a"), engine.active_runs()), (0, 0));
    let health = engine.health();
    assert!(matches!(health.store.expect("trouble").error, BackendError::StorageFull { .. }));
    let run = start(&engine, "exp-001", [work("a")]).await;
    run.result().await.expect("a value");
    assert!(engine.health().store.is_none(), "the store answers again");
}

#[tokio::test]
async fn a_store_that_takes_a_commit_is_well_again_at_once() {
    // As a service runs it: where nobody counts the calls of the store, an answer may be there before it is waited for.
    let backend = Arc::new(FaultyBackend::new(Disk::default().open().await));
    backend.fault(1, disk_full());
    let builder = Engine::builder().backend(Arc::clone(&backend));
    let engine = in_world(&World::default())(builder).start().await.expect("the engine starts");
    let start = || engine.start("exp-001", Scripted::call([wait("go")])).into_future();
    start().await.expect_err("the disk is full");
    assert!(engine.health().store.is_some());
    start().await.expect("the run starts");
    assert!(engine.health().store.is_none());
}

#[tokio::test]
async fn a_signal_that_cannot_be_stored_is_an_error_and_can_be_sent_again() {
    let world = World::default();
    let (engine, backend) = on_faulty(&world).await;
    let run = start(&engine, "exp-001", [wait("go"), wait("go")]).await;
    backend.fault(2, disk_full());
    let sent = run.signal(Scripted::GO, &"1".into()).await;
    assert!(matches!(sent, Err(SignalError::Backend(BackendError::StorageFull { .. }))));
    for text in ["1", "2"] {
        run.signal(Scripted::GO, &text.into()).await.expect("accepted");
    }
    assert_eq!(run.result().await.expect("a value"), ["1", "2"]);
}

#[tokio::test]
async fn the_end_of_a_task_is_stored_once_the_store_takes_it_and_the_task_is_not_repeated() {
    let world = World::default();
    let (engine, backend) = on_faulty(&world).await;
    for commit in 2..7 {
        backend.fault(commit, disk_full());
    }
    let run = start(&engine, "exp-001", [work("a"), work("b")]).await;
    assert!(matches!(run.status().await.expect("a status"), WorkflowStatus::Running { .. }));
    assert!(engine.health().store.is_some());
    engine.advance(Duration::from_mins(1)).await;
    assert_eq!(run.result().await.expect("a value"), ["a done", "b done"]);
    assert_eq!((world.count("a"), world.count("b")), (1, 1));
}

#[tokio::test]
async fn a_timer_that_cannot_be_stored_fires_later() {
    let world = World::default();
    let (engine, backend) = on_faulty(&world).await;
    let run = start(&engine, "exp-001", [Op::Sleep(60)]).await;
    let other = start(&engine, "exp-002", [Op::Sleep(60)]).await;
    for commit in 3..6 {
        backend.fault(commit, disk_full());
    }
    engine.advance(Duration::from_mins(2)).await;
    run.result().await.expect("a value");
    other.result().await.expect("a value");
}

#[tokio::test]
async fn a_commit_that_was_refused_and_turns_out_to_be_written_counts_once() {
    let commits = outcome_with(None).await;
    assert!(commits >= 6, "{commits} commits");
    for number in 1..=commits {
        outcome_with(Some(number)).await;
    }
}

/// What a careful client does, with one commit that is written although the store says that it failed; gives the number of
/// commits.
async fn outcome_with(refused: Option<u64>) -> u64 {
    let world = World::default();
    let (engine, backend) = on_faulty(&world).await;
    if let Some(number) = refused {
        let error = BackendError::Io { detail: "input/output error".into(), source: None };
        backend.fault(number, CommitFault::WriteAndRefuse(error));
    }
    let script =
        || Scripted::call([work("a"), wait("go"), Op::Sleep(60), Op::Child(vec![work("b")]), work("c")]);
    let run = match engine.start("exp-001", script()).or_attach().await {
        Err(_) => engine.start("exp-001", script()).or_attach().await.expect("it is there"),
        Ok(run) => run,
    };
    let send = || run.signal(Scripted::GO, &"1".into()).idempotency_key("go 1");
    if send().await.is_err() {
        // While the store is given time, everybody is told of its failure.
        engine.advance(Duration::from_secs(1)).await;
        send().await.expect("the store answers again");
    }
    engine.advance(Duration::from_hours(1)).await;
    let lines = run.result().await.expect("a value");
    assert_eq!(lines, ["a done", "1", "slept", "b done", "c done"], "commit {refused:?}");
    assert_each_step_once(backend.inner()).await;
    assert_eq!(["a", "b", "c"].map(|label| world.count(label)), [1; 3], "commit {refused:?}");
    backend.commits()
}

#[tokio::test]
async fn a_run_that_somebody_else_changed_goes_on_from_what_the_store_holds() {
    let world = World::default();
    world.plan("a", [Act::Gate("one")]);
    let first = engine(&world).await;
    let run = start(&first, "exp-001", [work("a"), wait("go")]).await;
    // A second engine on the same store, as a program would have by mistake: it takes the signal and runs the task too.
    let second = engine_on(Arc::clone(first.backend()), first.clock().clone(), &world).await;
    second.signal("exp-001", "go", "x").await.expect("accepted");
    world.open("one");
    first.idle().await;
    second.idle().await;
    assert_eq!(run.result().await.expect("a value"), ["a done", "x"]);
    assert_each_step_once(first.backend()).await;
    assert!(first.backend().next_due().await.expect("a read").is_none());
}

fn full() -> BackendError {
    BackendError::StorageFull { detail: "no space left on device".into() }
}

#[tokio::test]
async fn a_start_that_was_stored_though_its_answer_was_an_error_goes_on_and_may_be_repeated() {
    let world = World::default();
    let (engine, backend) = on_faulty(&world).await;
    backend.fault(1, CommitFault::WriteAndRefuse(full()));
    let started = engine.start("exp-001", Scripted::call([work("a")])).await;
    assert!(matches!(started, Err(StartError::Backend(_))), "never acknowledged");
    let run = engine.start("exp-001", Scripted::call([work("a")])).or_attach().await.expect("it is there");
    engine.advance(Duration::from_mins(1)).await;
    assert_eq!(run.result().await.expect("a value"), ["a done"]);
    assert_eq!(world.count("a"), 1);
}

#[tokio::test]
async fn a_signal_that_was_stored_though_its_answer_was_an_error_may_be_repeated() {
    let world = World::default();
    let (engine, backend) = on_faulty(&world).await;
    let run = start(&engine, "exp-001", [wait("go"), wait("go")]).await;
    backend.fault(2, CommitFault::WriteAndRefuse(full()));
    let send = async |text: &str| run.signal(Scripted::GO, &text.into()).idempotency_key(text).await;
    assert!(matches!(send("1").await, Err(SignalError::Backend(_))), "never acknowledged");
    send("1").await.expect("accepted");
    send("2").await.expect("accepted");
    assert_eq!(run.result().await.expect("a value"), ["1", "2"]);
}

#[tokio::test]
async fn the_end_of_a_task_that_was_stored_though_the_answer_was_an_error_counts_once() {
    let world = World::default();
    let (engine, backend) = on_faulty(&world).await;
    backend.fault(2, CommitFault::WriteAndRefuse(full()));
    let run = start(&engine, "exp-001", [work("a"), work("b")]).await;
    assert!(engine.health().store.is_some());
    engine.advance(Duration::from_mins(1)).await;
    assert_eq!(run.result().await.expect("a value"), ["a done", "b done"]);
    let history = run.history().await.expect("a history");
    let kinds = |entry: &HistoryEntry| matches!(entry.event, Event::StepDiscarded { .. });
    assert!(!history.iter().any(kinds), "it is not taken for somebody else's");
    assert_eq!((world.count("a"), world.count("b")), (1, 1));
}

#[tokio::test]
async fn what_a_commit_has_left_for_the_next_one_is_done_also_if_that_meets_a_conflict() {
    let world = World::default();
    let (engine, backend) = on_faulty(&world).await;
    let conflict = BackendError::Conflict {
        run: RunId::new("exp-001").expect("a good id"),
        expected: Some(Revision(1)),
        found: Some(Revision(2)),
    };
    backend.fault(2, CommitFault::Refuse(conflict));
    let run = start(&engine, "exp-001", std::iter::repeat_n(Op::Sleep(0), 200)).await;
    assert_eq!(run.result().await.expect("a value").len(), 200);
}

#[tokio::test]
async fn a_task_whose_end_the_store_refuses_for_good_is_not_run_again_and_again() {
    let world = World::default();
    let (engine, backend) = on_faulty(&world).await;
    for commit in 2..50 {
        let error = BackendError::Damaged { detail: "a counter".into() };
        backend.fault(commit, CommitFault::Refuse(error));
    }
    let run = start(&engine, "exp-001", [work("a")]).await;
    engine.advance(Duration::from_mins(10)).await;
    assert_eq!(world.count("a"), 1);
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Running { .. })), "nothing is lost");
}

#[tokio::test]
async fn no_timer_is_lost_whichever_reads_fail_as_one_comes_due() {
    // The reads of the timekeeper, and of the run that it wakes.
    for (first, failing) in (1..=6).flat_map(|first| (1..=9).map(move |failing| (first, failing))) {
        let world = World::default();
        let (engine, backend) = on_faulty(&world).await;
        let run = start(&engine, "exp-001", [Op::Sleep(3_600)]).await;
        let other = start(&engine, "exp-002", [Op::Sleep(7_200)]).await;
        engine.advance(Duration::from_secs(3_599)).await;
        for read in first..first + failing {
            let error = BackendError::Io { detail: "input/output error".into(), source: None };
            backend.fail_read(backend.reads() + read, error);
        }
        engine.advance(Duration::from_hours(2)).await;
        for run in [run, other] {
            assert!(
                matches!(run.status().await, Ok(WorkflowStatus::Completed(_))),
                "{failing} reads failed from {first} on"
            );
        }
    }
}

#[tokio::test]
async fn reads_that_fail_are_waited_out_and_reported() {
    let world = World::default();
    let (engine, backend) = on_faulty(&world).await;
    let run = start(&engine, "exp-001", [Op::Sleep(60), wait("go")]).await;
    for read in 1..40 {
        backend.fail_read(backend.reads() + read, full());
    }
    assert!(matches!(run.signal(Scripted::GO, &"1".into()).await, Err(SignalError::Backend(_))));
    assert!(engine.health().store.is_some());
    engine.advance(Duration::from_mins(10)).await;
    run.signal(Scripted::GO, &"1".into()).await.expect("accepted");
    assert_eq!(run.result().await.expect("a value"), ["slept", "1"]);
    assert!(engine.health().store.is_none());
}

#[tokio::test]
async fn an_engine_does_not_start_on_a_store_that_cannot_be_read_and_recovery_waits_one_out() {
    let world = World::default();
    world.plan("a", [Act::Hang]);
    let (first, backend) = on_faulty(&world).await;
    start(&first, "exp-001", [work("a"), work("b")]).await;
    let (disk, clock) = first.crash().await;
    backend.fail_read(backend.reads() + 1, full());
    let refused = TestEngine::start_on(Arc::clone(&backend), clock.clone(), in_world(&world)).await;
    assert!(matches!(refused, Err(StartEngineError::Backend(BackendError::StorageFull { .. }))));
    // The start itself reads what is due next and the places of runs; the rest goes on in the background.
    for read in 3..30 {
        backend.fail_read(backend.reads() + read, full());
    }
    let second =
        Process::start_on(disk, Arc::clone(&backend), clock, in_world(&world)).await.expect("it starts");
    assert!(second.health().store.is_some());
    assert_eq!(world.count("a"), 1, "it could not be read yet");
    second.advance(Duration::from_mins(10)).await;
    let run = second.run::<Scripted>("exp-001").await.expect("the run is there");
    assert_eq!(run.result().await.expect("a value"), ["a done", "b done"]);
    assert_eq!((world.count("a"), world.count("b")), (2, 1));
    assert!(second.health().store.is_none());
}

#[tokio::test]
async fn a_run_with_messages_left_has_not_settled_though_one_commit_ended_at_a_wait() {
    let world = World::default();
    let (engine, backend) = on_faulty(&world).await;
    let ops = [wait("stop")].into_iter().chain((0..100).map(|_| wait("go"))).chain([wait("stop")]);
    let run = start(&engine, "exp-001", ops).await;
    for number in 0..100 {
        run.signal(Scripted::GO, &number.to_string()).await.expect("accepted");
    }
    // One commit holds only so many moves; the one after it has to wait for the store.
    backend.fault(backend.commits() + 2, disk_full());
    run.signal(Scripted::STOP, &"now".into()).await.expect("accepted");
    let (settled, ()) = tokio::join!(run.settled(), engine.advance(Duration::from_mins(1)));
    let settled = settled.expect("a status");
    assert!(
        matches!(&settled, WorkflowStatus::WaitingForSignal { signals, .. } if signals == &["stop"]),
        "{settled}"
    );
}

#[tokio::test]
async fn a_store_that_has_stopped_is_not_asked_again_and_again_by_a_run_with_much_to_do() {
    let world = World::default();
    let (engine, backend) = on_faulty(&world).await;
    let ops = [wait("stop")].into_iter().chain((0..200).map(|_| wait("go")));
    let run = start(&engine, "exp-001", ops).await;
    for number in 0..200 {
        run.signal(Scripted::GO, &number.to_string()).await.expect("accepted");
    }
    // The first commit of many holds; the second, which is as large, meets a store that takes nothing more.
    let first = backend.commits() + 1;
    for number in 1..=100 {
        let stopped = BackendError::Stopped { detail: "its disk is gone".into() };
        backend.fault(first + number, CommitFault::Refuse(stopped));
    }
    run.signal(Scripted::STOP, &"now".into()).await.expect("accepted");
    engine.idle().await;
    assert_eq!(backend.commits(), first + 1);
}

#[tokio::test]
async fn the_times_of_a_history_do_not_run_backwards_though_an_end_had_to_wait_for_the_store() {
    let world = World::default();
    world.plan("a", [Act::Gate("one")]).plan("b", [Act::Gate("two")]);
    let (engine, backend) = on_faulty(&world).await;
    let run = start(&engine, "exp-001", [Op::All(vec![work("a"), work("b")])]).await;
    backend.fault(backend.commits() + 1, disk_full());
    world.open("one");
    engine.idle().await;
    // While the store is given time, the other task ends; then a signal comes first.
    let now = engine.clock().now();
    engine.clock().set(now + Duration::from_millis(10));
    world.open("two");
    engine.idle().await;
    engine.clock().set(now + Duration::from_secs(1));
    run.signal(Scripted::GO, &"1".into()).await.expect("accepted");
    assert_eq!(run.result().await.expect("a value"), ["a done & b done"]);
    let history = run.history().await.expect("a history");
    let received = |entry: &HistoryEntry| matches!(entry.event, Event::SignalReceived { .. });
    let done = |entry: &HistoryEntry| matches!(entry.event, Event::StepDone { .. });
    let received = history.iter().position(received).expect("it was received");
    assert!(history.iter().skip(received).any(done), "the signal came between the two ends");
    assert!(history.iter().map(|entry| entry.at).is_sorted(), "{history:?}");
}
