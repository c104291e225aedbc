//! Shutting down and dropping.

use std::time::Duration;

use sayiir_core::engine::{ResultError, StartError, WorkflowStatus};
use sayiir_core::history::Event;

use crate::promises::process::Process;
use crate::promises::scripted::{Op, Scripted, wait, work};
use crate::promises::world::{Act, World};
use crate::promises::{engine, first_engine, in_world, start};

#[tokio::test]
async fn a_shutdown_lets_running_attempts_end_and_starts_no_new_ones() {
    let world = World::default();
    world.plan("a", [Act::Gate("one")]);
    let first = engine(&world).await;
    let run = start(&first, "exp-001", [work("a"), work("b")]).await;
    let ending = tokio::spawn((**first).clone().shutdown());
    tokio::task::yield_now().await;
    world.open("one");
    ending.await.expect("no panic");
    assert_eq!((world.count("a"), world.count("b")), (1, 0));
    assert!(matches!(run.result().await, Err(ResultError::Stopped { .. })));
    drop(run);
    let (disk, clock) = first.leave();
    let second = Process::start(disk, clock, in_world(&world)).await.expect("the engine starts");
    let run = second.run::<Scripted>("exp-001").await.expect("the run is there");
    assert_eq!(run.result().await.expect("a value"), ["a done", "b done"]);
    assert_eq!(world.count("a"), 1, "its end was stored");
}

#[tokio::test]
async fn a_shutdown_leaves_what_does_not_end_in_time_to_the_next_engine() {
    let world = World::default();
    world.plan("a", [Act::Hang]);
    let first = engine(&world).await;
    start(&first, "exp-001", [work("a")]).await;
    let ending = tokio::spawn((**first).clone().shutdown_within(Duration::from_secs(5)));
    tokio::task::yield_now().await;
    assert!(!ending.is_finished());
    first.advance(Duration::from_secs(5)).await;
    ending.await.expect("no panic");
    let (disk, clock) = first.leave();
    let second = Process::start(disk, clock, in_world(&world)).await.expect("the engine starts");
    let run = second.run::<Scripted>("exp-001").await.expect("the run is there");
    assert_eq!(run.result().await.expect("a value"), ["a done"]);
    assert_eq!(world.count("a"), 2);
}

#[tokio::test]
async fn a_shutdown_begins_no_attempt_that_waits_for_its_slot() {
    for (kind, slots) in [(Op::Work as fn(String) -> Op, 1), (Op::Once, 1), (Op::Scarce, 2)] {
        let world = World::default();
        let first = first_engine(|builder| in_world(&world)(builder).max_running_tasks(slots));
        let first = first.await.expect("the engine starts");
        let ids: Vec<String> = (0..10).map(|number| format!("exp-{number}")).collect();
        for id in &ids {
            world.plan(id, [Act::Gate("one")]);
            start(&first, id, [kind(id.clone())]).await;
        }
        let ending = tokio::spawn((**first).clone().shutdown());
        tokio::task::yield_now().await;
        world.open("one");
        ending.await.expect("no panic");
        assert_eq!(world.calls().len(), slots, "those that were running ended, and no other began");
        let (disk, clock) = first.leave();
        let second = Process::start(disk, clock, in_world(&world)).await.expect("the engine starts");
        for id in &ids {
            let run = second.run::<Scripted>(id).await.expect("the run is there");
            assert_eq!(run.result().await.expect("a value"), [format!("{id} done")]);
            assert_eq!(world.count(id), 1);
            let history = run.history().await.expect("a history");
            let steps: Vec<&Event> = history.iter().map(|entry| &entry.event).collect();
            assert!(
                matches!(steps[..], [Event::Started { .. }, Event::StepDone { .. }, Event::Completed { .. }]),
                "{steps:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_shutdown_waits_for_no_attempt_that_has_not_begun() {
    let world = World::default();
    let first = first_engine(|builder| in_world(&world)(builder).max_running_tasks(1)).await;
    let first = first.expect("the engine starts");
    world.plan("a", [Act::Gate("one")]).plan("b", [Act::Hang]);
    let run = start(&first, "exp-001", [Op::All(vec![work("a"), work("b")])]).await;
    let ending = tokio::spawn((**first).clone().shutdown());
    tokio::task::yield_now().await;
    world.open("one");
    first.idle().await;
    tokio::task::yield_now().await;
    assert!(ending.is_finished(), "{:?}", world.calls());
    assert_eq!((world.count("a"), world.count("b")), (1, 0));
    drop(run);
    let (disk, clock) = first.leave();
    world.plan("b", []);
    let second = Process::start(disk, clock, in_world(&world)).await.expect("the engine starts");
    let run = second.run::<Scripted>("exp-001").await.expect("the run is there");
    assert_eq!(run.result().await.expect("a value"), ["a done & b done"]);
    assert_eq!((world.count("a"), world.count("b")), (1, 1));
}

#[tokio::test]
async fn an_engine_that_is_shut_down_takes_nothing_more() {
    let world = World::default();
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [wait("go")]).await;
    (**engine).clone().shutdown().await;
    let refused = engine.start("exp-002", Scripted::call([])).await;
    assert!(matches!(refused, Err(StartError::Stopped { .. })));
    assert!(run.signal(Scripted::GO, &"x".into()).await.is_err());
    assert!(engine.health().is_closed);
    // What is stored can still be read.
    assert!(matches!(run.status().await.expect("a status"), WorkflowStatus::WaitingForSignal { .. }));
}

#[tokio::test]
async fn dropping_the_last_handle_stops_the_engine_and_its_attempts() {
    let world = World::default();
    world.plan("a", [Act::Gate("one")]);
    let first = engine(&world).await;
    let run = start(&first, "exp-001", [work("a"), Op::Sleep(1)]).await;
    drop(run);
    let (disk, clock) = first.leave();
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    world.open("one");
    let second = Process::start(disk, clock, in_world(&world)).await.expect("the engine starts");
    second.advance(Duration::from_secs(1)).await;
    let run = second.run::<Scripted>("exp-001").await.expect("the run is there");
    assert_eq!(run.result().await.expect("a value"), ["a done", "slept"]);
    assert_eq!(world.count("a"), 2, "the attempt of the first engine ended with it");
}

#[tokio::test]
async fn a_caller_that_waits_is_let_go_when_the_engine_stops() {
    let world = World::default();
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [wait("go")]).await;
    let waits = tokio::spawn(async move { run.result().await });
    tokio::task::yield_now().await;
    (**engine).clone().shutdown().await;
    let ended = waits.await.expect("no panic");
    assert!(matches!(ended, Err(ResultError::Stopped { .. })));
}
