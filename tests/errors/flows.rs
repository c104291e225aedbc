//! The runner of flows.

use std::collections::{BTreeMap, BTreeSet};

use sayiir::backend::{Backend, BackendError};
use sayiir::errors::{ResumeError, RetryError, RunError, StartEngineError, StartError, StatusError};
use sayiir::prelude::*;
use sayiir::testing::{CommitFault, FaultyBackend, VirtualClock};

use crate::{EMPTY, SECTOR, assert_error, runs, sector};

/// Waits for a signal, and reports who sent it.
fn flow() -> Flow<u32, String> {
    WorkflowBuilder::<u32, u32>::new(WorkflowContext::new())
        .wait_for_signal("wait", "approved", None)
        .then("report", |by: String| async move { Ok(format!("approved by {by}")) })
        .name("approval")
        .build()
}

/// The same under another name.
fn another() -> Flow<u32, String> {
    WorkflowBuilder::<u32, u32>::new(WorkflowContext::new())
        .wait_for_signal("wait", "approved", None)
        .name("another")
        .build()
}

/// What became of it: it asks for two approvals, and counts their letters.
fn edited() -> Flow<u32, usize> {
    WorkflowBuilder::<u32, u32>::new(WorkflowContext::new())
        .wait_for_signal("first", "approved", None)
        .then("length", |by: String| async move { Ok(by.len()) })
        .name("approval")
        .build()
}

/// With two steps of one name.
fn twice() -> Flow<u32, u32> {
    WorkflowBuilder::new(WorkflowContext::new())
        .then("submit", |n: u32| async move { Ok(n) })
        .then("submit", |n| async move { Ok(n) })
        .name("approval")
        .build()
}

fn runner(store: impl Backend) -> CheckpointingRunner {
    CheckpointingRunner::new(store).clock(VirtualClock::default())
}

/// A store with a run that waits for its signal.
async fn parked() -> InMemoryBackend {
    let store = InMemoryBackend::new();
    runner(store.clone()).run(&flow(), "exp-001", 250).await.expect("it waits");
    store
}

#[tokio::test]
async fn a_flow_that_is_not_run() {
    let store = parked().await;
    let (runner, before) = (runner(store.clone()), runs(&store).await);
    assert_error!(
        runner.run(&flow(), "exp-001", 250).await,
        RunError::AlreadyExists { .. },
        "run exp-001 exists already; `resume` goes on with it"
    );
    assert_error!(
        runner.run(&twice(), "exp-002", 250).await,
        RunError::Flow(StartEngineError::RepeatedNames { .. }),
        "a name stands once in a flow: `submit` in `approval`"
    );
    assert_error!(runner.run(&flow(), "", 250).await, RunError::Start(StartError::InvalidId(_)), EMPTY);
    let sums = WorkflowBuilder::<BTreeMap<(u8, u8), u8>, _>::new(WorkflowContext::new()).build();
    assert_error!(
        runner.run(&sums, "sum-001", [((1, 2), 3)].into()).await,
        RunError::Start(StartError::Unencodable { .. }),
        "the arguments of run sum-001 cannot be stored"
    );
    let echo = WorkflowBuilder::<String, String>::new(WorkflowContext::new()).build();
    assert_error!(
        runner.run(&echo, "echo-001", "x".repeat(3 << 20)).await,
        RunError::Start(StartError::TooLarge { .. }),
        "the arguments of run echo-001 take 3145730 bytes, the limit is 2097152"
    );
    assert_eq!(runs(&store).await, before);
}

#[tokio::test]
async fn a_run_that_is_not_resumed() {
    let store = parked().await;
    let (runner, before) = (runner(store.clone()), runs(&store).await);
    assert_error!(runner.resume(&flow(), "").await, ResumeError::InvalidId(_), EMPTY);
    assert_error!(
        runner.resume(&flow(), "exp-002").await,
        ResumeError::NotFound { .. },
        "there is no run exp-002"
    );
    assert_error!(
        runner.resume(&another(), "exp-001").await,
        ResumeError::OtherFlow { .. },
        "run exp-001 is one of flow `approval`, not `another`"
    );
    assert_error!(
        runner.resume(&edited(), "exp-001").await,
        ResumeError::Incompatible { source, .. } if source.detail == "there is no step `wait` to wait at any more",
        "run exp-001 cannot be resumed with this flow"
    );
    assert_error!(
        runner.retry(&flow(), "exp-001").await,
        ResumeError::Retry(RetryError::NotFailed { .. }),
        "run exp-001 cannot be retried: it is waiting for a signal"
    );
    assert_eq!(runs(&store).await, before);

    store.send_event("exp-001", "approved", "bob").await.expect("it is taken");
    runner.resume(&flow(), "exp-001").await.expect("it completes");
    let before = runs(&store).await;
    assert_error!(
        runner.resume(&twice(), "exp-001").await,
        ResumeError::Flow(StartEngineError::RepeatedNames { .. }),
        "a name stands once in a flow: `submit` in `approval`"
    );
    assert_error!(
        runner.resume(&edited(), "exp-001").await,
        ResumeError::Status(StatusError::Output { .. }),
        "the stored output of run exp-001 does not fit this version of the workflow"
    );
    assert_eq!(runs(&store).await, before);
}

#[tokio::test]
async fn a_run_that_the_store_does_not_take() {
    let store = FaultyBackend::new(InMemoryBackend::new());
    store.fault(1, CommitFault::Refuse(sector()));
    assert_error!(
        runner(store.clone()).run(&flow(), "exp-001", 250).await,
        RunError::Start(StartError::Backend(_)),
        SECTOR
    );
    assert!(runs(store.inner()).await.is_empty());
}

/// Which error it is, and whether it is the store's.
fn named(error: &RunError) -> (&'static str, bool) {
    match error {
        RunError::Flow(StartEngineError::Backend(BackendError::Damaged { .. })) => ("flow", true),
        RunError::Start(StartError::Backend(BackendError::Damaged { .. })) => ("start", true),
        RunError::Status(StatusError::Backend(BackendError::Damaged { .. })) => ("status", true),
        _ => ("another", false),
    }
}

#[tokio::test]
async fn whichever_read_of_a_run_fails_only_the_last_leaves_a_run() {
    let mut met = BTreeSet::new();
    for number in 1.. {
        let store = FaultyBackend::new(InMemoryBackend::new());
        store.fail_read(number, sector());
        let answer = runner(store.clone()).run(&flow(), "exp-001", 250).await;
        let is_there = !runs(store.inner()).await.is_empty();
        match answer {
            Ok(_) if store.reads() < number => break,
            // The timekeeper's: it tries again.
            Ok(status) => assert!(is_there, "{status}"),
            Err(error) => {
                let (name, is_the_stores) = named(&error);
                assert!(is_the_stores, "{error:?}");
                assert_eq!(is_there, name == "status", "read {number}: {error:?}");
                met.insert(name);
            }
        }
    }
    assert_eq!(met, ["flow", "start", "status"].into());
}

#[tokio::test]
async fn a_run_that_the_store_does_not_read() {
    let store = FaultyBackend::new(parked().await);
    let before = runs(store.inner()).await;
    store.fail_read(1, sector());
    assert_error!(runner(store.clone()).resume(&flow(), "exp-001").await, ResumeError::Backend(_), SECTOR);
    store.fail_read(store.reads() + 2, sector());
    assert_error!(
        runner(store.clone()).resume(&flow(), "exp-001").await,
        ResumeError::Flow(StartEngineError::Backend(_)),
        "the store cannot be read"
    );
    assert_eq!(runs(store.inner()).await, before);
}
