//! Signals that are sent through the store, past any engine.

use std::future::IntoFuture;
use std::sync::Arc;

use sayiir_core::backend::Backend;
use sayiir_core::engine::{StartError, WorkflowStatus};
use sayiir_core::history::Event;
use sayiir_core::ids::RunId;
use sayiir_core::record::StatusKind;
use sayiir_core::send_event::{SendEvent, SendEventError};
use sayiir_core::testing::{Database, assert_each_step_once};

use crate::promises::process::Process;
use crate::promises::scripted::{Op, Scripted, wait, work};
use crate::promises::world::{Act, World};
use crate::promises::{engine, engine_on, in_world, start};

#[tokio::test]
async fn an_event_sent_through_the_store_is_taken_by_the_next_engine() {
    let world = World::default();
    let first = engine(&world).await;
    start(&first, "exp-001", [wait("go"), work("a"), wait("go")]).await;
    let (disk, clock) = first.crash().await;
    let backend = disk.open().await;
    for text in ["1", "2"] {
        backend.send_event("exp-001", "go", text).await.expect("accepted");
    }
    drop(backend);
    let second = Process::start(disk, clock, in_world(&world)).await.expect("the engine starts");
    let run = second.run::<Scripted>("exp-001").await.expect("the run is there");
    assert_eq!(run.result().await.expect("a value"), ["1", "a done", "2"]);
    run.history().await.expect("a history").verify().expect("the chain holds");
}

#[tokio::test]
async fn an_event_sent_through_the_store_wakes_a_run_that_waits_for_it() {
    let world = World::default();
    let gone = engine(&world).await;
    start(&gone, "exp-001", [wait("go"), work("a"), wait("go")]).await;
    let engine = gone.restart(&world).await;
    assert_eq!(engine.active_runs(), 0, "it only waits");
    let backend = engine.backend();
    backend.send_event("exp-001", "go", "1").await.expect("accepted");
    engine.idle().await;
    assert_eq!(world.count("a"), 1);
    assert_eq!(engine.active_runs(), 0, "it waits again");
    backend.send_event("exp-001", "go", "2").await.expect("accepted");
    let run = engine.run::<Scripted>("exp-001").await.expect("the run is there");
    assert_eq!(run.result().await.expect("a value"), ["1", "a done", "2"]);
    assert_each_step_once(backend).await;
}

#[tokio::test]
async fn an_event_that_arrives_while_the_run_is_active_is_taken_with_its_next_commit() {
    let world = World::default();
    world.plan("a", [Act::Gate("one")]);
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [work("a"), wait("go")]).await;
    let backend = engine.backend();
    backend.send_event("exp-001", "go", "x").await.expect("accepted");
    world.open("one");
    assert_eq!(run.result().await.expect("a value"), ["a done", "x"]);
    assert_eq!(world.count("a"), 1);
}

#[tokio::test]
async fn an_engine_whose_run_was_changed_past_it_takes_signals_and_cancellations_all_the_same() {
    let world = World::default();
    world.plan("a", [Act::Hang]);
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [work("a"), wait("go")]).await;
    let backend = engine.backend();
    backend.send_event("exp-001", "go", "1").await.expect("accepted");
    run.signal(Scripted::GO, &"2".into()).await.expect("accepted");
    backend.send_event("exp-001", "go", "3").await.expect("accepted");
    run.cancel("enough").await.expect("cancelled");
    engine.idle().await;
    assert_eq!(world.cancelled(), ["a"]);
    let history = run.history().await.expect("a history");
    history.verify().expect("the chain holds");
    let received = |event: &Event| matches!(event, Event::SignalReceived { .. });
    assert_eq!(history.iter().filter(|entry| received(&entry.event)).count(), 3);
}

#[tokio::test]
async fn of_two_engines_on_one_store_only_one_starts_a_run() {
    let world = World::default();
    let engine = engine(&world).await;
    let elsewhere = engine_on(Arc::clone(engine.backend()), engine.clock().clone(), &world).await;
    let started = tokio::join!(
        engine.start("exp-001", Scripted::call([wait("go")])).into_future(),
        elsewhere.start("exp-001", Scripted::call([wait("go")])).into_future(),
    );
    let ((Err(lost), Ok(_won)) | (Ok(_won), Err(lost))) = started else {
        panic!("both or none: {started:?}")
    };
    assert!(matches!(lost, StartError::AlreadyExists { .. }), "{lost}");
}

