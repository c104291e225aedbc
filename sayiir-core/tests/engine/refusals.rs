//! What each call answers where it cannot do what it is asked.

use std::collections::BTreeMap;
use std::future::IntoFuture;

use sayiir_core::backend::BackendError;
use sayiir_core::engine::Filter;
use sayiir_core::engine::{
    CancelError, Engine, FindError, HistoryError, ListError, PurgeError, ResultError, RetryError,
    SignalError, StartEngineError, StateError, StatusError,
};
use sayiir_core::send_event::{SendEvent, SendEventError};

use crate::promises::process::Process;
use crate::promises::scripted::{Scripted, wait, work};
use crate::promises::world::World;
use crate::promises::{engine, on_faulty, start};

#[tokio::test]
async fn an_engine_without_a_store_does_not_start() {
    let started = Engine::builder().start().await;
    assert!(matches!(started, Err(StartEngineError::NoBackend)));
}

#[tokio::test]
async fn an_id_that_cannot_be_one_and_one_that_nobody_has_are_told_apart() {
    let engine = engine(&World::default()).await;
    assert!(matches!(engine.cancel("", "").await, Err(CancelError::InvalidId(_))));
    assert!(matches!(engine.retry("").await, Err(RetryError::InvalidId(_))));
    assert!(matches!(engine.purge("").await, Err(PurgeError::InvalidId(_))));
    assert!(matches!(engine.history("").await, Err(HistoryError::InvalidId(_))));
    assert!(matches!(engine.run::<Scripted>("").await, Err(FindError::InvalidId(_))));
    assert!(matches!(engine.cancel("x", "").await, Err(CancelError::NotFound { .. })));
    assert!(matches!(engine.retry("x").await, Err(RetryError::NotFound { .. })));
    assert!(matches!(engine.history("x").await, Err(HistoryError::NotFound { .. })));
}

#[tokio::test]
async fn a_run_that_was_removed_is_nowhere_to_be_found_by_those_who_still_hold_it() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", [work("a")]).await;
    let state = run.state().await;
    assert!(matches!(state, Err(StateError::Completed { .. })), "{state:?}");
    engine.purge("exp-001").await.expect("removed");
    assert!(matches!(run.status().await, Err(StatusError::NotFound { .. })));
    assert!(matches!(run.settled().await, Err(StatusError::NotFound { .. })));
    assert!(matches!(run.result().await, Err(ResultError::NotFound { .. })));
    assert!(matches!(run.state().await, Err(StateError::NotFound { .. })));
    assert!(matches!(run.history().await, Err(HistoryError::NotFound { .. })));
}

/// JSON has no such keys.
fn unencodable() -> BTreeMap<(u8, u8), u8> {
    BTreeMap::from([((1, 2), 3)])
}

#[tokio::test]
async fn a_payload_that_json_cannot_hold_is_not_sent() {
    let engine = engine(&World::default()).await;
    start(&engine, "exp-001", [wait("go")]).await;
    let sent = engine.signal("exp-001", "go", &unencodable()).await;
    assert!(matches!(sent, Err(SignalError::Unencodable { .. })), "{sent:?}");
    let sent = engine.backend().send_event("exp-001", "go", unencodable()).await;
    assert!(matches!(sent, Err(SendEventError::Unencodable { .. })), "{sent:?}");
}

#[tokio::test]
async fn a_signal_to_a_run_of_an_unknown_workflow_is_refused_and_its_type_is_not_guessed() {
    let first = engine(&World::default()).await;
    start(&first, "exp-001", [wait("go")]).await;
    let (disk, clock) = first.crash().await;
    let second = Process::start(disk, clock, |builder| builder).await.expect("the engine starts");
    let sent = second.signal("exp-001", "go", "x").await;
    assert!(matches!(sent, Err(SignalError::NotRegistered { .. })), "{sent:?}");
}

#[tokio::test]
async fn an_engine_that_was_shut_down_says_so_to_every_call() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", [wait("go")]).await;
    (**engine).clone().shutdown().await;
    assert!(matches!(run.signal(Scripted::GO, &"x".into()).await, Err(SignalError::Stopped { .. })));
    assert!(matches!(run.cancel("").await, Err(CancelError::Stopped { .. })));
    assert!(matches!(run.retry().await, Err(RetryError::Stopped { .. })));
    assert!(matches!(engine.purge("exp-001").await, Err(PurgeError::Stopped { .. })));
    assert!(matches!(run.result().await, Err(ResultError::Stopped { .. })));
}

#[tokio::test]
async fn what_the_store_says_reaches_whoever_asked() {
    let (engine, backend) = on_faulty(&World::default()).await;
    let run = start(&engine, "exp-001", [wait("go")]).await;
    let fail = || backend.fail_read(backend.reads() + 1, BackendError::Damaged { detail: "a sector".into() });
    fail();
    assert!(matches!(run.status().await, Err(StatusError::Backend(BackendError::Damaged { .. }))));
    fail();
    assert!(matches!(run.result().await, Err(ResultError::Backend(_))));
    fail();
    assert!(matches!(run.state().await, Err(StateError::Backend(_))));
    fail();
    assert!(matches!(run.history().await, Err(HistoryError::Backend(_))));
    fail();
    assert!(matches!(engine.list(Filter::new()).into_future().await, Err(ListError::Backend(_))));
    fail();
    assert!(matches!(engine.run::<Scripted>("exp-001").await, Err(FindError::Backend(_))));
    fail();
    assert!(matches!(
        engine.backend().send_event("exp-001", "go", "x").await,
        Err(SendEventError::Backend(_))
    ));
    // None of it did any harm.
    run.signal(Scripted::GO, &"x".into()).await.expect("accepted");
    assert_eq!(run.result().await.expect("a value"), ["x"]);
}
