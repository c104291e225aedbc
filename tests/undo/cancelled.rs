//! A workflow that was one of several and was not needed any more: what it remembered is undone, while the run goes on.

use std::sync::Arc;
use std::time::Duration;

use sayiir::history::Event;
use sayiir::prelude::*;
use sayiir::testing::{TestEngine, crash_everywhere};

use super::{Ledger, engine, release, reserve, with};

/// Reserves, and then waits for somebody to confirm.
#[workflow]
async fn option(what: String) -> Result<String, String> {
    let what = reserve(what).await;
    compensate!(release(what.clone()));
    let confirmed = signal!("confirmed" as bool).await;
    if confirmed { Ok(what) } else { Err(format!("no {what}")) }
}

#[workflow]
async fn patient(what: String) -> String {
    let got = select! {
        got = option(what) => got.unwrap_or_else(|error| error),
        _ = sleep!(2d) => "nothing".to_owned(),
    }
    .await;
    reserve("taxi".to_owned()).await;
    signal!("paid" as bool).await;
    got
}

#[tokio::test]
async fn what_the_loser_of_a_race_remembered_is_undone_while_the_run_goes_on() {
    let ledger = Arc::new(Ledger::default());
    let engine = engine::<patient>(&ledger).await;
    let run = engine.start("p-1", patient("hotel".into())).await.expect("it starts");
    engine.advance(Duration::from_hours(48)).await;
    let mut words = ledger.words();
    words[1..].sort();
    assert_eq!(words, ["reserve hotel", "release hotel", "reserve taxi"]);
    assert!(matches!(run.status().await, Ok(WorkflowStatus::WaitingForSignal { .. })));
    run.signal(patient::PAID, &true).await.expect("accepted");
    assert_eq!(run.result().await.expect("a value"), "nothing");
    assert_eq!(ledger.words().len(), 3, "and only once");
}

#[tokio::test]
async fn the_winner_of_a_race_keeps_what_it_did() {
    let ledger = Arc::new(Ledger::default());
    let engine = engine::<patient>(&ledger).await;
    let run = engine.start("p-1", patient("hotel".into())).await.expect("it starts");
    run.signal(option::CONFIRMED, &true).await.expect("accepted");
    run.signal(patient::PAID, &true).await.expect("accepted");
    assert_eq!(run.result().await.expect("a value"), "hotel");
    assert_eq!(ledger.words(), ["reserve hotel", "reserve taxi"]);
}

#[tokio::test]
async fn a_run_ends_only_when_everything_is_undone() {
    let ledger = Arc::new(Ledger::default());
    let engine = engine::<patient>(&ledger).await;
    let run = engine.start("p-1", patient("flight".into())).await.expect("it starts");
    run.signal(patient::PAID, &true).await.expect("accepted");
    engine.advance(Duration::from_hours(48)).await;
    // The airline is busy at first, and the rest of the body is done.
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Compensating { .. })));
    engine.advance(Duration::from_secs(5)).await;
    assert_eq!(run.result().await.expect("a value"), "nothing");
    assert!(ledger.words().contains(&"release flight".to_owned()));
    run.history().await.expect("a history").verify().expect("the chain holds");
}

#[tokio::test]
async fn what_a_loser_remembered_is_undone_once_whatever_crashes() {
    let scenario = async |engine: &TestEngine| {
        let run = engine.start("p-1", patient("flight".into())).or_attach().await.expect("it starts");
        engine.advance(Duration::from_hours(49)).await;
        // It may have been taken before the crash, and the run may have ended.
        let _ = run.signal(patient::PAID, &true).idempotency_key("paid").await;
        run.result().await.expect("a value")
    };
    let ledger = Arc::new(Ledger::default());
    let (outcome, _) = crash_everywhere(with::<patient>(&ledger), scenario).await;
    assert_eq!(outcome, "nothing");
}

#[workflow]
async fn hasty() -> Result<usize, String> {
    let both = try_join!(option("hotel".to_owned()), refused()).await;
    reserve("tent".to_owned()).await;
    both.map(|(first, second)| first.len() + second)
}

#[workflow]
async fn refused() -> Result<usize, String> {
    sleep!(1h).await;
    Err("fully booked".into())
}

#[tokio::test]
async fn a_branch_cancelled_by_the_error_of_another_undoes_what_it_remembered() {
    let scenario = async |engine: &TestEngine| {
        let run = engine.start("t-1", hasty()).or_attach().await.expect("it starts");
        engine.advance(Duration::from_hours(2)).await;
        run.result().await.expect_err("fully booked").to_string()
    };
    let ledger = Arc::new(Ledger::default());
    let error = scenario(&engine::<hasty>(&ledger).await).await;
    assert!(error.contains("fully booked"), "{error}");
    let mut words = ledger.words();
    words[1..].sort();
    assert_eq!(words, ["reserve hotel", "release hotel", "reserve tent"]);
    crash_everywhere(with::<hasty>(&ledger), scenario).await;
}

#[tokio::test]
async fn a_child_that_was_undoing_when_it_lost_goes_on_and_is_undone_once() {
    let ledger = Arc::new(Ledger::default());
    let engine = engine::<fickle>(&ledger).await;
    let run = engine.start("f-1", fickle()).await.expect("it starts");
    run.signal(option::CONFIRMED, &false).await.expect("accepted");
    engine.idle().await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Compensating { .. })));
    run.signal(fickle::STOP, &true).await.expect("accepted");
    engine.advance(Duration::from_secs(5)).await;
    assert_eq!(run.result().await.expect("a value"), "stopped");
    assert_eq!(ledger.words(), ["reserve flight", "release flight"]);
    let history = run.history().await.expect("a history");
    let attempts = history.iter().filter(|entry| match &entry.event {
        Event::StepFailed { task, .. } | Event::StepDone { task, .. } => task == "release",
        _ => false,
    });
    assert_eq!(attempts.count(), 2, "the attempt that had failed still counts");
}

#[workflow]
async fn fickle() -> String {
    select! {
        got = option("flight".to_owned()) => got.unwrap_or_else(|error| error),
        _ = signal!("stop" as bool) => "stopped".to_owned(),
    }
    .await
}
