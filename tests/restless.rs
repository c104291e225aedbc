//! Runs that always have more to do at once: callers get through to them all the same.

use std::time::Duration;

use jiff::SignedDuration;
use sayiir::clock::Clock;
use sayiir::engine::EngineBuilder;
use sayiir::errors::ResultError;
use sayiir::prelude::*;
use sayiir::testing::TestEngine;
use tokio::time::timeout;

/// Long enough for any machine; nothing waits for it unless the test is to fail.
const LONGEST: Duration = Duration::from_mins(1);

#[workflow]
async fn spins() {
    loop {
        sleep!(0s).await;
    }
}

#[workflow]
async fn spins_until_told() -> String {
    loop {
        select! {
            word = signal!("stop" as String) => return word,
            _ = sleep!(0s) => {}
        }
        .await;
    }
}

async fn engine() -> Engine {
    let builder = Engine::builder().backend(InMemoryBackend::new());
    let builder = builder.workflow::<spins>().workflow::<spins_until_told>();
    builder.start().await.expect("it starts")
}

#[tokio::test]
async fn a_run_that_never_rests_can_be_cancelled() {
    let engine = engine().await;
    let run = engine.start("s-1", spins()).await.expect("it starts");
    timeout(LONGEST, run.cancel("enough").into_future()).await.expect("it is heard").expect("cancelled");
    assert!(matches!(run.result().await, Err(ResultError::Cancelled { reason, .. }) if reason == "enough"));
}

#[tokio::test]
async fn a_run_that_never_rests_takes_a_signal() {
    let engine = engine().await;
    let run = engine.start("s-1", spins_until_told()).await.expect("it starts");
    let sent = run.signal(spins_until_told::STOP, &"bob".to_owned()).into_future();
    timeout(LONGEST, sent).await.expect("it is heard").expect("accepted");
    assert_eq!(run.result().await.expect("a value"), "bob");
}

#[tokio::test]
async fn a_shutdown_leaves_a_run_that_never_rests_to_the_next_engine() {
    let store = InMemoryBackend::new();
    let start = || Engine::builder().backend(store.clone()).workflow::<spins_until_told>().start();
    let first = start().await.expect("it starts");
    first.start("s-1", spins_until_told()).await.expect("it starts");
    timeout(LONGEST, first.shutdown_within(Duration::from_hours(1))).await.expect("nothing is waited for");

    let second = start().await.expect("it starts");
    second.signal("s-1", "stop", "bob").await.expect("accepted");
    let run = second.run::<spins_until_told>("s-1").await.expect("it is there");
    assert_eq!(run.result().await.expect("a value"), "bob");
}

#[task]
async fn answers() -> u32 {
    tokio::task::yield_now().await;
    7
}

#[workflow]
async fn spins_beside_a_task() -> u32 {
    select! {
        seven = answers() => seven,
        () = spins() => 0,
    }
    .await
}

#[tokio::test]
async fn a_run_that_never_rests_takes_the_end_of_its_tasks() {
    let builder = Engine::builder().backend(InMemoryBackend::new()).workflow::<spins_beside_a_task>();
    let engine = builder.start().await.expect("it starts");
    let run = engine.start("s-1", spins_beside_a_task()).await.expect("it starts");
    assert_eq!(timeout(LONGEST, run.result()).await.expect("it is heard").expect("a value"), 7);
}

#[workflow(timeout = 1d)]
async fn spawns_without_end() {
    loop {
        spawn!("s-1", spins()).await.err();
    }
}

#[tokio::test]
async fn a_run_that_never_rests_runs_out_of_its_time() {
    let engine = TestEngine::start(EngineBuilder::workflow::<spawns_without_end>).await.expect("it starts");
    let run = engine.start("s-1", spawns_without_end()).await.expect("it starts");
    engine.clock().set(engine.clock().now() + SignedDuration::from_hours(24));
    let ended = timeout(LONGEST, run.result()).await.expect("it ends");
    assert!(matches!(ended, Err(ResultError::Failed { error, .. }) if error.contains("timeout")));
}
