//! What an engine says of a store that fails, and of one that is well again.

use std::time::Duration;

use sayiir::backend::BackendError;
use sayiir::clock::Clock;
use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;
use sayiir::testing::{CommitFault, FaultyBackend, TestEngine, VirtualClock};
use tracing::Level;

use crate::notes::{Notes, Noticed};

#[task]
async fn pay(amount: u32) -> u32 {
    amount
}

#[workflow]
async fn payment(amount: u32) -> u32 {
    pay(amount).await
}

/// An engine on a store whose commits of these numbers meet with this error.
async fn engine(commits: impl IntoIterator<Item = u64>, error: &BackendError) -> TestEngine {
    let backend = FaultyBackend::new(InMemoryBackend::new());
    for number in commits {
        backend.fault(number, CommitFault::Refuse(error.clone()));
    }
    let started = TestEngine::start_on(backend, VirtualClock::default(), EngineBuilder::workflow::<payment>);
    started.await.expect("it starts")
}

fn disk_full() -> BackendError {
    BackendError::StorageFull { detail: "no space left on device".into() }
}

/// The run in whose span it stands.
fn run_of(event: &Noticed) -> Option<&str> {
    let run = event.around.iter().find(|span| span.name == "run")?;
    Some(&run.fields["run"])
}

#[tokio::test]
async fn a_store_that_fails_is_told_of_with_its_error_in_the_span_of_the_run_and_of_its_step() {
    let (notes, _watching) = Notes::take();
    let engine = engine([1], &disk_full()).await;
    engine.start("pay-1", payment(7)).await.expect_err("the disk is full");
    let events = notes.events("the store failed");
    let [failed] = &*events else { panic!("one event: {events:?}") };
    assert_eq!(failed.level, Level::WARN);
    assert_eq!(failed.fields["error"], disk_full().to_string());
    assert_eq!(failed.fields["repeats"], "false", "the caller is told");
    assert_eq!((failed.names(), run_of(failed)), (vec!["step", "run"], Some("pay-1")));
    assert!(notes.events("the store answers again").is_empty());
}

#[tokio::test]
async fn each_failure_that_is_waited_out_is_told_of_and_once_that_the_store_answers_again() {
    let (notes, _watching) = Notes::take();
    let engine = engine(2..5, &disk_full()).await;
    let begun = engine.clock().now();
    let run = engine.start("pay-1", payment(7)).await.expect("it starts");
    engine.advance(Duration::from_mins(1)).await;
    assert_eq!(run.result().await.expect("a value"), 7);
    let failures = notes.events("the store failed");
    let told: Vec<_> =
        failures.iter().map(|event| (event.level, &*event.fields["repeats"], run_of(event))).collect();
    assert_eq!(told, [(Level::WARN, "true", Some("pay-1")); 3]);
    let well = notes.events("the store answers again");
    let [well] = &*well else { panic!("one event: {well:?}") };
    assert_eq!((well.level, &*well.fields["access"], run_of(well)), (Level::INFO, "Commit", Some("pay-1")));
    assert_eq!(well.fields["since"], begun.to_string(), "when it first failed");
}

#[tokio::test]
async fn an_end_that_the_store_will_never_take_is_an_error_that_names_the_run() {
    let (notes, _watching) = Notes::take();
    let stopped = BackendError::Stopped { detail: "its disk is gone".into() };
    let engine = engine(2..9, &stopped).await;
    engine.start("pay-1", payment(7)).await.expect("it starts");
    engine.idle().await;
    let lost = notes.events("the end of an attempt could not be stored");
    let [lost] = &*lost else { panic!("one event: {lost:?}") };
    assert_eq!((lost.level, &*lost.fields["run"]), (Level::ERROR, "pay-1"));
    assert!(lost.fields["refusal"].contains("its disk is gone"), "{lost:?}");
}
