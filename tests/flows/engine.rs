//! Flows under an engine, in virtual time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sayiir::errors::{FindError, SignalError, StartEngineError, StartError};
use sayiir::prelude::*;
use sayiir::testing::TestEngine;

use crate::{Count, Expense, approval, expense};

type Tested = Result<(), Box<dyn std::error::Error>>;

#[tokio::test]
async fn a_signal_that_nobody_sends_fails_the_run_by_itself() -> Tested {
    let flow = approval(&Count::default()).name("approval").build();
    let engine = TestEngine::start(|builder| builder.flow(&flow)).await?;

    let run = engine.start("exp-001", flow.invoke(expense(250))).await?;
    engine.advance(Duration::from_hours(47)).await;
    assert!(matches!(run.status().await?, WorkflowStatus::WaitingForSignal { .. }));
    engine.advance(Duration::from_hours(1)).await;

    let status = run.status().await?;
    let WorkflowStatus::Failed(error) = status else { panic!("{status:?}") };
    assert!(error.contains("timeout"));
    Ok(())
}

#[tokio::test]
async fn signals_are_checked_against_the_type_of_the_step_that_takes_them() -> Tested {
    let flow = approval(&Count::default()).name("approval").build();
    let engine = TestEngine::start(|builder| builder.flow(&flow)).await?;
    let run = engine.start("exp-001", flow.invoke(expense(250))).await?;

    let misfit = engine.signal("exp-001", "approved", &12).await;
    assert!(matches!(misfit, Err(SignalError::Payload { .. })));
    let unknown = engine.signal("exp-001", "aproved", &"bob").await;
    assert!(matches!(unknown, Err(SignalError::UnknownSignal { .. })));
    run.signal(Signal::<String>::new("approved"), &"bob".to_owned()).await?;

    assert_eq!(run.result().await?, "approved by bob");
    Ok(())
}

#[tokio::test]
async fn a_delay_hands_its_value_on_when_its_time_has_come() -> Tested {
    let flow = WorkflowBuilder::new(WorkflowContext::new())
        .then("order", |n: u32| async move { Ok(n * 2) })
        .delay("cool_down", Duration::from_hours(24))
        .then("ship", |n| async move { Ok(format!("{n} shipped")) })
        .name("shipping")
        .build();
    let engine = TestEngine::start(|builder| builder.flow(&flow)).await?;
    let run = engine.start("o-1", flow.invoke(4)).await?;
    engine.idle().await;
    assert!(matches!(run.status().await?, WorkflowStatus::Sleeping { .. }));

    engine.advance(Duration::from_hours(24)).await;

    assert_eq!(run.status().await?, WorkflowStatus::Completed("8 shipped".into()));
    Ok(())
}

#[tokio::test]
async fn a_step_is_repeated_as_its_context_says_under_one_idempotency_key() -> Tested {
    let keys = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&keys);
    let patient = WorkflowContext::new().retries(2).timeout(Duration::from_secs(10));
    let flow = WorkflowBuilder::new(patient)
        .then_with("pay", move |cx: TaskContext, amount: u32| {
            seen.lock().expect("no test panics here").push(cx.idempotency_key().to_owned());
            async move {
                match cx.attempt() {
                    1 => Err("the bank is closed".into()),
                    2 => std::future::pending().await,
                    _ => Ok(amount),
                }
            }
        })
        .name("payment")
        .build();
    let engine = TestEngine::start(|builder| builder.flow(&flow)).await?;

    let run = engine.start("p-1", flow.invoke(5)).await?;
    engine.advance(Duration::from_mins(1)).await;

    assert_eq!(run.status().await?, WorkflowStatus::Completed(5));
    let keys = keys.lock().expect("no test panics here");
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0]));
    Ok(())
}

#[tokio::test]
async fn without_a_retry_a_step_that_takes_too_long_fails_the_run() -> Tested {
    let flow = WorkflowBuilder::new(WorkflowContext::new().timeout(Duration::from_secs(10)))
        .then("pay", |amount: u32| async move {
            std::future::pending::<()>().await;
            Ok(amount)
        })
        .name("payment")
        .build();
    let engine = TestEngine::start(|builder| builder.flow(&flow)).await?;
    let run = engine.start("p-1", flow.invoke(5)).await?;

    engine.advance(Duration::from_secs(10)).await;

    let status = run.status().await?;
    let WorkflowStatus::Failed(error) = status else { panic!("{status:?}") };
    assert_eq!(&*error, "timeout: task `pay` did not finish within 10s");
    Ok(())
}

