//! Routes and forks.

use std::sync::Arc;

use sayiir::errors::StartEngineError;
use sayiir::prelude::*;
use sayiir::testing::TestEngine;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::Count;

type Tested = Result<(), Box<dyn std::error::Error>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Decision {
    Approved,
    Rejected,
    Unclear,
}

/// Waits for a decision, again if it was unclear, and goes the way that it says.
fn decided() -> Flow<u32, String> {
    WorkflowBuilder::<u32, u32>::new(WorkflowContext::new())
        .wait_for_signal("first_look", "decision", None)
        .route(|decision: &Decision| *decision)
        .when(Decision::Unclear, |flow| flow.wait_for_signal("second_look", "decision", None))
        .otherwise(|flow| flow)
        .route(|decision| *decision == Decision::Approved)
        .when(true, |flow| flow.then("pay", |_| async { Ok("paid".to_owned()) }))
        .otherwise(|flow| {
            flow.then("refuse", |decision| async move { Ok(format!("not paid: {decision:?}")) })
        })
        .name("decided")
        .build()
}

#[tokio::test]
async fn a_run_goes_the_way_that_its_key_says() -> Tested {
    use Decision::{Approved, Rejected, Unclear};
    let flow = decided();
    let engine = TestEngine::start(|builder| builder.flow(&flow)).await?;
    let cases: [(&[Decision], &str); 4] = [
        (&[Approved], "paid"),
        (&[Rejected], "not paid: Rejected"),
        (&[Unclear, Approved], "paid"),
        (&[Unclear, Unclear], "not paid: Unclear"),
    ];
    for (number, (decisions, expected)) in cases.into_iter().enumerate() {
        let run = engine.start(format!("run-{number}"), flow.invoke(1)).await?;
        for decision in decisions {
            engine.idle().await;
            assert!(matches!(run.status().await?, WorkflowStatus::WaitingForSignal { .. }));
            engine.signal(run.id().as_str(), "decision", decision).await?;
        }
        assert_eq!(run.result().await?, expected);
    }
    Ok(())
}

#[tokio::test]
async fn the_first_branch_whose_key_fits_is_taken_and_texts_fit_strings() -> Tested {
    let runner = CheckpointingRunner::new(InMemoryBackend::new());
    let flow = WorkflowBuilder::new(WorkflowContext::new())
        .then("ask", |word: String| async move { Ok(word) })
        .route(|word: &String| word.clone())
        .when("yes", |flow| flow.then("first", |_| async { Ok(1) }))
        .when("yes", |flow| flow.then("second", |_| async { Ok(2) }))
        .otherwise(|flow| flow.then("third", |_| async { Ok(3) }))
        .build();
    assert_eq!(runner.run(&flow, "a", "yes".into()).await?, WorkflowStatus::Completed(1));
    assert_eq!(runner.run(&flow, "b", "no".into()).await?, WorkflowStatus::Completed(3));
    Ok(())
}

#[tokio::test]
async fn the_branches_of_a_fork_run_at_the_same_time() -> Tested {
    let met = Arc::new(Notify::new());
    let (here, there) = (Arc::clone(&met), met);
    let flow = WorkflowBuilder::new(WorkflowContext::new())
        .then("submit", |n: u32| async move { Ok(n) })
        .fork()
        .branch("kept", |flow| flow)
        .branch("waits", |flow| {
            flow.then("wait_for_other", move |n| {
                let here = Arc::clone(&here);
                async move {
                    here.notified().await;
                    Ok(n + 1)
                }
            })
        })
        .branch("comes", |flow| {
            flow.then("let_go", move |n| {
                there.notify_one();
                async move { Ok(n.to_string()) }
            })
        })
        .join("gather", |(kept, waits, comes)| async move { Ok(format!("{kept} {waits} {comes}")) })
        .build();

    let status = CheckpointingRunner::new(InMemoryBackend::new()).run(&flow, "x", 1).await?;

    assert_eq!(status, WorkflowStatus::Completed("1 2 1".into()));
    Ok(())
}

