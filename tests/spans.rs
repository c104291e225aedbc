//! The spans of an engine, with their documented names and fields.
//!
//! One test, and a program of its own: `tracing` asks whether a span is wanted once for the whole process, so that a test beside it,
//! which wants none, could answer for both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;
use sayiir::testing::TestEngine;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

#[task(retries = 1, backoff = 1s)]
async fn unlucky(cx: &TaskContext) -> Result<(), String> {
    if cx.attempt() == 1 { Err("bad luck".into()) } else { Ok(()) }
}

/// One of everything: a retry, a sleep, a signal.
#[workflow]
async fn eventful() -> Result<String, String> {
    unlucky().await?;
    sleep!(1m).await;
    Ok(signal!("go" as String).await)
}

/// Notes the fields of every span, with the text of their values.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<(&'static str, Fields)>>>);

type Fields = BTreeMap<&'static str, String>;

struct Noting<'a>(&'a mut Fields);

impl Visit for Noting<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Subscriber for Notes {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span()
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::new();
        span.record(&mut Noting(&mut fields));
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spans.push((span.metadata().name(), fields));
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = usize::try_from(span.into_u64()).expect("it was a length") - 1;
        values.record(&mut Noting(&mut spans[place].1));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn runs_steps_and_attempts_have_spans_with_stable_fields() {
    let notes = Notes::default();
    let _watching = tracing::subscriber::set_default(notes.clone());
    let engine = TestEngine::start(EngineBuilder::workflow::<eventful>).await.expect("it starts");
    let run = engine.start("exp-001", eventful()).await.expect("it starts");
    engine.advance(Duration::from_mins(2)).await;
    run.signal(eventful::GO, &"x".into()).await.expect("accepted");
    run.result().await.expect("a value");
    let spans = notes.0.lock().unwrap_or_else(PoisonError::into_inner);
    let names: BTreeSet<&str> = spans.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, BTreeSet::from(["attempt", "run", "step"]));
    for (name, fields) in &*spans {
        let expected: &[&str] = match *name {
            "attempt" => &["attempt", "key", "run", "step", "task"],
            "step" => &["run", "step"],
            _ => &["run", "workflow"],
        };
        assert_eq!(fields.keys().copied().collect::<Vec<_>>(), expected, "of {name}");
        assert_eq!(fields["run"], "exp-001");
    }
    let attempts: Vec<&str> =
        spans.iter().filter(|(name, _)| *name == "attempt").map(|(_, fields)| &*fields["attempt"]).collect();
    assert_eq!(attempts, ["1", "2"]);
}
