//! Runs that start other runs, and runs that undo what they did.
use std::sync::Mutex;

use sayiir::engine::EngineBuilder;
use sayiir::errors::RetryError;
use sayiir::prelude::*;
use sayiir::testing::{TestEngine, crash_everywhere};

/// What was done and undone, each key once.
#[derive(Debug, Default)]
struct Ledger(Mutex<Vec<(String, String)>>);

impl Ledger {
    fn note(&self, key: &str, words: String) {
        let mut entries = self.0.lock().expect("nobody panicked");
        if !entries.iter().any(|(known, _)| known == key) {
            entries.push((key.to_owned(), words));
        }
    }

    fn words(&self) -> Vec<String> {
        self.0.lock().expect("nobody panicked").iter().map(|(_, words)| words.clone()).collect()
    }
}

#[task]
async fn reserve(#[inject] ledger: &Ledger, cx: &TaskContext, what: String) -> String {
    ledger.note(cx.idempotency_key(), format!("reserve {what}"));
    what
}

#[task(retries = 2, backoff = 1s)]
async fn release(#[inject] ledger: &Ledger, cx: &TaskContext, what: String) -> Result<(), String> {
    if what == "stuck" {
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
        engine.advance(std::time::Duration::from_secs(10)).await;
        let error = run.result().await.expect_err("it fails").to_string();
        (
            error.contains("the trip is off"),
            run.retry().await.is_err_and(|error| matches!(error, RetryError::Compensated { .. })),
        )
    };
    let ledger = std::sync::Arc::new(Ledger::default());
    let configure =
        |builder: EngineBuilder| builder.workflow::<trip>().provide_arc(std::sync::Arc::clone(&ledger));
    let engine = TestEngine::start(configure).await.expect("everything is provided");
    assert_eq!(scenario(&engine).await, (true, true));
    assert_eq!(ledger.words(), ["reserve flight", "reserve hotel", "release hotel", "release flight"]);
    crash_everywhere(configure, scenario).await;
}

#[tokio::test]
async fn a_cancelled_run_undoes_what_it_did_and_a_finished_one_does_not() {
    let ledger = std::sync::Arc::new(Ledger::default());
    let configure =
        |builder: EngineBuilder| builder.workflow::<trip>().provide_arc(std::sync::Arc::clone(&ledger));
    let engine = TestEngine::start(configure).await.expect("everything is provided");
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
    let ledger = std::sync::Arc::new(Ledger::default());
    let configure =
        |builder: EngineBuilder| builder.workflow::<trip>().provide_arc(std::sync::Arc::clone(&ledger));
    let engine = TestEngine::start(configure).await.expect("everything is provided");
    let run = engine.start("t-1", trip(stops(&["hotel", "stuck"]), true)).await.expect("it starts");
    run.signal(trip::GO, &true).await.expect("it is taken");
    engine.idle().await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Compensating { .. })));
    engine.advance(std::time::Duration::from_mins(1)).await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Blocked { .. })));
    run.retry().await.expect("it goes on");
    engine.advance(std::time::Duration::from_mins(1)).await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Blocked { .. })));
    assert_eq!(ledger.words(), ["reserve hotel", "reserve stuck"]);
}

#[workflow]
async fn audit(what: String) -> String {
    reserve(what).await
}

#[workflow]
async fn order(what: String) -> Result<Vec<String>, AlreadyExists> {
    let first = spawn!(format!("{}-audit", run_id!()), audit(what.clone())).await?;
    let again = spawn!(first.to_string(), audit(what)).await;
    Ok(vec![first.to_string(), format!("{:?}", again.is_err())])
}

#[tokio::test]
async fn a_spawned_run_begins_exactly_once_whatever_crashes() {
    let ledger = std::sync::Arc::new(Ledger::default());
    let configure =
        |builder: EngineBuilder| builder.workflow::<order>().provide_arc(std::sync::Arc::clone(&ledger));
    let scenario = async |engine: &TestEngine| {
        let run = engine.start("o-1", order("paper".into())).or_attach().await.expect("it starts");
        let spawned = run.result().await.expect("it succeeds");
        let audited = engine.run::<audit>("o-1-audit").await.expect("it was started").result().await;
        (spawned, audited.expect("it succeeds"))
    };
    let (outcome, crashes) = crash_everywhere(configure, scenario).await;
    assert_eq!(outcome, (vec!["o-1-audit".to_owned(), "true".to_owned()], "paper".to_owned()));
    assert!(crashes > 0);
}
