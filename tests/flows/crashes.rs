//! Flows through crashes.

use std::time::Duration;

use sayiir::prelude::*;
use sayiir::testing::crash_everywhere;

use crate::{Count, Expense, TWO_DAYS, approval, expense};

/// One of everything.
fn everything() -> Flow<Expense, String> {
    WorkflowBuilder::new(WorkflowContext::new())
        .then("submit", |expense: Expense| async move { Ok(expense) })
        .fork()
        .branch("expense", |flow| flow)
        .branch("budget", |flow| {
            flow.then("ask", |expense| async move { Ok(expense.amount * 2) })
                .delay("sleep_on_it", Duration::from_hours(1))
        })
        .branch("approval", |flow| flow.wait_for_signal("approve", "approved", Some(TWO_DAYS)))
        .join("compare", |(expense, budget, by): (Expense, u32, String)| async move {
            Ok((expense.amount <= budget, by))
        })
        .route(|(fits, _)| *fits)
        .when(true, |flow| flow.then("pay", |(_, by)| async move { Ok(format!("paid, {by}")) }))
        .otherwise(|flow| flow.then("refuse", |_| async { Ok("refused".to_owned()) }))
        .then("report", |end| async move { Ok(format!("{end}.")) })
        .name("everything")
        .build()
}

#[tokio::test]
async fn a_crash_at_any_commit_changes_nothing() {
    let flow = everything();
    let (outcome, crashes) = crash_everywhere(
        |builder| builder.flow(&flow),
        async |engine| {
            let run = engine.start("x", flow.invoke(expense(250))).or_attach().await.expect("it starts");
            let signal = engine.signal("x", "approved", &"bob").idempotency_key("once");
            signal.await.expect("it is sent");
            engine.advance(Duration::from_hours(1)).await;
            run.result().await.expect("it completes")
        },
    )
    .await;
    assert_eq!(outcome, "paid, bob.");
    assert!(crashes >= 14, "{crashes}");
}

#[cfg(feature = "sled")]
#[tokio::test]
async fn a_run_goes_on_from_a_database_that_is_opened_again() -> Result<(), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let submitted = Count::default();
    let flow = approval(&submitted).build();
    {
        let runner = CheckpointingRunner::new(SledBackend::open(directory.path())?);
        runner.run(&flow, "exp-001", expense(250)).await?;
    }
    {
        let backend = SledBackend::open(directory.path())?;
        backend.send_event("exp-001", "approved", "bob").await?;
    }
    let runner = CheckpointingRunner::new(SledBackend::open(directory.path())?);
    let done = runner.resume(&flow, "exp-001").await?;
    assert_eq!(done, WorkflowStatus::Completed("approved by bob".into()));
    assert_eq!(submitted.get(), 1);
    Ok(())
}
