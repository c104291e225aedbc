//! What an engine tells those who watch it: its counters.

use std::time::Duration;

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

#[cfg(feature = "metrics")]
mod facade {
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, Mutex, PoisonError};

    use metrics::{
        Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Recorder, SharedString, Unit,
    };

    use super::{World, take_to_its_end};

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
