//! What the recorder of the `metrics` facade is told. It hears nothing of the store, so in memory is enough.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use metrics::{Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use crate::promises::watching::{LATE, TOOK, take_to_its_end};

/// What it was told, by name and labels.
#[derive(Default)]
struct Told {
    counters: Mutex<BTreeMap<String, Arc<AtomicU64>>>,
    histograms: Mutex<BTreeMap<String, Arc<Times>>>,
}

/// The values of a histogram, which are all lengths of time in seconds.
#[derive(Default)]
struct Times(Mutex<Vec<Duration>>);

impl HistogramFn for Times {
    fn record(&self, seconds: f64) {
        lock(&self.0).push(Duration::from_secs_f64(seconds));
    }
}

impl Told {
    fn counters(&self) -> BTreeMap<String, u64> {
        let counters = lock(&self.counters);
        counters.iter().map(|(name, count)| (name.clone(), count.load(Ordering::Relaxed))).collect()
    }

    fn histograms(&self) -> BTreeMap<String, Vec<Duration>> {
        let histograms = lock(&self.histograms);
        histograms.iter().map(|(name, times)| (name.clone(), lock(&times.0).clone())).collect()
    }
}

impl Recorder for Told {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::clone(lock(&self.counters).entry(full_name(key)).or_default()))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        panic!("no gauge is documented: {key}");
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::clone(lock(&self.histograms).entry(full_name(key)).or_default()))
    }
}

/// The name, and behind it the labels.
fn full_name(key: &Key) -> String {
    let labels = key.labels().map(|label| format!(" {}={}", label.key(), label.value()));
    std::iter::once(key.name().to_owned()).chain(labels).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What it is told of a run that has one of everything, and how long that took by the clock on the wall.
async fn told() -> (Told, Duration) {
    let told = Told::default();
    let begun = Instant::now();
    let recording = metrics::set_default_local_recorder(&told);
    take_to_its_end().await;
    drop(recording);
    (told, begun.elapsed())
}

#[tokio::test]
async fn the_recorder_counts_under_the_documented_names_and_by_task() {
    let (told, _) = told().await;
    let expected = [
        ("sayiir_commits_total", 7),
        ("sayiir_parked_total", 3),
        ("sayiir_retries_total task=sturdy", 1),
        ("sayiir_steps_total task=sturdy", 1),
        ("sayiir_steps_total task=work", 1),
    ];
    assert_eq!(told.counters(), expected.map(|(name, count)| (name.to_owned(), count)).into());
}

#[tokio::test]
async fn the_recorder_is_told_how_long_each_attempt_and_each_commit_took_and_how_late_each_run_was_woken() {
    let (told, whole) = told().await;
    let mut histograms = told.histograms();
    let commits = histograms.remove("sayiir_commit_seconds").expect("there were commits");
    let expected = [
        ("sayiir_due_lag_seconds", LATE.to_vec()),
        ("sayiir_step_seconds task=sturdy", vec![Duration::ZERO]),
        ("sayiir_step_seconds task=work", vec![TOOK]),
    ];
    assert_eq!(histograms, expected.map(|(name, times)| (name.to_owned(), times)).into());
    // The store's time is that of the clock on the wall: one after another, each takes a part of the whole.
    assert_eq!(commits.len(), 7);
    assert!(!commits.contains(&Duration::ZERO), "{commits:?}");
    assert!(commits.iter().sum::<Duration>() < whole, "{commits:?} in {whole:?}");
}
