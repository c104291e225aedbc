//! Runs that always have more to do at once: callers get through to them all the same.

use std::time::Duration;

use sayiir::errors::ResultError;
use sayiir::prelude::*;
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
