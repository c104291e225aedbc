//! What can be asked of a run: its status, its result, its state, its history.

use std::sync::Arc;
use std::time::Duration;

use sayiir::clock::Clock;
use sayiir::engine::EngineBuilder;
use sayiir::errors::{HistoryError, ResultError, StateError, StatusError};
use sayiir::prelude::*;
use sayiir::record::BlockReason;
use sayiir::testing::TestEngine;

use crate::{EMPTY, SECTOR, approval, assert_error, parked, parked_on_faulty, sector};

#[workflow]
async fn division(of: u32, by: u32) -> Result<u32, String> {
    sleep!(1h).await;
    if of == 0 {
        return Err("nothing to divide".into());
    }
    Ok(of / by)
}

#[tokio::test]
async fn a_result_that_there_is_not() {
    let engine = TestEngine::start(EngineBuilder::workflow::<division>).await.expect("it starts");
    let start = async |id: &str, of, by| engine.start(id, division(of, by)).await.expect("it starts");
    let (failed, blocked) = (start("div-001", 0, 1).await, start("div-002", 1, 0).await);
    let cancelled = start("div-003", 1, 1).await;
    cancelled.cancel("never mind").await.expect("it is cancelled");
    engine.advance(Duration::from_hours(1)).await;
    assert_error!(failed.result().await, ResultError::Failed { .. }, "run div-001 failed: nothing to divide");
    assert_error!(
        blocked.result().await,
        ResultError::Blocked { reason: BlockReason::StretchPanicked { .. }, .. },
        "run div-002 is blocked, and goes on by `retry()` once that is mended: the workflow's own code panicked: attempt \
         to divide by zero"
    );
    assert_error!(
        cancelled.result().await,
        ResultError::Cancelled { .. },
        "run div-003 was cancelled: never mind"
    );
}

#[tokio::test]
async fn a_run_that_was_removed() {
    let (engine, run) = parked().await;
    run.signal(approval::APPROVED, &"bob".into()).await.expect("it is taken");
    engine.idle().await;
    assert_error!(
        run.state().await,
        StateError::Completed { .. },
        "run exp-001 has completed and has no state any more"
    );
    engine.purge("exp-001").await.expect("it is removed");
    let nowhere = "there is no run exp-001";
    assert_error!(run.status().await, StatusError::NotFound { .. }, nowhere);
    assert_error!(run.settled().await, StatusError::NotFound { .. }, nowhere);
    assert_error!(run.result().await, ResultError::NotFound { .. }, nowhere);
    assert_error!(run.state().await, StateError::NotFound { .. }, nowhere);
    assert_error!(run.history().await, HistoryError::NotFound { .. }, nowhere);
    assert_error!(engine.history("").await, HistoryError::InvalidId(_), EMPTY);
}

#[tokio::test]
async fn an_engine_that_stops_meanwhile() {
    let (engine, run) = parked().await;
    engine.clone().shutdown().await;
    assert_error!(
        run.result().await,
        ResultError::Stopped { .. },
        "the engine stopped before run exp-001 ended; the run goes on with the next engine"
    );
    // What it waits for has come, and nobody fires it any more.
    engine.clock().set(engine.clock().now() + Duration::from_hours(48));
    assert_error!(
        run.settled().await,
        StatusError::Stopped { .. },
        "the engine stopped before run exp-001 had settled; the run goes on with the next engine"
    );
}

/// What became of the approval: it counts the approvers, whom it asks for otherwise.
mod edited {
    use super::*;

    #[workflow(name = "approval")]
    pub(super) async fn count(amount: u32) -> u32 {
        let by: u32 = signal!("count").await;
        amount + by
    }
}

#[tokio::test]
async fn an_output_or_a_state_that_another_version_left() {
    let (engine, run) = parked().await;
    let done = engine.start("exp-002", approval(250)).await.expect("it starts");
    done.signal(approval::APPROVED, &"bob".into()).await.expect("it is taken");
    engine.idle().await;
    let (store, clock) = (Arc::clone(engine.backend()), engine.clock().clone());
    drop((run, done));
    engine.crash().await;
    let engine = TestEngine::start_on(store, clock, EngineBuilder::workflow::<edited::count>).await;
    let engine = engine.expect("it starts");

    let done = engine.run::<edited::count>("exp-002").await.expect("it is there");
    let misfit = "the stored output of run exp-002 does not fit this version of the workflow";
    let why = "invalid type: string \"250 approved by bob\", expected u32 at line 1 column 21";
    assert_error!(done.status().await, StatusError::Output { source, .. } if source.to_string() == why, misfit);
    assert_error!(done.result().await, ResultError::Output { source, .. } if source.to_string() == why, misfit);

    let run = engine.run::<edited::count>("exp-001").await.expect("it is there");
    assert_error!(
        run.state().await,
        StateError::Incompatible { state, source, .. }
            if state.as_str().contains("250")
                && source.detail == "there is no place `Approved` to wait at any more",
        "the state of run exp-001 cannot be taken up by this version of the workflow"
    );
    assert!(
        matches!(run.status().await, Ok(WorkflowStatus::WaitingForSignal { .. })),
        "asking changes nothing"
    );
}

#[tokio::test]
async fn a_store_that_does_not_read() {
    let (_engine, run, store) = parked_on_faulty().await;
    let fail = || store.fail_read(store.reads() + 1, sector());
    fail();
    assert_error!(run.status().await, StatusError::Backend(_), SECTOR);
    fail();
    assert_error!(run.settled().await, StatusError::Backend(_), SECTOR);
    fail();
    assert_error!(run.result().await, ResultError::Backend(_), SECTOR);
    fail();
    assert_error!(run.state().await, StateError::Backend(_), SECTOR);
    fail();
    assert_error!(run.history().await, HistoryError::Backend(_), SECTOR);
}
