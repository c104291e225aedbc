//! Random commits, written to a store and to [`InMemoryBackend`], must read the same.

use super::fixture::{Sketch, accepted, at, json, run, spawn, started, task, timer, undo, wait};
use crate::backend::{Accepted, Backend, BackendError, Commit, Query, RunChange};
use crate::history::Event;
use crate::memory::InMemoryBackend;
use crate::record::{Ending, LeafRecord, Phase};
use crate::testing::random::Random;

const RUNS: u64 = 6;
const SIGNALS: [&str; 3] = ["go", "stop", "go\0"];

/// Any sequence of commits, some of them refused, leaves what the model holds. `seed` makes it repeatable.
pub async fn random_commits_read_as_the_model_says(backend: &impl Backend, seed: u64, commits: usize) {
    let model = InMemoryBackend::new();
    write_both(backend, &model, &mut Random::new(seed), commits).await;
    compare(backend, &model, seed).await;
}

/// Writes the same random commits to both.
pub(super) async fn write_both(
    backend: &impl Backend,
    model: &InMemoryBackend,
    random: &mut Random,
    commits: usize,
) {
    let mut sketches: Vec<Sketch> = (0..RUNS).map(fresh).collect();
    for _ in 0..commits {
        let mut attempted = sketches.clone();
        let mut changes = Vec::new();
        for (number, sketch) in (0..).zip(&mut attempted) {
            if random.one_in(3) {
                changes.push(random_change(random, number, sketch));
            }
        }
        let commit = Commit { changes: changes.into() };
        let expected = outcome(model.commit(&commit).await);
        assert_eq!(outcome(backend.commit(&commit).await), expected, "the answer to a commit");
        // A sketch that went ahead of the store stays so at times: its next commit is one that must be refused.
        if expected.is_ok() || random.one_in(10) {
            sketches = attempted;
        }
        if expected.is_err() && random.one_in(2) {
            sketches = resynchronised(model).await;
        }
    }
}

fn fresh(number: u64) -> Sketch {
    Sketch::new(&format!("run-{number}"), i64::try_from(number / 2).unwrap_or(0))
}

/// The runs as the model holds them.
async fn resynchronised(model: &InMemoryBackend) -> Vec<Sketch> {
    let mut sketches = Vec::new();
    for number in 0..RUNS {
        let mut sketch = fresh(number);
        if let Some(record) = model.record(sketch.id()).await.expect("the model reads") {
            sketch.adopt(&record);
        }
        sketches.push(sketch);
    }
    sketches
}

fn outcome(result: Result<(), BackendError>) -> Result<(), String> {
    result.map_err(|error| {
        assert!(matches!(error, BackendError::Conflict { .. }), "not a conflict: {error}");
        // Which of several conflicts is named is open.
        "conflict".into()
    })
}

fn random_change(random: &mut Random, number: u64, sketch: &mut Sketch) -> RunChange {
    if sketch.is_written() && random.one_in(12) {
        let removal = sketch.removal();
        *sketch = fresh(number);
        return removal;
    }
    sketch.record.updated = at(i64::try_from(random.below(100)).unwrap_or(0));
    sketch.record.steps.0 += 1;
    sketch.record.deadline = random.one_in(4).then(|| at(60));
    sketch.record.ending = random.one_in(6).then(|| Ending::Failed { error: "no".into() });
    sketch.record.phase = random_phase(random);
    let events = (0..random.below(4)).map(|_| if random.one_in(2) { started() } else { Event::Retried });
    let mut change = sketch.change(events.collect());
    change.accepted = random_messages(random);
    for position in 0..random.below(3) {
        change.removed.push(((*random.pick(&SIGNALS)).into(), position + 10));
    }
    change
}

fn random_phase(random: &mut Random) -> Phase {
    if random.one_in(5) {
        return Phase::Completed { output: json("true") };
    }
    let leaves = (0..random.below(4)).map(|_| random_leaf(random)).collect();
    Phase::Live { leaves }
}

fn random_leaf(random: &mut Random) -> LeafRecord {
    let second = at(i64::try_from(random.below(50)).unwrap_or(0));
    match random.below(6) {
        0 => task(None),
        1 => task(Some(second)),
        2 => undo(),
        3 => spawn("child"),
        4 => wait(random.pick::<&str>(&SIGNALS), random.one_in(2).then_some(second)),
        _ => timer(second),
    }
}

/// Positions 0 to 9 come and stay, 10 to 19 also go again.
fn random_messages(random: &mut Random) -> Vec<Accepted> {
    let signal = *random.pick(&SIGNALS);
    (0..random.below(3))
        .map(|nth| {
            let key = random.one_in(2).then(|| format!("key-{}", random.below(8)));
            let mut accepted = accepted(signal, nth * 10 + random.below(3), key.as_deref());
            accepted.taken = random.one_in(4);
            accepted
        })
        .collect()
}

/// Asks both stores every question.
pub(super) async fn compare(backend: &impl Backend, model: &InMemoryBackend, seed: u64) {
    for number in 0..RUNS {
        let id = run(&format!("run-{number}"));
        assert_eq!(same(backend.record(&id).await), same(model.record(&id).await), "seed {seed}");
        for (from, limit) in [(0, usize::MAX), (3, 4)] {
            let read = same(backend.history(&id, from, limit).await);
            assert_eq!(read, same(model.history(&id, from, limit).await), "seed {seed}");
        }
        for signal in SIGNALS {
            for position in 0..20 {
                let read = same(backend.message(&id, signal, position).await);
                assert_eq!(read, same(model.message(&id, signal, position).await), "seed {seed}");
            }
        }
        for key in (0..8).map(|key| format!("key-{key}")) {
            let read = same(backend.is_delivered(&id, &key).await);
            assert_eq!(read, same(model.is_delivered(&id, &key).await), "seed {seed}");
        }
        let read = same(backend.ready(Some(&id), 3).await);
        assert_eq!(read, same(model.ready(Some(&id), 3).await), "seed {seed}");
    }
    assert_eq!(same(backend.next_due().await), same(model.next_due().await), "seed {seed}");
    for (second, limit) in [(0, 100), (25, 100), (25, 2), (1_000, 100)] {
        let read = same(backend.due(at(second), limit).await);
        assert_eq!(read, same(model.due(at(second), limit).await), "seed {seed}");
    }
    for signal in [None, Some("go")] {
        let query = Query { waiting_for: signal.map(Into::into), limit: 100, ..Query::default() };
        let read = same(backend.list(&query).await);
        assert_eq!(read.runs, same(model.list(&query).await).runs, "seed {seed}");
        assert!(read.damage.is_empty(), "seed {seed}: {:?}", read.damage);
    }
}

fn same<T>(answer: Result<T, BackendError>) -> T {
    answer.expect("everything can be read")
}
