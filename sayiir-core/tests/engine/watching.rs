//! What an engine tells those who watch it: counters, and spans with stable names.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::scripted::{Op, wait};
use crate::world::{Act, World};
use crate::{engine, start};

/// A run that has one of everything: a retry, a sleep, a signal.
fn eventful() -> [Op; 3] {
    [Op::Sturdy("retried".into()), Op::Sleep(60), wait("go")]
}

async fn take_to_its_end(world: &World) -> sayiir_core::engine::Metrics {
    world.plan("retried", [Act::Fail, Act::Succeed]);
    let engine = engine(world).await;
    let run = start(&engine, "exp-001", eventful()).await;
    engine.advance(Duration::from_mins(2)).await;
    engine.idle().await;
    run.signal(crate::scripted::Scripted::GO, &"x".into()).await.expect("accepted");
    run.result().await.expect("a value");
    engine.idle().await;
    engine.metrics()
}

#[tokio::test]
async fn the_engine_counts_what_it_does() {
    let counted = take_to_its_end(&World::default()).await;
    // Started; failed; tried again; succeeded; slept; signalled.
    assert_eq!((counted.commits, counted.steps, counted.retries), (6, 1, 1));
    assert_eq!(
        (counted.woken, counted.parked),
        (2, 3),
        "for the retry and the sleep; before each and before the signal"
    );
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
    let watching = tracing::subscriber::set_default(notes.clone());
    take_to_its_end(&World::default()).await;
    drop(watching);
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

#[cfg(feature = "metrics")]
mod facade {
    use std::sync::atomic::{AtomicU64, Ordering};

    use metrics::{
        Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Recorder, SharedString, Unit,
    };

    use super::{Arc, BTreeMap, Mutex, PoisonError, World, take_to_its_end};

    /// How often each was told.
    #[derive(Default)]
    struct Told(Mutex<BTreeMap<String, Arc<Times>>>);

    #[derive(Default)]
    struct Times(AtomicU64);

    impl CounterFn for Times {
        fn increment(&self, by: u64) {
            self.0.fetch_add(by, Ordering::Relaxed);
        }
        fn absolute(&self, value: u64) {
            self.0.store(value, Ordering::Relaxed);
        }
    }

    impl HistogramFn for Times {
        fn record(&self, _: f64) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Told {
        fn times(&self, key: &Key) -> Arc<Times> {
            let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(told.entry(key.name().to_owned()).or_default())
        }
    }

    impl Recorder for Told {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn register_counter(&self, key: &Key, _: &metrics::Metadata<'_>) -> Counter {
            Counter::from_arc(self.times(key))
        }
        fn register_gauge(&self, _: &Key, _: &metrics::Metadata<'_>) -> Gauge {
            Gauge::noop()
        }
        fn register_histogram(&self, key: &Key, _: &metrics::Metadata<'_>) -> Histogram {
            Histogram::from_arc(self.times(key))
        }
    }

    #[tokio::test]
    async fn the_recorder_is_told_under_the_documented_names() {
        let told = Told::default();
        let recording = metrics::set_default_local_recorder(&told);
        take_to_its_end(&World::default()).await;
        drop(recording);
        let told = told.0.lock().unwrap_or_else(PoisonError::into_inner);
        let told: Vec<(&str, u64)> =
            told.iter().map(|(name, times)| (name.as_str(), times.0.load(Ordering::Relaxed))).collect();
        let expected = [
            ("sayiir_commit_seconds", 6),
            ("sayiir_commits_total", 6),
            ("sayiir_due_lag_seconds", 2),
            ("sayiir_parked_total", 3),
            ("sayiir_retries_total", 1),
            ("sayiir_step_seconds", 1),
            ("sayiir_steps_total", 1),
        ];
        assert_eq!(told, expected);
    }
}
