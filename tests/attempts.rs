//! Attempts of tasks whose options are written with the attribute: when the next one comes, and that a panic is a failed one.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use sayiir::clock::Clock;
use sayiir::engine::{EngineBuilder, StepStatus};
use sayiir::prelude::*;
use sayiir::record::BlockReason;
use sayiir::testing::{TestEngine, crash_everywhere};

/// How many attempts of a task panic before one does not.
#[derive(Debug)]
struct Luck(u32);

/// Returns no `Result`: it fails by a panic only.
#[task(retries = 2, backoff = 10s)]
async fn draw(#[inject] luck: &Luck, cx: &TaskContext) -> u32 {
    assert!(cx.attempt() > luck.0, "attempt {} has no luck", cx.attempt());
    cx.attempt()
}

#[workflow]
async fn lottery() -> u32 {
    draw().await
}

/// What was put back.
#[derive(Debug, Default)]
struct Shelf(Mutex<Vec<u32>>);

#[task(retries = 1, backoff = 10s)]
async fn put_back(#[inject] shelf: &Shelf, cx: &TaskContext, book: u32) {
    assert!(cx.attempt() > 1, "the ladder slips");
    shelf.0.lock().unwrap_or_else(PoisonError::into_inner).push(book);
}

#[workflow]
async fn loan(book: u32) -> Result<(), String> {
    compensate!(put_back(book));
    sleep!(0s).await;
    Err("the library is closed".into())
}

fn with(panics: u32) -> impl Fn(EngineBuilder) -> EngineBuilder {
    move |builder| builder.workflow::<lottery>().provide(Luck(panics))
}

/// The only step of a running run.
async fn only_step(run: &Run<lottery>) -> StepStatus {
    match run.status().await.expect("a status") {
        WorkflowStatus::Running { mut steps } if steps.len() == 1 => steps.remove(0),
        other => panic!("not one running step: {other:?}"),
    }
}

#[tokio::test]
async fn a_task_that_returns_no_result_is_repeated_when_it_panics() {
    let engine = TestEngine::start(with(2)).await.expect("it starts");
    let run = engine.start("l-1", lottery()).await.expect("it starts");
    engine.idle().await;
    let step = only_step(&run).await;
    assert_eq!((step.attempt, step.last_error.as_deref()), (2, Some("panicked: attempt 1 has no luck")));
    engine.advance(Duration::from_secs(20)).await;
    assert_eq!(run.result().await.expect("a value"), 3);
    crash_everywhere(with(2), async |engine: &TestEngine| {
        let run = engine.start("l-1", lottery()).or_attach().await.expect("it starts");
        engine.advance(Duration::from_secs(20)).await;
        run.result().await.expect("a value")
    })
    .await;
}

#[tokio::test]
async fn a_task_that_returns_no_result_and_panics_each_time_blocks_its_run() {
    let engine = TestEngine::start(with(3)).await.expect("it starts");
    let run = engine.start("l-1", lottery()).await.expect("it starts");
    engine.advance(Duration::from_secs(20)).await;
    let status = run.status().await.expect("a status");
    let WorkflowStatus::Blocked { reason: BlockReason::TaskPanicked { message, .. } } = status else {
        panic!("not blocked by a panic: {status:?}");
    };
    assert_eq!(message, "attempt 3 has no luck");
}

#[tokio::test]
async fn a_compensation_that_returns_no_result_is_repeated_when_it_panics() {
    let shelf = Arc::new(Shelf::default());
    let provided = Arc::clone(&shelf);
    let engine = TestEngine::start(|builder| builder.workflow::<loan>().provide_arc(provided)).await;
    let engine = engine.expect("it starts");
    let run = engine.start("b-1", loan(12)).await.expect("it starts");
    engine.advance(Duration::from_secs(10)).await;
    assert!(run.result().await.expect_err("it fails").to_string().contains("the library is closed"));
    assert_eq!(*shelf.0.lock().unwrap_or_else(PoisonError::into_inner), [12]);
}

#[tokio::test]
async fn a_backoff_of_one_length_is_that_long_each_time() {
    let engine = TestEngine::start(with(2)).await.expect("it starts");
    let run = engine.start("l-1", lottery()).await.expect("it starts");
    engine.idle().await;
    for _ in 0..2 {
        let next = only_step(&run).await.next_retry.expect("a retry is planned");
        assert_eq!(next.duration_since(engine.clock().now()), SignedDuration::from_secs(10));
        engine.advance_to(next).await;
    }
    assert_eq!(run.result().await.expect("a value"), 3);
}
