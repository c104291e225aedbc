//! Idempotency keys: the same for all attempts of one step of one run, and for nothing else.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sayiir::prelude::*;
use sayiir::testing::TestEngine;

/// The keys under which something was asked for, in order.
#[derive(Debug, Default)]
struct Counter(Mutex<Vec<String>>);

impl Counter {
    fn note(&self, key: &str) -> usize {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.push(key.to_owned());
        keys.len()
    }

    fn keys(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[task]
async fn ask(#[inject] counter: &Counter, cx: &TaskContext) -> usize {
    counter.note(cx.idempotency_key())
}

/// Succeeds when it is asked for the fourth time.
#[task(retries = 1, backoff = 1s)]
async fn insist(#[inject] counter: &Counter, cx: &TaskContext) -> Result<usize, String> {
    match counter.note(cx.idempotency_key()) {
        4.. => Ok(4),
        times => Err(format!("only {times} times")),
    }
}

#[workflow]
async fn child() -> usize {
    ask().await
}

/// Nine steps.
#[workflow]
async fn many() -> usize {
    let mut count = 0;
    for _ in 0..3 {
        count = ask().await;
    }
    join!(ask(), ask()).await;
    join_all!(_item in [(), ()] => ask()).await;
    child().await;
    child().await;
    count
}

#[workflow]
async fn stubborn() -> Result<usize, String> {
    insist().await
}

async fn engine() -> (TestEngine, Arc<Counter>) {
    let counter = Arc::new(Counter::default());
    let provided = Arc::clone(&counter);
    let engine =
        TestEngine::start(|builder| builder.workflow::<many>().workflow::<stubborn>().provide_arc(provided));
    (engine.await.expect("the engine starts"), counter)
}

#[tokio::test]
async fn every_turn_of_a_loop_branch_item_child_and_run_has_a_key_of_its_own() {
    let (engine, counter) = engine().await;
    for id in ["a", "b"] {
        engine.start(id, many()).await.expect("it starts").result().await.expect("a value");
    }
    // The same id once more, after the first run of that name is gone.
    engine.purge("a").await.expect("it is removed");
    engine.start("a", many()).await.expect("it starts").result().await.expect("a value");
    let keys = counter.keys();
    assert_eq!(keys.len(), 3 * 9);
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "{keys:?}");
}

#[tokio::test]
async fn the_attempts_of_a_step_have_one_key_those_of_a_retried_run_included() {
    let (engine, counter) = engine().await;
    let run = engine.start("a", stubborn()).await.expect("it starts");
    engine.advance(Duration::from_secs(1)).await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Failed(_))));
    run.retry().await.expect("it goes on");
    engine.advance(Duration::from_secs(1)).await;
    assert_eq!(run.result().await.expect("a value"), 4);
    let keys = counter.keys();
    assert_eq!(keys.len(), 4);
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}
