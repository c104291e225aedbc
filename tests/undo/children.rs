//! A workflow that another one awaits undoes what it remembered when it fails, before its caller sees the error.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use sayiir::engine::StartEngineError;
use sayiir::prelude::*;
use sayiir::record::BlockReason;
use sayiir::testing::{TestEngine, crash_everywhere};

use super::{Ledger, engine, release, reserve, stops, with};

/// Reserves all, and then fails if it is told to.
#[workflow]
async fn tour(stops: Vec<String>, fails: bool) -> Result<usize, String> {
    let mut booked = 0;
    for stop in stops {
        let stop = reserve(stop).await;
        compensate!(release(stop));
        booked += 1;
    }
    if fails { Err(format!("no room after {booked}")) } else { Ok(booked) }
}

/// Goes by train where the tour fails.
#[workflow]
async fn holiday(stops: Vec<String>) -> String {
    match tour(stops, true).await {
        Ok(booked) => format!("{booked} booked"),
        Err(error) => {
            reserve("train".to_owned()).await;
            error
        }
    }
}

#[tokio::test]
async fn a_child_that_fails_undoes_before_its_caller_sees_the_error() {
    let ledger = Arc::new(Ledger::default());
    let engine = engine::<holiday>(&ledger).await;
    let run = engine.start("h-1", holiday(stops(&["flight", "hotel"]))).await.expect("it starts");
    engine.idle().await;
    // The airline is busy at first.
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Compensating { steps }) if steps.len() == 1));
    assert_eq!(ledger.words(), ["reserve flight", "reserve hotel", "release hotel"]);
    engine.advance(Duration::from_secs(5)).await;
    assert_eq!(run.result().await.expect("a value"), "no room after 2");
    let words = ledger.words();
    assert_eq!(words[3..], ["release flight", "reserve train"]);
}

#[tokio::test]
async fn a_child_that_fails_undoes_everything_once_whatever_crashes() {
    let scenario = async |engine: &TestEngine| {
        let run = engine.start("h-1", holiday(stops(&["flight", "hotel"]))).or_attach().await;
        engine.advance(Duration::from_secs(5)).await;
        run.expect("it starts").result().await.expect("a value")
    };
    let ledger = Arc::new(Ledger::default());
    let (outcome, crashes) = crash_everywhere(with::<holiday>(&ledger), scenario).await;
    assert_eq!(outcome, "no room after 2");
    assert!(crashes > 10);
}

/// A tour within a journey, which reserves one thing before and one after it.
#[workflow]
async fn journey(inner_fails: bool, fails: bool) -> Result<usize, String> {
    let bag = reserve("bag".to_owned()).await;
    compensate!(release(bag));
    let inner = tour(stops(&["boat", "hut"]), inner_fails).await;
    let guide = reserve("guide".to_owned()).await;
    compensate!(release(guide));
    if fails {
        return Err("the pass is closed".into());
    }
    Ok(inner.unwrap_or(0))
}

#[workflow]
async fn summer(inner_fails: bool, fails: bool, rains: bool) -> Result<usize, String> {
    let booked = journey(inner_fails, fails).await.unwrap_or(100);
    reserve(format!("{booked} umbrellas")).await;
    if rains { Err("it rains".into()) } else { Ok(booked) }
}

async fn summer_of(inner_fails: bool, fails: bool, rains: bool) -> Vec<String> {
    let ledger = Arc::new(Ledger::default());
    let engine = engine::<summer>(&ledger).await;
    let run = engine.start("s-1", summer(inner_fails, fails, rains)).await.expect("it starts");
    let _ = run.result().await;
    ledger.words()
}

#[tokio::test]
async fn what_a_child_that_succeeds_remembered_belongs_to_its_caller() {
    let undone = ["release guide", "release hut", "release boat", "release bag"];
    let begun = ["reserve bag", "reserve boat", "reserve hut", "reserve guide"];
    let words = summer_of(false, true, false).await;
    assert_eq!(words[..4], begun);
    assert_eq!(words[4..8], undone, "of the inner one too, in reverse order");
    assert_eq!(words[8..], ["reserve 100 umbrellas"]);
    let words = summer_of(false, false, true).await;
    assert_eq!(
        words[4..],
        [["reserve 2 umbrellas"].as_slice(), &undone].concat(),
        "and so on, up to the run"
    );
    let words = summer_of(false, false, false).await;
    assert_eq!(words.len(), 5, "a run that succeeds forgets them all: {words:?}");
}

#[tokio::test]
async fn only_what_the_failed_child_remembered_is_undone() {
    let words = summer_of(true, false, false).await;
    let expected =
        ["reserve bag", "reserve boat", "reserve hut", "release hut", "release boat", "reserve guide"];
    assert_eq!(words[..6], expected);
    assert_eq!(words[6..], ["reserve 0 umbrellas"]);
}

