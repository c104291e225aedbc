//! The errors that a body is handed: of a limit that passed, of a crash, of an id that is taken.

use std::time::Duration;

use sayiir::Workflow;
use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;
use sayiir::testing::{TestEngine, VirtualClock};

/// Each of them.
#[derive(Debug, thiserror::Error)]
enum Told {
    #[error(transparent)]
    Timeout(#[from] Timeout),
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    #[error(transparent)]
    Taken(#[from] AlreadyExists),
}

#[task(at_most_once)]
async fn pay(amount: u32) -> Result<u32, Told> {
    std::future::pending::<()>().await;
    Ok(amount)
}

#[task(timeout = 10s)]
async fn ask(amount: u32) -> Result<u32, Told> {
    std::future::pending::<()>().await;
    Ok(amount)
}

#[workflow]
async fn told(what: String) -> Result<u32, Told> {
    match what.as_str() {
        "signal" => Ok(signal!("approved" as u32, 30m).await?),
        "task" => ask(7).await,
        "crash" => pay(7).await,
        _ => {
            spawn!("exp-001", told("signal".to_owned())).await?;
            Ok(7)
        }
    }
}

#[workflow(timeout = 30m)]
async fn limited(amount: u32) -> Result<u32, Told> {
    sleep!(1h).await;
    Ok(amount)
}

/// What the run failed with.
pub(super) async fn failed<W: Workflow>(run: &Run<W>) -> String {
    match run.status().await {
        Ok(WorkflowStatus::Failed(error)) => error.as_str().to_owned(),
        Ok(status) => panic!("{status}"),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_body_is_told_what_did_not_happen() {
    let configure = |builder: EngineBuilder| builder.workflow::<told>().workflow::<limited>();
    let (store, clock) = (InMemoryBackend::new(), VirtualClock::default());
    let engine = TestEngine::start_on(store.clone(), clock.clone(), configure).await.expect("it starts");
    let start = async |id: &str, what: &str| {
        engine.start(id, told(what.to_owned())).await.expect("it starts");
    };
    start("exp-001", "signal").await;
    start("exp-002", "task").await;
    start("exp-003", "crash").await;
    start("exp-004", "spawn").await;
    engine.start("exp-005", limited(7)).await.expect("it starts");
    engine.idle().await;
    engine.crash().await;
    let engine = TestEngine::start_on(store, clock, configure).await.expect("it starts");
    engine.advance(Duration::from_hours(1)).await;
    let words = async |id: &str| failed(&engine.run::<told>(id).await.expect("it is there")).await;
    assert_eq!(words("exp-001").await, "timeout: signal `approved` was not received within 30m");
    assert_eq!(words("exp-002").await, "timeout: task `ask` did not finish within 10s");
    assert_eq!(words("exp-003").await, "interrupted: task `pay` was running when the process ended");
    assert_eq!(words("exp-004").await, "there is a run exp-001 already");
    let limited = engine.run::<limited>("exp-005").await.expect("it is there");
    assert_eq!(failed(&limited).await, "timeout: workflow `limited` did not finish within 30m");
}

/// Panics instead of becoming what it is told.
#[derive(Debug, thiserror::Error)]
#[error("never")]
struct Speechless;

impl From<Timeout> for Speechless {
    fn from(timeout: Timeout) -> Self {
        panic!("no words for {timeout}")
    }
}

impl From<Interrupted> for Speechless {
    fn from(interrupted: Interrupted) -> Self {
        panic!("no words for {interrupted}")
    }
}

#[task(at_most_once)]
async fn transfer(amount: u32) -> Result<u32, Speechless> {
    std::future::pending::<()>().await;
    Ok(amount)
}

#[task(timeout = 10s)]
async fn call(amount: u32) -> Result<u32, Speechless> {
    std::future::pending::<()>().await;
    Ok(amount)
}

#[workflow]
async fn speechless(interrupted: bool) -> Result<u32, Speechless> {
    if interrupted { transfer(7).await } else { call(7).await }
}

#[tokio::test]
async fn an_error_that_panics_when_it_is_made_blocks_its_run() {
    let (store, clock) = (InMemoryBackend::new(), VirtualClock::default());
    let configure = EngineBuilder::workflow::<speechless>;
    let engine = TestEngine::start_on(store.clone(), clock.clone(), configure).await.expect("it starts");
    for (id, interrupted) in [("exp-001", true), ("exp-002", false)] {
        engine.start(id, speechless(interrupted)).await.expect("it starts");
    }
    engine.idle().await;
    engine.crash().await;
    let engine = TestEngine::start_on(store, clock, configure).await.expect("it starts");
    engine.advance(Duration::from_mins(1)).await;
    for (id, words) in [
        (
            "exp-001",
            "task `transfer` panicked: no words for interrupted: task `transfer` was running when the process ended",
        ),
        ("exp-002", "task `call` panicked: no words for timeout: task `call` did not finish within 10s"),
    ] {
        let run = engine.run::<speechless>(id).await.expect("it is there");
        match run.status().await {
            Ok(WorkflowStatus::Blocked { reason }) => assert_eq!(reason.to_string(), words),
            other => panic!("{id}: {other:?}"),
        }
    }
}
