//! A type that panics as it is read, as a careless `Deserialize` does. Of a payload its sender is told, and nobody else notices; of
//! what is to be undone the run says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sayiir::engine::EngineBuilder;
use sayiir::errors::SignalError;
use sayiir::history::{Event, HistoryEntry};
use sayiir::prelude::*;
use sayiir::record::BlockReason;
use sayiir::testing::TestEngine;
use serde::{Deserialize, Deserializer, Serialize};
use tokio::sync::Semaphore;

use crate::{assert_error, runs};

#[derive(Debug, Serialize)]
struct Grade(usize);

impl<'de> Deserialize<'de> for Grade {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let place = usize::deserialize(deserializer)?;
        Ok(Self([1, 2, 3, 4, 5, 6][place]))
    }
}

/// Prints until it is told that it is done.
#[derive(Debug)]
struct Press {
    begun: AtomicUsize,
    done: Semaphore,
}

#[task]
async fn print(#[inject] press: &Press) {
    press.begun.fetch_add(1, Ordering::SeqCst);
    press.done.acquire().await.expect("it is never closed").forget();
}

#[workflow]
async fn article() -> usize {
    let ((), grade) = join!(print(), signal!("grade" as Grade)).await;
    grade.0
}

#[tokio::test]
async fn a_signal_whose_payload_panics_as_it_is_read() {
    let press = Arc::new(Press { begun: AtomicUsize::new(0), done: Semaphore::new(0) });
    let provided = Arc::clone(&press);
    let engine = TestEngine::start(|builder| builder.workflow::<article>().provide_arc(provided)).await;
    let engine = engine.expect("it starts");
    let run = engine.start("exp-001", article()).await.expect("it starts");
    engine.idle().await;
    let before = runs(engine.backend()).await;
    assert_error!(
        engine.signal("exp-001", "grade", &17).await,
        SignalError::Payload { .. },
        "the payload of signal `grade` to run exp-001 is not a `errors::panicking::Grade`: its `Deserialize` panicked: index out of \
         bounds: the len is 6 but the index is 17"
    );
    engine.idle().await;
    assert_eq!(runs(engine.backend()).await, before);

    run.signal(article::GRADE, &Grade(4)).await.expect("it is taken");
    press.done.add_permits(1);
    assert_eq!(run.result().await.expect("a value"), 5);
    assert_eq!(press.begun.load(Ordering::SeqCst), 1, "the attempt that was running went on");
}

/// The store knows no types: such a payload is there when it is waited for.
#[tokio::test]
async fn a_payload_in_the_store_that_panics_as_it_is_read_is_set_aside_and_the_wait_goes_on() {
    let engine = TestEngine::start(EngineBuilder::workflow::<essay>).await.expect("it starts");
    let run = engine.start("exp-001", essay()).await.expect("it starts");
    engine.idle().await;
    for grade in [17_usize, 4] {
        engine.backend().send_event("exp-001", "grade", grade).await.expect("it is kept");
        engine.idle().await;
    }
    assert_eq!(run.result().await.expect("a value"), 5);
    let history = run.history().await.expect("a history");
    let why = |entry: &HistoryEntry| match &entry.event {
        Event::SignalRejected { error, .. } => Some(error.clone()),
        _ => None,
    };
    let rejected: Vec<_> = history.iter().filter_map(why).collect();
    assert_eq!(
        rejected,
        ["its `Deserialize` panicked: index out of bounds: the len is 6 but the index is 17"]
    );
}

#[workflow]
async fn essay() -> usize {
    signal!("grade" as Grade).await.0
}

#[task]
async fn withdraw(grade: Grade) {
    let _ = grade;
}

#[workflow]
async fn examination() -> Result<(), String> {
    compensate!(withdraw(Grade(17)));
    sleep!(0s).await;
    Err("nobody came".into())
}

#[tokio::test]
async fn a_compensation_whose_arguments_panic_as_they_are_read() {
    let engine = TestEngine::start(EngineBuilder::workflow::<examination>).await.expect("it starts");
    let run = engine.start("exp-001", examination()).await.expect("it starts");
    engine.idle().await;
    let WorkflowStatus::Blocked { reason: BlockReason::Incompatible { detail } } =
        run.status().await.expect("a status")
    else {
        panic!("it is not blocked");
    };
    assert_eq!(
        detail,
        "the arguments of compensation `withdraw`: their `Deserialize` panicked: index out of bounds: the len is 6 but the index is 17"
    );
}
