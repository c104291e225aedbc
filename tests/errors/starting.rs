//! Starting runs.

use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::time::Duration;

use sayiir::engine::EngineBuilder;
use sayiir::errors::StartError;
use sayiir::prelude::*;
use sayiir::testing::{CommitFault, TestEngine};
use serde::{Deserialize, Serialize};

use crate::{EMPTY, SECTOR, approval, assert_error, engine, parked, parked_on_faulty, runs, sector};

#[workflow]
async fn payment(amount: u32) -> u32 {
    sleep!(1h).await;
    amount
}

#[workflow(name = "approval")]
async fn another_approval(amount: String) -> String {
    sleep!(1h).await;
    amount
}

/// Arguments that JSON cannot hold.
#[workflow]
async fn sums(cells: BTreeMap<Cell, u32>) -> u32 {
    sleep!(1h).await;
    cells.values().sum()
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Cell(u8, u8);

#[tokio::test]
async fn a_run_that_cannot_be_started_with_what_it_is_given() {
    let configure =
        |builder: EngineBuilder| builder.workflow::<approval>().workflow::<sums>().max_payload_bytes(100);
    let engine = TestEngine::start(configure).await.expect("it starts");
    assert_error!(engine.start("", approval(250)).await, StartError::InvalidId(_), EMPTY);
    assert_error!(
        engine.start("pay-001", payment(250)).await,
        StartError::NotRegistered { .. },
        "workflow `payment` is not registered: `Engine::builder().workflow::<..>()`, or `.flow(&..)`"
    );
    assert_error!(
        engine.start("exp-001", another_approval("250".into())).await,
        StartError::OtherWorkflow { .. },
        "another workflow is registered under the name `approval`: it takes other arguments"
    );
    assert_error!(
        engine.start("sum-001", sums([(Cell(1, 2), 3)].into())).await,
        StartError::Unencodable { source, .. } if source.to_string() == "key must be a string",
        "the arguments of run sum-001 cannot be stored"
    );
    let flow = WorkflowBuilder::<String, String>::new(WorkflowContext::new()).name("echo").build();
    let engine = TestEngine::start(|builder| builder.flow(&flow).max_payload_bytes(100)).await;
    let engine = engine.expect("it starts");
    assert_error!(
        engine.start("echo-001", flow.invoke("x".repeat(99))).await,
        StartError::TooLarge { bytes: 101, limit: 100, .. },
        "the arguments of run echo-001 take 101 bytes, the limit is 100"
    );
    assert!(runs(engine.backend()).await.is_empty());
}

#[tokio::test]
async fn a_run_whose_id_is_taken() {
    let (engine, _run) = parked().await;
    let before = runs(engine.backend()).await;
    let taken = "run exp-001 exists already";
    assert_error!(engine.start("exp-001", approval(250)).await, StartError::AlreadyExists { .. }, taken);
    let other = engine.start("exp-001", approval(251)).or_attach().await;
    assert_error!(other, StartError::AlreadyExists { .. }, taken);
    assert_eq!(runs(engine.backend()).await, before);
}

#[tokio::test]
async fn a_run_that_the_store_does_not_take() {
    let (engine, _run, store) = parked_on_faulty().await;
    let before = runs(store.inner()).await;
    store.fault(store.commits() + 1, CommitFault::Refuse(sector()));
    assert_error!(engine.start("exp-002", approval(250)).await, StartError::Backend(_), SECTOR);
    assert_eq!(runs(store.inner()).await, before);
}

#[tokio::test]
async fn a_run_on_an_engine_that_was_shut_down() {
    let engine = engine().await;
    engine.clone().shutdown().await;
    assert_error!(
        engine.start("exp-001", approval(250)).await,
        StartError::Stopped { .. },
        "the engine stopped before it could say that run exp-001 was started"
    );
    assert!(runs(engine.backend()).await.is_empty());
}

#[tokio::test]
async fn a_run_that_was_being_started_when_the_engine_was_shut_down() {
    let (engine, _run, store) = parked_on_faulty().await;
    store.fault(store.commits() + 1, CommitFault::CrashAfter);
    let starting = tokio::spawn(engine.start("exp-002", approval(250)).into_future());
    store.crashed().await;
    engine.clone().shutdown_within(Duration::ZERO).await;
    assert_error!(
        starting.await.expect("no panic"),
        StartError::Stopped { .. },
        "the engine stopped before it could say that run exp-002 was started"
    );
    assert_eq!(runs(store.inner()).await.len(), 2, "it was");
}
