//! Flows in the foreground.

use std::sync::Arc;

use sayiir::errors::{ResumeError, RetryError, RunError, StartEngineError};
use sayiir::prelude::*;
use sayiir::record::BlockReason;
use sayiir::testing::VirtualClock;
use tokio::sync::Notify;

use crate::{Count, TWO_DAYS, approval, expense};

type Tested = Result<(), Box<dyn std::error::Error>>;

#[tokio::test]
async fn a_run_parks_takes_its_signal_and_completes() -> Tested {
    let (backend, submitted) = (InMemoryBackend::new(), Count::default());
    let (runner, flow) = (CheckpointingRunner::new(backend.clone()), approval(&submitted).build());

    let parked = runner.run(&flow, "exp-001", expense(250)).await?;
    assert!(matches!(&parked, WorkflowStatus::WaitingForSignal { signals, deadline: Some(_) }
        if signals == &["approved"]));
    backend.send_event("exp-001", "approved", "bob").await?;
    let done = runner.resume(&flow, "exp-001").await?;

    assert_eq!(done, WorkflowStatus::Completed("approved by bob".into()));
    assert_eq!(submitted.get(), 1);
    Ok(())
}

#[tokio::test]
async fn a_run_that_ended_or_still_waits_stays_as_it_is() -> Tested {
    let (backend, submitted) = (InMemoryBackend::new(), Count::default());
    let (runner, flow) = (CheckpointingRunner::new(backend.clone()), approval(&submitted).build());

    let parked = runner.run(&flow, "exp-001", expense(250)).await?;
    assert_eq!(runner.resume(&flow, "exp-001").await?, parked);
    backend.send_event("exp-001", "approved", "bob").await?;
    let done = runner.resume(&flow, "exp-001").await?;
    assert_eq!(runner.resume(&flow, "exp-001").await?, done);
    assert_eq!(submitted.get(), 1);
    Ok(())
}

#[tokio::test]
async fn a_limit_that_has_passed_fails_the_run_at_resume() -> Tested {
    let clock = VirtualClock::default();
    let runner = CheckpointingRunner::new(InMemoryBackend::new()).clock(clock.clone());
    let flow = approval(&Count::default()).build();

    runner.run(&flow, "exp-001", expense(250)).await?;
    clock.set(sayiir::clock::Clock::now(&clock) + TWO_DAYS);
    let status = runner.resume(&flow, "exp-001").await?;

    let WorkflowStatus::Failed(error) = status else { panic!("{status:?}") };
    assert!(error.contains("timeout"));
    assert_eq!(&*error, "timeout: signal `approved` was not received within 48h");
    Ok(())
}

#[tokio::test]
async fn a_call_that_is_dropped_is_taken_up_by_resume() -> Tested {
    let runner = CheckpointingRunner::new(InMemoryBackend::new());
    let (submitted, tried, begun) = (Count::default(), Count::default(), Arc::new(Notify::new()));
    let (submit, pay, begins) = (submitted.clone(), tried.clone(), Arc::clone(&begun));
    let flow = WorkflowBuilder::new(WorkflowContext::new())
        .then("submit", move |amount: u32| {
            submit.up();
            async move { Ok(amount) }
        })
        .then("pay", move |amount| {
            let (attempt, begins) = (pay.up(), Arc::clone(&begins));
            async move {
                if attempt == 1 {
                    begins.notify_one();
                    std::future::pending::<()>().await;
                }
                Ok(amount)
            }
        })
        .build();

    tokio::select! {
        status = runner.run(&flow, "p-1", 250) => panic!("{status:?}"),
        () = begun.notified() => {}
    }
    let done = runner.resume(&flow, "p-1").await?;

    assert_eq!(done, WorkflowStatus::Completed(250));
    assert_eq!((submitted.get(), tried.get()), (1, 2));
    Ok(())
}

#[tokio::test]
async fn a_taken_id_is_refused() -> Tested {
    let submitted = Count::default();
    let (runner, flow) = (CheckpointingRunner::new(InMemoryBackend::new()), approval(&submitted).build());

    runner.run(&flow, "exp-001", expense(250)).await?;
    let again = runner.run(&flow, "exp-001", expense(250)).await;

    assert!(matches!(again, Err(RunError::AlreadyExists { run }) if run.as_str() == "exp-001"));
    assert_eq!(submitted.get(), 1);
    Ok(())
}

#[tokio::test]
async fn a_run_that_is_not_there_is_not_resumed() {
    let runner = CheckpointingRunner::new(InMemoryBackend::new());
    let resumed = runner.resume(&approval(&Count::default()).build(), "exp-001").await;
    assert!(matches!(resumed, Err(ResumeError::NotFound { .. })));
}

