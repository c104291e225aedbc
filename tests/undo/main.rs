//! Runs that undo what they did, and runs that start other runs.

mod cancelled;
mod children;
mod forgotten;
mod named;
mod spawned;
mod upgraded;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sayiir::engine::EngineBuilder;
use sayiir::errors::RetryError;
use sayiir::prelude::*;
use sayiir::testing::{TestEngine, crash_everywhere};

/// What was done and undone, each key once.
#[derive(Debug, Default)]
struct Ledger {
    entries: Mutex<Vec<(String, String)>>,
    /// Whether what is stuck comes free.
    free: AtomicBool,
}

impl Ledger {
    fn note(&self, key: &str, words: String) {
        let mut entries = self.entries.lock().expect("nobody panicked");
        if !entries.iter().any(|(known, _)| known == key) {
            entries.push((key.to_owned(), words));
        }
    }

    fn free(&self) {
        self.free.store(true, Ordering::SeqCst);
    }

    fn words(&self) -> Vec<String> {
        self.entries.lock().expect("nobody panicked").iter().map(|(_, words)| words.clone()).collect()
    }
}

#[task]
async fn reserve(#[inject] ledger: &Ledger, cx: &TaskContext, what: String) -> String {
    ledger.note(cx.idempotency_key(), format!("reserve {what}"));
    what
}

#[task(retries = 2, backoff = 1s)]
async fn release(#[inject] ledger: &Ledger, cx: &TaskContext, what: String) -> Result<(), String> {
    if what == "stuck" && !ledger.free.load(Ordering::SeqCst) {
        return Err("the hotel does not answer".into());
    }
    if what == "flight" && cx.attempt() == 1 {
        return Err("the airline is busy".into());
    }
    ledger.note(cx.idempotency_key(), format!("release {what}"));
    Ok(())
}

#[workflow]
async fn trip(stops: Vec<String>, fails: bool) -> Result<usize, String> {
    let mut booked = 0;
    for stop in stops {
        let stop = reserve(stop).await;
        compensate!(release(stop));
        booked += 1;
    }
    let go = signal!("go" as bool, 2d).await.map_err(|timeout: Timeout| timeout.to_string())?;
    if fails || !go {
        return Err("the trip is off".into());
    }
    Ok(booked)
}

/// An engine that knows a workflow, with a ledger of its own.
fn with<W: sayiir::Workflow>(ledger: &Arc<Ledger>) -> impl Fn(EngineBuilder) -> EngineBuilder + use<W> {
    let ledger = Arc::clone(ledger);
    move |builder| builder.workflow::<W>().provide_arc(Arc::clone(&ledger))
}

async fn engine<W: sayiir::Workflow>(ledger: &Arc<Ledger>) -> TestEngine {
    TestEngine::start(with::<W>(ledger)).await.expect("everything is provided")
}

fn stops(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn a_failed_run_undoes_what_it_did_last_first() {
    let scenario = async |engine: &TestEngine| {
        let run = engine
            .start("t-1", trip(stops(&["flight", "hotel"]), true))
            .or_attach()
            .await
            .expect("it starts");
        let sent = run.signal(trip::GO, &true).idempotency_key("go").await;
        assert!(sent.is_ok() || run.status().await.is_ok());
        engine.idle().await;
        engine.advance(Duration::from_secs(10)).await;
        let error = run.result().await.expect_err("it fails").to_string();
        (
            error.contains("the trip is off"),
            run.retry().await.is_err_and(|error| matches!(error, RetryError::Compensated { .. })),
        )
    };
    let ledger = Arc::new(Ledger::default());
    let engine = engine::<trip>(&ledger).await;
    assert_eq!(scenario(&engine).await, (true, true));
    assert_eq!(ledger.words(), ["reserve flight", "reserve hotel", "release hotel", "release flight"]);
    crash_everywhere(with::<trip>(&ledger), scenario).await;
}

#[tokio::test]
async fn a_cancelled_run_undoes_what_it_did_and_a_finished_one_does_not() {
    let ledger = Arc::new(Ledger::default());
    let engine = engine::<trip>(&ledger).await;
    let run = engine.start("t-1", trip(stops(&["hotel"]), false)).await.expect("it starts");
    engine.idle().await;
    run.cancel("no more money").await.expect("it is cancelled");
    engine.idle().await;
    assert!(
        matches!(run.status().await, Ok(WorkflowStatus::Cancelled { reason }) if reason == "no more money")
    );
    assert_eq!(ledger.words(), ["reserve hotel", "release hotel"]);
    let other = engine.start("t-2", trip(stops(&["hotel"]), false)).await.expect("it starts");
    other.signal(trip::GO, &true).await.expect("it is taken");
    assert_eq!(other.result().await.expect("it succeeds"), 1);
    assert_eq!(ledger.words().len(), 3);
}

#[tokio::test]
async fn a_compensation_that_fails_for_good_blocks_the_run_and_retry_goes_on_with_it() {
    let ledger = Arc::new(Ledger::default());
    let engine = engine::<trip>(&ledger).await;
    let run = engine.start("t-1", trip(stops(&["hotel", "stuck"]), true)).await.expect("it starts");
    run.signal(trip::GO, &true).await.expect("it is taken");
    engine.idle().await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Compensating { .. })));
    engine.advance(Duration::from_mins(1)).await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Blocked { .. })));
    run.retry().await.expect("it goes on");
    engine.advance(Duration::from_mins(1)).await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Blocked { .. })));
    assert_eq!(ledger.words(), ["reserve hotel", "reserve stuck"]);
}

#[tokio::test]
async fn a_run_whose_compensation_is_stuck_ends_as_it_was_to_end_and_not_as_cancelled() {
    let ledger = Arc::new(Ledger::default());
    let engine = engine::<trip>(&ledger).await;
    let run = engine.start("t-1", trip(stops(&["stuck"]), true)).await.expect("it starts");
    run.signal(trip::GO, &true).await.expect("it is taken");
    engine.advance(Duration::from_mins(1)).await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Blocked { .. })));
    assert!(run.cancel("never mind").await.is_err(), "it has failed already");
    ledger.free();
    run.retry().await.expect("it goes on");
    assert!(run.result().await.expect_err("it failed").to_string().contains("the trip is off"));
    assert_eq!(ledger.words(), ["reserve stuck", "release stuck"]);
}
