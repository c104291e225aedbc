//! Signals, through an engine and through the store alone.

use std::collections::BTreeMap;

use sayiir::backend::BackendError;
use sayiir::errors::{CancelError, SendEventError, SignalError};
use sayiir::prelude::*;
use sayiir::testing::{CommitFault, TestEngine};

use crate::{EMPTY, SECTOR, approval, assert_error, parked, parked_on_faulty, runs, sector};

/// JSON has no such keys.
fn unencodable() -> BTreeMap<(u8, u8), u8> {
    [((1, 2), 3)].into()
}

#[tokio::test]
async fn a_signal_that_the_run_cannot_take() {
    let (engine, run) = parked().await;
    let before = runs(engine.backend()).await;
    assert_error!(engine.signal("", "approved", "bob").await, SignalError::InvalidId(_), EMPTY);
    assert_error!(
        engine.signal("exp-002", "approved", "bob").await,
        SignalError::NotFound { .. },
        "there is no run exp-002"
    );
    assert_error!(
        engine.signal("exp-001", "aproved", "bob").await,
        SignalError::UnknownSignal { .. },
        "run exp-001 has no signal `aproved`; it has `approved`"
    );
    assert_error!(
        engine.signal("exp-001", "approved", &17).await,
        SignalError::Payload { .. },
        "the payload of signal `approved` to run exp-001 is not a `alloc::string::String`: invalid type: integer `17`, expected a string \
         at line 1 column 2"
    );
    assert_error!(
        engine.signal("exp-001", "approved", &unencodable()).await,
        SignalError::Unencodable { source, .. } if source.to_string() == "key must be a string",
        "the payload of signal `approved` to run exp-001 cannot be stored"
    );
    assert_eq!(runs(engine.backend()).await, before);

    run.signal(approval::APPROVED, &"bob".into()).await.expect("it is taken");
    engine.idle().await;
    let before = runs(engine.backend()).await;
    assert_error!(
        run.signal(approval::APPROVED, &"bob".into()).await,
        SignalError::Finished { status: StatusKind::Completed, .. },
        "run exp-001 takes no more signals: it is completed"
    );
    assert_eq!(runs(engine.backend()).await, before);
}

#[workflow]
async fn two_of_two(amount: u32) -> u32 {
    let _: String = signal!("first").await;
    let _: String = signal!("second").await;
    amount
}

#[tokio::test]
async fn a_signal_that_comes_too_early_or_is_too_large() {
    let engine = TestEngine::start(|builder| builder.workflow::<two_of_two>().max_payload_bytes(100)).await;
    let engine = engine.expect("it starts");
    let run = engine.start("exp-001", two_of_two(250)).await.expect("it starts");
    engine.idle().await;
    let before = runs(engine.backend()).await;
    assert_error!(
        run.signal(two_of_two::SECOND, &"bob".into()).only_if_waiting().await,
        SignalError::NotWaiting { .. },
        "run exp-001 does not wait for signal `second`: it is waiting for a signal"
    );
    assert_error!(
        run.signal(two_of_two::FIRST, &"x".repeat(99)).await,
        SignalError::TooLarge { bytes: 101, limit: 100, .. },
        "the payload of signal `first` to run exp-001 takes 101 bytes, the limit is 100"
    );
    assert_error!(
        run.signal(two_of_two::FIRST, &"bob".into()).by("x".repeat(50)).idempotency_key("x".repeat(50)).await,
        SignalError::TooLarge { bytes: 105, limit: 100, .. },
        "the payload of signal `first` to run exp-001 takes 105 bytes, the limit is 100"
    );
    assert_error!(
        run.signal(two_of_two::FIRST, &"bob".into()).idempotency_key("").await,
        SignalError::EmptyKey { .. },
        "the idempotency key of signal `first` to run exp-001 is empty: give none, or one of its own to each signal"
    );
    assert_error!(
        run.cancel("x".repeat(101)).await,
        CancelError::TooLarge { bytes: 101, limit: 100, .. },
        "the reason to cancel run exp-001 takes 101 bytes, the limit is 100"
    );
    assert_eq!(runs(engine.backend()).await, before);
}

