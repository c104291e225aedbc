//! Flows that are changed while their runs wait.

use sayiir::errors::ResumeError;
use sayiir::prelude::*;

use sayiir::record::BlockReason;
use sayiir::testing::{TestEngine, VirtualClock};

use crate::{Count, Expense, approval, expense};

type Tested = Result<(), Box<dyn std::error::Error>>;

/// The approval with a step before the wait and one behind it.
fn edited() -> WorkflowBuilder<Expense, usize> {
    WorkflowBuilder::new(WorkflowContext::new())
        .then("check", |expense: Expense| async move { Ok(expense) })
        .then("submit", |expense| async move { Ok(expense) })
        .wait_for_signal("wait", "approved", None)
        .then("report", |by: String| async move { Ok(format!("approved by {by}")) })
        .then("measure", |report| async move { Ok(report.len()) })
}

#[tokio::test]
async fn a_named_flow_may_get_more_steps_while_a_run_waits() -> Tested {
    let backend = InMemoryBackend::new();
    let runner = CheckpointingRunner::new(backend.clone());
    runner.run(&approval(&Count::default()).name("approval").build(), "exp-001", expense(250)).await?;
    backend.send_event("exp-001", "approved", "bob").await?;

    let done = runner.resume(&edited().name("approval").build(), "exp-001").await?;

    assert_eq!(done, WorkflowStatus::Completed("approved by bob".len()));
    Ok(())
}

#[tokio::test]
async fn a_flow_without_a_name_is_its_steps() -> Tested {
    let runner = CheckpointingRunner::new(InMemoryBackend::new());
    runner.run(&approval(&Count::default()).build(), "exp-001", expense(250)).await?;

    let resumed = runner.resume(&edited().build(), "exp-001").await;

    let Err(ResumeError::OtherFlow { expected, found, .. }) = resumed else { panic!("{resumed:?}") };
    assert_eq!(found, "submit → wait → report");
    assert_eq!(expected, "check → submit → wait → report → measure");
    Ok(())
}

#[tokio::test]
async fn a_run_that_waits_at_a_step_that_is_gone_is_not_touched() -> Tested {
    let backend = InMemoryBackend::new();
    let runner = CheckpointingRunner::new(backend.clone());
    let flow = approval(&Count::default()).name("approval").build();
    runner.run(&flow, "exp-001", expense(250)).await?;
    backend.send_event("exp-001", "approved", "bob").await?;
    let without = WorkflowBuilder::new(WorkflowContext::new())
        .then("submit", |expense: Expense| async move { Ok(expense.amount) })
        .name("approval")
        .build();

    let resumed = runner.resume(&without, "exp-001").await;

    let Err(ResumeError::Incompatible { source, .. }) = resumed else { panic!("{resumed:?}") };
    assert!(source.to_string().contains("there is no step `wait` to wait at any more"), "{source}");
    let done = runner.resume(&flow, "exp-001").await?;
    assert_eq!(done, WorkflowStatus::Completed("approved by bob".into()));
    Ok(())
}

#[tokio::test]
async fn a_run_that_waits_for_a_signal_that_is_gone_is_not_touched() -> Tested {
    let backend = InMemoryBackend::new();
    let runner = CheckpointingRunner::new(backend.clone());
    let flow = approval(&Count::default()).name("approval").build();
    runner.run(&flow, "exp-001", expense(250)).await?;
    let renamed = WorkflowBuilder::<Expense, Expense>::new(WorkflowContext::new())
        .wait_for_signal::<String>("wait", "decided", None)
        .name("approval")
        .build();

    let resumed = runner.resume(&renamed, "exp-001").await;

    let Err(ResumeError::Incompatible { source, .. }) = resumed else { panic!("{resumed:?}") };
    assert!(source.to_string().contains("`wait` waits for the signal `approved`"), "{source}");
    backend.send_event("exp-001", "approved", "bob").await?;
    let done = runner.resume(&flow, "exp-001").await?;
    assert_eq!(done, WorkflowStatus::Completed("approved by bob".into()));
    Ok(())
}

#[tokio::test]
async fn a_run_that_did_not_fit_another_version_goes_on_with_one_that_it_fits() -> Tested {
    let backend = InMemoryBackend::new();
    let runner = CheckpointingRunner::new(backend.clone());
    let flow = approval(&Count::default()).name("approval").build();
    runner.run(&flow, "exp-001", expense(250)).await?;
    let renamed = WorkflowBuilder::<Expense, Expense>::new(WorkflowContext::new())
        .wait_for_signal::<String>("another_wait", "approved", None)
        .name("approval")
        .build();
    let clock = VirtualClock::default();
    let engine = TestEngine::start_on(backend.clone(), clock, |builder| builder.flow(&renamed)).await?;
    engine.signal("exp-001", "approved", &"bob").await?;
    let status = engine.run_of(&renamed, "exp-001").await?.settled().await?;
    assert!(
        matches!(status, WorkflowStatus::Blocked { reason: BlockReason::Incompatible { .. } }),
        "{status:?}"
    );
    engine.crash().await;

    let done = runner.resume(&flow, "exp-001").await?;

    assert_eq!(done, WorkflowStatus::Completed("approved by bob".into()));
    Ok(())
}
