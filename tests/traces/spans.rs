//! The spans of an engine, with their documented names and fields, and what stands in them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;
use sayiir::testing::{TestEngine, VirtualClock};

use crate::notes::{Fields, Notes, names};
use crate::speaking::Speaking;

/// The idempotency keys that attempts were given.
#[derive(Debug, Default)]
struct Keys(Mutex<Vec<String>>);

impl Keys {
    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Speaks when it begins, and again after it has waited: by then it has a task of the executor.
#[task(retries = 1, backoff = 1s)]
async fn unlucky(#[inject] keys: &Keys, cx: &TaskContext) -> Result<(), String> {
    keys.lock().push(cx.idempotency_key().to_owned());
    tracing::info!("it begins");
    tokio::task::yield_now().await;
    tracing::info!("it goes on");
    if cx.attempt() == 1 { Err("bad luck".into()) } else { Ok(()) }
}

/// One of two that run side by side: it has a task of the executor from the beginning.
#[task]
async fn branch(#[inject] keys: &Keys, cx: &TaskContext) {
    keys.lock().push(cx.idempotency_key().to_owned());
    tracing::info!("it runs beside another one");
}

/// One of everything: a retry, a sleep, two tasks at once, a signal.
#[workflow]
async fn eventful() -> Result<String, String> {
    unlucky().await?;
    sleep!(1m).await;
    join!(branch(), branch()).await;
    Ok(signal!("go" as String).await)
}

/// Takes a run to its end; gives the keys of its attempts.
async fn take_to_its_end() -> Vec<String> {
    let keys = Arc::new(Keys::default());
    let configure = |builder: EngineBuilder| builder.workflow::<eventful>().provide_arc(Arc::clone(&keys));
    let started = TestEngine::start_on(Speaking::default(), VirtualClock::default(), configure).await;
    let engine = started.expect("it starts");
    let run = engine.start("exp-001", eventful()).await.expect("it starts");
    engine.advance(Duration::from_mins(2)).await;
    run.signal(eventful::GO, &"x".into()).await.expect("accepted");
    run.result().await.expect("a value");
    engine.idle().await;
    keys.lock().clone()
}

fn fields<const N: usize>(fields: [(&'static str, &str); N]) -> Fields {
    fields.map(|(name, value)| (name, value.to_owned())).into()
}

fn of_run() -> Fields {
    fields([("run", "exp-001"), ("workflow", "eventful")])
}

fn of_step(step: &str) -> Fields {
    fields([("run", "exp-001"), ("step", step)])
}

/// Of the attempts of one run, in order.
fn of_attempts(keys: &[String]) -> Vec<Fields> {
    let attempts = [("1", "unlucky", "1"), ("1", "unlucky", "2"), ("3", "branch", "1"), ("3", "branch", "1")];
    assert_eq!(keys.len(), attempts.len(), "each attempt has a key");
    let of = |((step, task, attempt), key): (_, &String)| {
        fields([("run", "exp-001"), ("step", step), ("task", task), ("attempt", attempt), ("key", key)])
    };
    attempts.into_iter().zip(keys).map(of).collect()
}

/// A commit each for: the start, the failure, the second attempt, its success, the end of the sleep, those of both branches, and
/// that of the run.
const STEPS: [&str; 8] = ["1", "1", "1", "2", "3", "3", "4", "4"];

#[tokio::test]
async fn attempts_and_steps_have_spans_in_that_of_their_run_with_stable_fields() {
    let (notes, _watching) = Notes::take();
    let keys = take_to_its_end().await;
    let (mut attempts, mut steps) = (Vec::new(), Vec::new());
    for (span, around) in notes.spans() {
        let expected: &[&str] = match span.name {
            "attempt" | "step" => &["run"],
            _ => &[],
        };
        assert_eq!(names(&around), expected, "around {span:?}");
        match span.name {
            "attempt" => attempts.push(span.fields),
            "step" => steps.push(span.fields),
            "run" => assert_eq!(span.fields, of_run()),
            other => panic!("`{other}` is not documented"),
        }
    }
    assert_eq!(attempts, of_attempts(&keys));
    assert_eq!(steps, STEPS.map(of_step));
}

#[tokio::test]
async fn what_a_task_says_stands_in_the_span_of_its_attempt_and_that_in_the_span_of_its_run() {
    let (notes, _watching) = Notes::take();
    let keys = take_to_its_end().await;
    let attempts = of_attempts(&keys);
    let (unlucky, branches) = attempts.split_at(2);
    for (words, expected) in
        [("it begins", unlucky), ("it goes on", unlucky), ("it runs beside another one", branches)]
    {
        let said = notes.events(words);
        let attempts: Vec<_> = said.iter().map(|event| event.around[0].fields.clone()).collect();
        assert_eq!(attempts, expected, "{words}");
        for event in said {
            assert_eq!(event.names(), ["attempt", "run"], "{words}");
            assert_eq!(event.around[1].fields, of_run(), "{words}");
        }
    }
}

#[tokio::test]
async fn what_the_store_says_of_a_commit_stands_in_the_span_of_its_step_and_that_in_the_span_of_the_run() {
    let (notes, _watching) = Notes::take();
    take_to_its_end().await;
    for words in ["the store begins", "the store goes on"] {
        let said = notes.events(words);
        let steps: Vec<_> = said.iter().map(|event| event.around[0].fields.clone()).collect();
        assert_eq!(steps, STEPS.map(of_step), "{words}");
        for event in said {
            assert_eq!(event.names(), ["step", "run"], "{words}");
        }
    }
}