#[tokio::test]
async fn an_event_to_nobody_to_an_unknown_name_or_to_a_finished_run_is_refused() {
    let world = World::default();
    let engine = engine(&world).await;
    start(&engine, "exp-001", [wait("go")]).await;
    start(&engine, "done", [work("a")]).await;
    let backend = engine.backend();
    let exp = RunId::new("exp-001").expect("a valid id");
    let before = backend.record(&exp).await.expect("a read");
    let nobody = backend.send_event("exp-002", "go", "x").await;
    assert!(matches!(nobody, Err(SendEventError::NotFound { .. })));
    let unknown = backend.send_event("exp-001", "halt", "x").await;
    assert!(matches!(unknown, Err(SendEventError::UnknownSignal { .. })));
    let finished = backend.send_event("done", "go", "x").await;
    assert!(matches!(finished, Err(SendEventError::Finished { status: StatusKind::Completed, .. })));
    let invalid = backend.send_event("", "go", "x").await;
    assert!(matches!(invalid, Err(SendEventError::InvalidId(_))));
    assert_eq!(backend.record(&exp).await.expect("a read"), before);
}

#[tokio::test]
async fn an_event_to_a_run_that_only_undoes_before_it_ends_is_refused() {
    let world = World::default();
    world.plan("a", [Act::Succeed, Act::Gate("release")]);
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [Op::Reserve("a".into()), wait("go")]).await;
    run.cancel("enough").await.expect("cancelled");
    engine.idle().await;
    let head = run.history().await.expect("a history").head();
    let late = engine.backend().send_event("exp-001", "go", "x").await;
    assert!(
        matches!(late, Err(SendEventError::Finished { status: StatusKind::Compensating, .. })),
        "{late:?}"
    );
    assert_eq!(run.history().await.expect("a history").head(), head);
    world.open("release");
}

#[tokio::test]
async fn an_event_is_as_large_as_an_engine_takes_signals_by_default_and_no_larger() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", [wait("go")]).await;
    let (backend, exp) = (engine.backend(), RunId::new("exp-001").expect("a valid id"));
    let before = backend.record(&exp).await.expect("a read");
    // With its quotes.
    let largest = "x".repeat(2 * 1024 * 1024 - 2);
    let larger = backend.send_event("exp-001", "go", format!("{largest}x")).await;
    assert!(
        matches!(larger, Err(SendEventError::TooLarge { bytes: 2_097_153, limit: 2_097_152, .. })),
        "{larger:?}"
    );
    assert_eq!(backend.record(&exp).await.expect("a read"), before);
    backend.send_event("exp-001", "go", &largest).await.expect("accepted");
    assert_eq!(run.result().await.expect("a value"), [largest]);
}

#[tokio::test]
async fn an_event_that_does_not_fit_is_set_aside_and_the_wait_goes_on() {
    let world = World::default();
    let first = engine(&world).await;
    start(&first, "exp-001", [wait("go")]).await;
    let (disk, clock) = first.crash().await;
    let backend = disk.open().await;
    backend.send_event("exp-001", "go", 17).await.expect("a store knows no types");
    drop(backend);
    let second = Process::start(disk, clock, in_world(&world)).await.expect("the engine starts");
    let run = second.run::<Scripted>("exp-001").await.expect("the run is there");
    assert!(matches!(run.status().await.expect("a status"), WorkflowStatus::WaitingForSignal { .. }));
    run.signal(Scripted::GO, &"x".into()).await.expect("accepted");
    assert_eq!(run.result().await.expect("a value"), ["x"]);
    let history = run.history().await.expect("a history");
    let rejected = |event: &Event| matches!(event, Event::SignalRejected { position: 0, .. });
    assert_eq!(history.iter().filter(|entry| rejected(&entry.event)).count(), 1);
}