#[tokio::test]
async fn nested_children_undo_everything_once_whatever_crashes() {
    for (inner_fails, fails, rains) in [(true, true, true), (false, true, false), (false, false, true)] {
        let scenario = async |engine: &TestEngine| {
            let run = engine.start("s-1", summer(inner_fails, fails, rains)).or_attach().await;
            run.expect("it starts").result().await.map_err(|error| error.to_string())
        };
        let ledger = Arc::new(Ledger::default());
        let (outcome, _) = crash_everywhere(with::<summer>(&ledger), scenario).await;
        assert_eq!(outcome.is_err(), rains);
    }
}

#[tokio::test]
async fn a_childs_compensation_that_fails_for_good_blocks_the_run_and_retry_goes_on_with_it() {
    let ledger = Arc::new(Ledger::default());
    let engine = engine::<holiday>(&ledger).await;
    let run = engine.start("h-1", holiday(stops(&["hotel", "stuck"]))).await.expect("it starts");
    let is_blocked = async || {
        engine.advance(Duration::from_mins(1)).await;
        let status = run.status().await.expect("a status");
        matches!(status, WorkflowStatus::Blocked { reason: BlockReason::CompensationFailed { task, .. } } if task == "release")
    };
    assert!(is_blocked().await);
    run.retry().await.expect("it goes on");
    assert!(is_blocked().await);
    assert_eq!(ledger.words(), ["reserve hotel", "reserve stuck"], "its caller has seen nothing");
    ledger.free();
    run.retry().await.expect("it goes on");
    assert_eq!(run.result().await.expect("a value"), "no room after 2");
    assert_eq!(ledger.words()[2..], ["release stuck", "release hotel", "reserve train"]);
}

#[workflow]
async fn side_by_side() -> Result<String, String> {
    let (first, second) = join!(tour(stops(&["hotel"]), true), tour(stops(&["boat", "hut"]), false)).await;
    Ok(format!("{first:?} {second:?}"))
}

#[tokio::test]
async fn a_child_in_a_join_undoes_its_own_while_the_other_goes_on() {
    let ledger = Arc::new(Ledger::default());
    let engine = engine::<side_by_side>(&ledger).await;
    let run = engine.start("j-1", side_by_side()).await.expect("it starts");
    assert_eq!(run.result().await.expect("a value"), "Err(\"no room after 1\") Ok(2)");
    let mut words = ledger.words();
    words.sort();
    assert_eq!(words, ["release hotel", "reserve boat", "reserve hotel", "reserve hut"]);
    let scenario = async |engine: &TestEngine| {
        let run = engine.start("j-1", side_by_side()).or_attach().await.expect("it starts");
        run.result().await.expect("a value")
    };
    crash_everywhere(with::<side_by_side>(&ledger), scenario).await;
}

#[tokio::test]
async fn a_run_cancelled_while_a_child_undoes_undoes_the_rest_once() {
    let ledger = Arc::new(Ledger::default());
    let engine = engine::<holiday>(&ledger).await;
    let run = engine.start("h-1", holiday(stops(&["flight", "hotel"]))).await.expect("it starts");
    engine.idle().await;
    run.cancel("enough").await.expect("it is cancelled");
    assert!(run.cancel("again").await.is_err());
    engine.advance(Duration::from_secs(5)).await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Cancelled { .. })));
    assert_eq!(ledger.words(), ["reserve flight", "reserve hotel", "release hotel", "release flight"]);
}

type AnyError = Box<dyn Error + Send + Sync>;

#[workflow]
async fn strict(what: String) -> Result<(), AnyError> {
    let what = reserve(what).await;
    compensate!(release(what));
    Err("the strict one refuses")?
}

#[workflow]
async fn lenient() -> String {
    match strict("hotel".into()).await {
        Ok(()) => "fine".into(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn an_error_that_is_no_serde_type_comes_back_as_its_text() {
    let ledger = Arc::new(Ledger::default());
    let engine = engine::<lenient>(&ledger).await;
    let run = engine.start("l-1", lenient()).await.expect("it starts");
    assert_eq!(run.result().await.expect("a value"), "the strict one refuses");
    assert_eq!(ledger.words(), ["reserve hotel", "release hotel"]);
}

#[derive(Debug)]
struct Opaque;

impl std::fmt::Display for Opaque {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("opaque")
    }
}

#[workflow]
async fn opaque(what: String) -> Result<(), Opaque> {
    let what = reserve(what).await;
    compensate!(release(what));
    Err(Opaque)
}

#[workflow]
async fn around() -> Result<(), Opaque> {
    opaque("hotel".into()).await
}

#[workflow]
async fn outermost() -> Result<(), Opaque> {
    around().await
}

#[tokio::test]
async fn an_error_that_cannot_be_stored_is_found_before_anything_runs() {
    let ledger = Arc::new(Ledger::default());
    let refused =
        TestEngine::start(with::<outermost>(&ledger)).await.expect_err("two errors cannot be stored");
    assert!(matches!(&refused, StartEngineError::UnstorableErrors { workflows } if workflows.len() == 2));
    let words = refused.to_string();
    assert!(words.contains("`around` returns") && words.contains("`opaque` returns"), "{words}");
    TestEngine::start(with::<opaque>(&ledger)).await.expect("nobody awaits it");
}