#[tokio::test]
async fn a_signal_to_a_run_of_a_workflow_that_the_engine_does_not_know() {
    let (engine, run) = parked().await;
    let (store, clock) = (engine.backend().clone(), engine.clock().clone());
    drop(run);
    engine.crash().await;
    let engine = TestEngine::start_on(store, clock, |builder| builder).await.expect("it starts");
    let before = runs(engine.backend()).await;
    assert_error!(
        engine.signal("exp-001", "approved", "bob").await,
        SignalError::NotRegistered { .. },
        "run exp-001 is one of workflow `approval`, which is not registered: \
         `Engine::builder().workflow::<..>()`, or `.flow(&..)`"
    );
    assert_eq!(runs(engine.backend()).await, before);
}

#[tokio::test]
async fn a_signal_that_the_store_does_not_take() {
    let (engine, run, store) = parked_on_faulty().await;
    let before = runs(store.inner()).await;
    store.fault(store.commits() + 1, CommitFault::Refuse(sector()));
    assert_error!(run.signal(approval::APPROVED, &"bob".into()).await, SignalError::Backend(_), SECTOR);
    engine.idle().await;
    assert_eq!(runs(store.inner()).await, before);
}

#[tokio::test]
async fn a_signal_to_an_engine_that_was_shut_down() {
    let (engine, run) = parked().await;
    let before = runs(engine.backend()).await;
    engine.clone().shutdown().await;
    assert_error!(
        run.signal(approval::APPROVED, &"bob".into()).await,
        SignalError::Stopped { .. },
        "the engine stopped before it could say that the signal to run exp-001 was stored"
    );
    assert_eq!(runs(engine.backend()).await, before);
}

#[tokio::test]
async fn an_event_that_the_store_refuses() {
    let (engine, run, store) = parked_on_faulty().await;
    let before = runs(store.inner()).await;
    assert_error!(store.send_event("", "approved", "bob").await, SendEventError::InvalidId(_), EMPTY);
    assert_error!(
        store.send_event("exp-002", "approved", "bob").await,
        SendEventError::NotFound { .. },
        "there is no run exp-002"
    );
    assert_error!(
        store.send_event("exp-001", "aproved", "bob").await,
        SendEventError::UnknownSignal { .. },
        "run exp-001 has no signal `aproved`; it has `approved`"
    );
    assert_error!(
        store.send_event("exp-001", "approved", unencodable()).await,
        SendEventError::Unencodable { source, .. } if source.to_string() == "key must be a string",
        "the payload of signal `approved` to run exp-001 cannot be stored"
    );
    let largest = "x".repeat(2 * 1024 * 1024 - 2);
    assert_error!(
        store.send_event("exp-001", "approved", format!("{largest}x")).await,
        SendEventError::TooLarge { bytes: 2_097_153, limit: 2_097_152, .. },
        "the payload of signal `approved` to run exp-001 takes 2097153 bytes, the limit is 2097152"
    );
    store.fault(store.commits() + 1, CommitFault::Refuse(sector()));
    assert_error!(
        store.send_event("exp-001", "approved", "bob").await,
        SendEventError::Backend(BackendError::Damaged { .. }),
        SECTOR
    );
    assert_eq!(runs(store.inner()).await, before);

    run.cancel("never mind").await.expect("it is cancelled");
    engine.idle().await;
    let before = runs(store.inner()).await;
    assert_error!(
        store.send_event("exp-001", "approved", "bob").await,
        SendEventError::Finished { status: StatusKind::Cancelled, .. },
        "run exp-001 takes no more signals: it is cancelled"
    );
    assert_eq!(runs(store.inner()).await, before);
}