#[tokio::test]
async fn an_error_of_a_step_fails_the_run_with_its_sources() -> Tested {
    let runner = CheckpointingRunner::new(InMemoryBackend::new());
    let flow = WorkflowBuilder::new(WorkflowContext::new())
        .then("parse", |text: String| async move {
            let amount: u32 = text.parse().map_err(|error| anyhow::Error::new(error).context("no amount"))?;
            Ok(amount)
        })
        .build();

    let status = runner.run(&flow, "x", "many".into()).await?;

    let WorkflowStatus::Failed(error) = status else { panic!("{status:?}") };
    assert_eq!(&*error, "no amount: invalid digit found in string");
    Ok(())
}

#[tokio::test]
async fn a_panic_of_a_step_blocks_the_run() -> Tested {
    let runner = CheckpointingRunner::new(InMemoryBackend::new());
    let flow = WorkflowBuilder::new(WorkflowContext::new())
        .then("halve", |n: u32| {
            assert!(n.is_multiple_of(2), "{n} is odd");
            async move { Ok(n / 2) }
        })
        .build();

    assert_eq!(runner.run(&flow, "even", 4).await?, WorkflowStatus::Completed(2));
    let status = runner.run(&flow, "odd", 5).await?;

    let WorkflowStatus::Blocked { reason: BlockReason::TaskPanicked { task, message } } = status else {
        panic!("{status:?}")
    };
    assert_eq!((&*task, &*message), ("halve", "5 is odd"));
    Ok(())
}

#[tokio::test]
async fn a_run_that_failed_goes_on_with_the_step_that_did() -> Tested {
    let (submitted, tried) = (Count::default(), Count::default());
    let (submit, pay) = (submitted.clone(), tried.clone());
    let runner = CheckpointingRunner::new(InMemoryBackend::new());
    let flow = WorkflowBuilder::new(WorkflowContext::new())
        .then("submit", move |amount: u32| {
            submit.up();
            async move { Ok(amount) }
        })
        .then("pay", move |amount| {
            let attempt = pay.up();
            async move { if attempt == 1 { Err("the bank is closed".into()) } else { Ok(amount) } }
        })
        .build();
    let failed = runner.run(&flow, "p-1", 250).await?;
    assert!(matches!(&failed, WorkflowStatus::Failed(error) if &**error == "the bank is closed"));
    assert_eq!(runner.resume(&flow, "p-1").await?, failed);

    assert_eq!(runner.retry(&flow, "p-1").await?, WorkflowStatus::Completed(250));

    assert_eq!((submitted.get(), tried.get()), (1, 2));
    let again = runner.retry(&flow, "p-1").await;
    assert!(matches!(again, Err(ResumeError::Retry(RetryError::NotFailed { .. }))));
    Ok(())
}

#[tokio::test]
async fn a_flow_without_steps_yields_what_it_begins_with() -> Tested {
    let runner = CheckpointingRunner::new(InMemoryBackend::new());
    let flow = WorkflowBuilder::<u32, u32>::new(WorkflowContext::new()).build();
    assert_eq!(runner.run(&flow, "x", 7).await?, WorkflowStatus::Completed(7));
    Ok(())
}

#[tokio::test]
async fn other_runs_of_the_store_are_left_alone() -> Tested {
    let (backend, clock) = (InMemoryBackend::new(), VirtualClock::default());
    let (runner, flow) =
        (CheckpointingRunner::new(backend.clone()).clock(clock.clone()), approval(&Count::default()).build());
    runner.run(&flow, "signalled", expense(1)).await?;
    runner.run(&flow, "late", expense(2)).await?;
    backend.send_event("signalled", "approved", "bob").await?;
    clock.set(sayiir::clock::Clock::now(&clock) + TWO_DAYS);
    let before: Vec<_> = revisions(&backend).await?;

    runner.run(&WorkflowBuilder::<u32, u32>::new(WorkflowContext::new()).build(), "other", 7).await?;

    assert_eq!(revisions(&backend).await?, before);
    Ok(())
}

/// How often the records of the two approvals were written.
async fn revisions(backend: &InMemoryBackend) -> Result<Vec<u64>, Box<dyn std::error::Error>> {
    use sayiir::backend::Backend;
    let mut revisions = Vec::new();
    for id in ["signalled", "late"] {
        let record = backend.record(&RunId::new(id)?).await?;
        revisions.push(record.ok_or("the run is there")?.revision.0);
    }
    Ok(revisions)
}

#[tokio::test]
async fn a_name_that_two_steps_have_is_refused_before_anything_runs() {
    let runner = CheckpointingRunner::new(InMemoryBackend::new());
    let ran = Count::default();
    let counted = ran.clone();
    let flow = WorkflowBuilder::new(WorkflowContext::new())
        .then("add", move |n: u32| {
            counted.up();
            async move { Ok(n + 1) }
        })
        .route(|n: &u32| *n)
        .when(1, |flow| flow)
        .otherwise(|flow| flow.then("add", |n| async move { Ok(n + 1) }))
        .build();

    let error = runner.run(&flow, "x", 1).await.expect_err("the name stands twice");

    assert!(matches!(&error, RunError::Flow(StartEngineError::RepeatedNames { .. })));
    assert_eq!(error.to_string(), "a name stands once in a flow: `add` in `add → add`");
    assert_eq!(ran.get(), 0);
}