#[tokio::test]
async fn a_failed_run_goes_on_with_the_step_that_failed() -> Tested {
    let (submitted, tried) = (Count::default(), Count::default());
    let (submit, pay) = (submitted.clone(), tried.clone());
    let flow = WorkflowBuilder::new(WorkflowContext::new())
        .then("submit", move |expense: Expense| {
            submit.up();
            async move { Ok(expense) }
        })
        .then("pay", move |expense| {
            let attempt = pay.up();
            async move { if attempt == 1 { Err("the bank is closed".into()) } else { Ok(expense.amount) } }
        })
        .name("payment")
        .build();
    let engine = TestEngine::start(|builder| builder.flow(&flow)).await?;
    let run = engine.start("p-1", flow.invoke(expense(250))).await?;
    engine.idle().await;
    assert!(matches!(run.status().await?, WorkflowStatus::Failed(_)));

    run.retry().await?;

    assert_eq!(run.result().await?, 250);
    assert_eq!((submitted.get(), tried.get()), (1, 2));
    Ok(())
}

#[tokio::test]
async fn a_flow_lives_beside_workflows_and_is_found_again() -> Tested {
    #[workflow]
    async fn review(article: String) -> Result<String, Timeout> {
        signal!("reviewed" as bool, 48h).await?;
        Ok(article)
    }
    let flow = approval(&Count::default()).name("approval").build();
    let engine = TestEngine::start(|builder| builder.flow(&flow).workflow::<review>()).await?;
    let reviewed = engine.start("a-1", review("rust".into())).await?;
    engine.start("exp-001", flow.invoke(expense(250))).await?;

    engine.signal("exp-001", "approved", &"bob").await?;
    engine.signal("a-1", "reviewed", &true).await?;

    assert_eq!(reviewed.result().await?, "rust");
    assert_eq!(engine.run_of(&flow, "exp-001").await?.result().await?, "approved by bob");
    assert!(matches!(engine.run_of(&flow, "a-1").await, Err(FindError::OtherWorkflow { .. })));
    assert!(matches!(engine.run::<review>("exp-001").await, Err(FindError::OtherWorkflow { .. })));
    Ok(())
}

#[tokio::test]
async fn a_flow_that_was_not_registered_is_not_started() -> Tested {
    let flow = approval(&Count::default()).name("approval").build();
    let engine = TestEngine::start(|builder| builder).await?;
    let started = engine.start("exp-001", flow.invoke(expense(250))).await;
    assert!(matches!(started, Err(StartError::NotRegistered { workflow }) if workflow == "approval"));
    Ok(())
}

#[tokio::test]
async fn a_flow_is_not_started_as_another_one_of_its_name() -> Tested {
    let registered = approval(&Count::default()).name("approval").build();
    let other = WorkflowBuilder::<u32, u32>::new(WorkflowContext::new()).name("approval").build();
    let engine = TestEngine::start(|builder| builder.flow(&registered)).await?;
    let started = engine.start("exp-001", other.invoke(250)).await;
    assert!(matches!(started, Err(StartError::OtherWorkflow { workflow }) if workflow == "approval"));
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_flows_is_found_before_anything_runs() {
    let add = |step| {
        WorkflowBuilder::new(WorkflowContext::new()).then(step, |n: u32| async move { Ok(n + 1) }).name("add")
    };
    let again = |builder: WorkflowBuilder<u32, u32>| builder.then("once", |n| async move { Ok(n + 1) });
    let unnamed = approval(&Count::default()).build();
    let twice = again(add("once")).build();
    let reserved = add("Start").build();
    let types = WorkflowBuilder::<u32, u32>::new(WorkflowContext::new())
        .wait_for_signal::<u32>("first", "s", None)
        .wait_for_signal::<bool>("second", "s", None)
        .name("types")
        .build();

    let error = TestEngine::start(|builder| builder.flow(&unnamed)).await.expect_err("it has no name");
    assert!(matches!(&error, StartEngineError::UnnamedFlows { .. }));
    assert!(error.to_string().ends_with("`submit → wait → report`"), "{error}");
    for flow in [&twice, &reserved] {
        let error = TestEngine::start(|builder| builder.flow(flow)).await.expect_err("a name stands twice");
        assert!(matches!(&error, StartEngineError::RepeatedNames { .. }), "{error}");
    }
    let clash = TestEngine::start(|builder| builder.flow(&add("a").build()).flow(&add("b").build())).await;
    assert!(matches!(clash, Err(StartEngineError::DuplicateNames { .. })));
    let conflict = TestEngine::start(|builder| builder.flow(&types)).await;
    assert!(matches!(conflict, Err(StartEngineError::ConflictingSignals { .. })));
}
