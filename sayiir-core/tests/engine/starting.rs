//! Starting runs, their results, and going on after a crash.

use sayiir_core::backend::BackendError;
use sayiir_core::engine::{EngineBuilder, FindError, StartEngineError, StartError, WorkflowStatus};
use sayiir_core::testing::{CommitFault, crash_everywhere_on};

use crate::Disk;
use crate::promises::scripted::{Op, Scripted, wait, within, work};
use crate::promises::world::{Act, World};
use crate::promises::{engine, first_engine, in_world, on_faulty, start};

#[tokio::test]
async fn a_run_goes_through_its_steps_and_gives_its_value() {
    let world = World::default();
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [work("a"), work("b"), Op::Sleep(0)]).await;
    assert_eq!(run.result().await.expect("a value"), ["a done", "b done", "slept"]);
    let status = run.status().await.expect("a status");
    assert!(matches!(status, WorkflowStatus::Completed(lines) if lines.len() == 3));
    assert_eq!(engine.active_runs(), 0);
}

#[tokio::test]
async fn an_empty_body_is_done_at_once() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", []).await;
    assert!(run.result().await.expect("a value").is_empty());
}

#[tokio::test]
async fn a_taken_id_is_refused_and_the_first_run_is_unharmed() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", [wait("go")]).await;
    let again = engine.start("exp-001", Scripted::call([work("a")])).await;
    assert!(matches!(again, Err(StartError::AlreadyExists { .. })));
    let other = engine.start("exp-001", Scripted::call([work("a")])).or_attach().await;
    assert!(matches!(other, Err(StartError::AlreadyExists { .. })));
    let same = engine.start("exp-001", Scripted::call([wait("go")])).or_attach().await;
    assert_eq!(same.expect("the same run").id(), run.id());
    run.signal(Scripted::GO, &"x".into()).await.expect("accepted");
    assert_eq!(run.result().await.expect("a value"), ["x"]);
}

#[tokio::test]
async fn an_id_has_1_to_255_bytes() {
    let engine = engine(&World::default()).await;
    for id in [String::new(), "x".repeat(256)] {
        let started = engine.start(&id, Scripted::call([])).await;
        assert!(matches!(started, Err(StartError::InvalidId(_))));
    }
    for id in ["x".repeat(255), "ü/\0 名前".into()] {
        let run = engine.start(&id, Scripted::call([])).await.expect("a valid id");
        assert_eq!(run.id().as_str(), id);
        run.result().await.expect("a value");
    }
}

#[tokio::test]
async fn arguments_above_the_limit_are_refused() {
    let world = World::default();
    let engine =
        first_engine(|builder| builder.workflow::<Scripted>().provide(world.clone()).max_payload_bytes(100));
    let engine = engine.await.expect("the engine starts");
    let started = engine.start("exp-001", Scripted::call([work(&"x".repeat(100))])).await;
    assert!(matches!(started, Err(StartError::TooLarge { bytes, limit: 100, .. }) if bytes > 100));
    assert!(matches!(engine.run::<Scripted>("exp-001").await, Err(FindError::NotFound { .. })));
}

#[tokio::test]
async fn what_is_not_provided_is_said_before_anything_runs() {
    let engine = first_engine(EngineBuilder::workflow::<Scripted>).await;
    let error = engine.expect_err("the world is missing");
    let StartEngineError::MissingDependencies { missing } = &error else {
        panic!("another error: {error}");
    };
    assert_eq!(missing.len(), 6, "one for each task: {missing:?}");
    assert!(error.to_string().contains("World"), "{error}");
}

#[tokio::test]
async fn a_run_is_found_again_by_its_id() {
    let world = World::default();
    let first = engine(&world).await;
    start(&first, "exp-001", [wait("go"), work("a")]).await;
    let second = first.restart(&world).await;
    let run = second.run::<Scripted>("exp-001").await.expect("the run is there");
    let unknown = second.run::<Scripted>("exp-002").await;
    assert!(matches!(unknown, Err(FindError::NotFound { .. })));
    let result = tokio::spawn({
        let run = run.clone();
        async move { run.result().await }
    });
    run.signal(Scripted::GO, &"x".into()).await.expect("accepted");
    let lines = result.await.expect("no panic").expect("a value");
    assert_eq!(lines, ["x", "a done"]);
}

#[tokio::test]
async fn a_run_that_was_running_goes_on_after_a_crash() {
    let world = World::default();
    world.plan("b", [Act::Hang]);
    let first = engine(&world).await;
    start(&first, "exp-001", [work("a"), work("b")]).await;
    let second = first.restart(&world).await;
    let run = second.run::<Scripted>("exp-001").await.expect("the run is there");
    assert_eq!(run.result().await.expect("a value"), ["a done", "b done"]);
    assert_eq!((world.count("a"), world.count("b")), (1, 2));
    let keys: Vec<String> = world.calls().into_iter().map(|call| call.key).collect();
    assert_eq!(keys[1], keys[2], "both attempts of one step have one key");
    assert_ne!(keys[0], keys[1], "two steps have two keys");
}

#[tokio::test]
async fn a_waiting_run_has_no_actor() {
    let world = World::default();
    let engine = engine(&world).await;
    for number in 0..100 {
        start(&engine, &format!("run-{number}"), [work("a"), within("go", 50)]).await;
    }
    assert_eq!(engine.active_runs(), 0);
}

#[tokio::test]
async fn whatever_commit_a_crash_hits_the_outcome_is_the_same() {
    let world = World::default();
    let (lines, crashes) = crash_everywhere_on(Disk::default, in_world(&world), async |engine| {
        let script = [work("a"), within("go", 3600), within("stop", 60), Op::Sturdy("b".into())];
        let run = engine.start("exp-001", Scripted::call(script)).or_attach().await;
        let run = run.expect("the run starts");
        let sent = run.signal(Scripted::GO, &"approved".into()).idempotency_key("1").await;
        sent.expect("accepted");
        engine.advance(std::time::Duration::from_hours(48)).await;
        run.result().await.expect("a value")
    })
    .await;
    assert_eq!(lines[..2], ["a done", "approved"]);
    assert!(lines[2].contains("timeout"));
    assert_eq!(lines[3], "b done");
    assert!(crashes >= 8, "{crashes}");
}

#[tokio::test]
async fn a_spawned_run_gets_on_though_the_store_denied_that_it_was_stored() {
    let world = World::default();
    let (engine, backend) = on_faulty(&world).await;
    let run = start(&engine, "exp-001", [wait("go"), Op::Spawn("exp-002".into(), vec![work("a")])]).await;
    let error = BackendError::Io { detail: "input/output error".into(), source: None };
    backend.fault(2, CommitFault::WriteAndRefuse(error));
    run.signal(Scripted::GO, &"1".into()).await.expect_err("the store says so");
    engine.advance(std::time::Duration::from_mins(1)).await;
    run.result().await.expect("a value");
    assert_eq!(world.count("a"), 1);
}
