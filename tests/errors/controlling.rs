//! Cancelling, retrying and removing runs.

use std::time::Duration;

use sayiir::engine::EngineBuilder;
use sayiir::errors::{CancelError, PurgeError, RetryError};
use sayiir::prelude::*;
use sayiir::testing::{CommitFault, TestEngine};

use crate::{EMPTY, SECTOR, approval, assert_error, parked, parked_on_faulty, runs, sector};

const NOWHERE: &str = "there is no run exp-002";

#[tokio::test]
async fn a_run_that_is_not_there() {
    let (engine, _run) = parked().await;
    let before = runs(engine.backend()).await;
    assert_error!(engine.cancel("", "").await, CancelError::InvalidId(_), EMPTY);
    assert_error!(engine.retry("").await, RetryError::InvalidId(_), EMPTY);
    assert_error!(engine.purge("").await, PurgeError::InvalidId(_), EMPTY);
    assert_error!(engine.cancel("exp-002", "").await, CancelError::NotFound { .. }, NOWHERE);
    assert_error!(engine.retry("exp-002").await, RetryError::NotFound { .. }, NOWHERE);
    assert_error!(engine.purge("exp-002").await, PurgeError::NotFound { .. }, NOWHERE);
    assert_eq!(runs(engine.backend()).await, before);
}

#[tokio::test]
async fn a_run_that_waits_or_has_ended() {
    let (engine, run) = parked().await;
    let before = runs(engine.backend()).await;
    assert_error!(
        run.retry().await,
        RetryError::NotFailed { status: StatusKind::WaitingForSignal, .. },
        "run exp-001 cannot be retried: it is waiting for a signal"
    );
    assert_error!(
        engine.purge("exp-001").await,
        PurgeError::NotFinished { status: StatusKind::WaitingForSignal, .. },
        "run exp-001 cannot be removed before it has ended: it is waiting for a signal"
    );
    assert_eq!(runs(engine.backend()).await, before);

    run.signal(approval::APPROVED, &"bob".into()).await.expect("it is taken");
    engine.idle().await;
    let before = runs(engine.backend()).await;
    assert_error!(
        run.cancel("").await,
        CancelError::Finished { status: StatusKind::Completed, .. },
        "run exp-001 cannot be cancelled: it is completed"
    );
    assert_eq!(runs(engine.backend()).await, before);
}

#[task(retries = 1, backoff = 1m)]
async fn release(cx: &TaskContext, room: u32) -> Result<(), String> {
    if cx.attempt() == 1 { Err(format!("room {room} is locked")) } else { Ok(()) }
}

#[workflow]
async fn booking(room: u32) -> Result<u32, String> {
    compensate!(release(room));
    sleep!(1h).await;
    Err("the trip is off".into())
}

#[tokio::test]
async fn a_run_that_undoes_what_it_did() {
    let engine = TestEngine::start(EngineBuilder::workflow::<booking>).await.expect("it starts");
    let run = engine.start("book-001", booking(7)).await.expect("it starts");
    engine.advance(Duration::from_hours(1)).await;
    let before = runs(engine.backend()).await;
    assert_error!(
        run.cancel("never mind").await,
        CancelError::Finished { status: StatusKind::Compensating, .. },
        "run book-001 cannot be cancelled: it is compensating"
    );
    assert_error!(
        run.retry().await,
        RetryError::NotFailed { status: StatusKind::Compensating, .. },
        "run book-001 cannot be retried: it is compensating"
    );
    assert_eq!(runs(engine.backend()).await, before);

    engine.advance(Duration::from_mins(2)).await;
    let before = runs(engine.backend()).await;
    assert_error!(
        run.retry().await,
        RetryError::Compensated { .. },
        "run book-001 cannot be retried: what it did has been compensated"
    );
    assert_eq!(runs(engine.backend()).await, before);
}

#[tokio::test]
async fn a_store_that_does_not_take_it() {
    let (engine, run, store) = parked_on_faulty().await;
    let fail = || store.fault(store.commits() + 1, CommitFault::Refuse(sector()));
    let before = runs(store.inner()).await;
    fail();
    assert_error!(run.cancel("").await, CancelError::Backend(_), SECTOR);
    assert_eq!(runs(store.inner()).await, before);

    engine.advance(Duration::from_hours(48)).await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Failed(_))));
    let before = runs(store.inner()).await;
    fail();
    assert_error!(run.retry().await, RetryError::Backend(_), SECTOR);
    fail();
    assert_error!(engine.purge("exp-001").await, PurgeError::Backend(_), SECTOR);
    assert_eq!(runs(store.inner()).await, before);
}

#[tokio::test]
async fn an_engine_that_was_shut_down() {
    let (engine, run) = parked().await;
    let before = runs(engine.backend()).await;
    engine.clone().shutdown().await;
    assert_error!(
        run.cancel("").await,
        CancelError::Stopped { .. },
        "the engine stopped before it could say that run exp-001 was cancelled"
    );
    assert_error!(
        run.retry().await,
        RetryError::Stopped { .. },
        "the engine stopped before it could say that run exp-001 was retried"
    );
    assert_error!(
        engine.purge("exp-001").await,
        PurgeError::Stopped { .. },
        "the engine stopped before it could say that run exp-001 was removed"
    );
    assert_eq!(runs(engine.backend()).await, before);
}
