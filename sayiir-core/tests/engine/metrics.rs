//! What the recorder of the `metrics` facade is told. It hears nothing of the store, so in memory is enough.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Recorder, SharedString, Unit,
};

use crate::promises::watching::take_to_its_end;
use crate::promises::world::World;

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