/// Two approvals at once, with a step behind each; the steps that were run are counted.
fn two_of_two(noted: &Count) -> Flow<u32, String> {
    let (legal, finance) = (noted.clone(), noted.clone());
    WorkflowBuilder::new(WorkflowContext::new())
        .then("submit", |amount: u32| async move { Ok(amount) })
        .fork()
        .branch("legal", |flow| {
            flow.wait_for_signal("legal_wait", "legal", None).then("legal_note", move |by: String| {
                legal.up();
                async move { Ok(by) }
            })
        })
        .branch("finance", |flow| {
            flow.wait_for_signal("finance_wait", "finance", None).then("finance_note", move |by: String| {
                finance.up();
                async move { Ok(by) }
            })
        })
        .join("report", |(legal, finance)| async move { Ok(format!("{legal} and {finance}")) })
        .build()
}

#[tokio::test]
async fn each_branch_is_kept_when_it_is_done() -> Tested {
    let (backend, noted) = (InMemoryBackend::new(), Count::default());
    let (runner, flow) = (CheckpointingRunner::new(backend.clone()), two_of_two(&noted));
    runner.run(&flow, "x", 250).await?;
    for (signal, by, notes) in [("finance", "fay", 1), ("legal", "lea", 2)] {
        backend.send_event("x", signal, by).await?;
        let status = runner.resume(&flow, "x").await?;
        assert_eq!(noted.get(), notes, "{status:?}");
    }
    let status = runner.resume(&flow, "x").await?;
    assert_eq!(status, WorkflowStatus::Completed("lea and fay".into()));
    assert_eq!(noted.get(), 2);
    Ok(())
}

#[tokio::test]
async fn a_branch_that_fails_fails_the_run_and_the_others_are_cancelled() -> Tested {
    let runner = CheckpointingRunner::new(InMemoryBackend::new());
    let told = Arc::new(Notify::new());
    let tells = Arc::clone(&told);
    let flow = WorkflowBuilder::new(WorkflowContext::new())
        .then("submit", |n: u32| async move { Ok(n) })
        .fork()
        .branch("slow", |flow| {
            flow.then_with("wait_for_ever", move |cx: TaskContext, n| {
                let tells = Arc::clone(&tells);
                async move {
                    cx.cancellation().cancelled().await;
                    tells.notify_one();
                    Ok(n)
                }
            })
        })
        .branch("wrong", |flow| {
            flow.then("fail", |n| async move { if n > 0 { Err("no budget".into()) } else { Ok(n) } })
        })
        .join("gather", |(slow, _)| async move { Ok(slow) })
        .name("failing")
        .build();
    let engine = TestEngine::start(|builder| builder.flow(&flow)).await?;

    let run = engine.start("x", flow.invoke(1)).await?;
    told.notified().await;

    assert!(matches!(run.settled().await?, WorkflowStatus::Failed(error) if &*error == "no budget"));
    let status = runner.run(&flow, "x", 1).await?;
    assert!(matches!(status, WorkflowStatus::Failed(error) if &*error == "no budget"));
    Ok(())
}

#[tokio::test]
async fn forks_nest() -> Tested {
    let add = |n| move |value: u32| async move { Ok(value + n) };
    let flow = WorkflowBuilder::new(WorkflowContext::new())
        .then("submit", |n: u32| async move { Ok(n) })
        .fork()
        .branch("outer", |flow| {
            flow.fork()
                .branch("left", |flow| flow.then("add_1", add(1)))
                .branch("right", |flow| flow.then("add_2", add(2)).then("add_3", add(3)))
                .join("inner", |(left, right)| async move { Ok(left * right) })
        })
        .branch("plain", |flow| flow.then("add_4", add(4)))
        .join("both", |(product, sum)| async move { Ok((product, sum)) })
        .build();
    let status = CheckpointingRunner::new(InMemoryBackend::new()).run(&flow, "x", 10).await?;
    assert_eq!(status, WorkflowStatus::Completed((11 * 15, 14)));
    Ok(())
}

#[tokio::test]
async fn the_branches_of_one_fork_have_different_names() {
    let flow = WorkflowBuilder::<u32, u32>::new(WorkflowContext::new())
        .fork()
        .branch("one", |flow| flow)
        .branch("one", |flow| flow)
        .join("both", |(left, right)| async move { Ok(left + right) })
        .name("fork")
        .build();
    let started = TestEngine::start(|builder| builder.flow(&flow)).await;
    assert!(matches!(started, Err(StartEngineError::RepeatedNames { .. })));
}
