//! Promises about a store that was closed and is opened again.

use super::each;
use super::fixture::{
    Sketch, accepted, at, commit, due, is_delivered, large, message, ready, record, refused, started, task,
    timer,
};
use super::model::{compare, write_both};
use crate::backend::Backend;
use crate::memory::InMemoryBackend;
use crate::testing::random::Random;

/// Records, histories, messages, keys and indexes are there as they were acknowledged.
pub async fn everything_acknowledged_is_there_again<B: Backend>(backend: B, reopen: &impl AsyncFn(B) -> B) {
    let mut sketch = Sketch::new("exp-001", 1).with_leaves(vec![task(None), timer(at(5))]);
    sketch.record.state = Some(large(100_000));
    let mut change = sketch.change(vec![started(), started()]);
    change.accepted = vec![accepted("go", 0, Some("key"))];
    let history = change.history.clone();
    commit(&backend, vec![change]).await;
    let backend = reopen(backend).await;
    let found = record(&backend, sketch.id()).await.expect("the run is there");
    assert_eq!(*found, sketch.record);
    let read = backend.history(sketch.id(), 0, 9).await.expect("a history can be read");
    assert_eq!(read, history);
    let expected = accepted("go", 0, None).message;
    assert_eq!(message(&backend, sketch.id(), "go", 0).await, Some(expected));
    assert!(is_delivered(&backend, sketch.id(), "key").await);
    assert_eq!(due(&backend, at(5), 9).await, ["exp-001"]);
    assert_eq!(ready(&backend, None, 9).await, ["exp-001"]);
    let mut next = sketch.clone();
    next.write(&backend).await;
    refused(&backend, vec![sketch.change(Vec::new())]).await;
}

/// Nothing of what can be stored is lost on the way.
pub async fn everything_that_can_be_stored_is_there_again<B: Backend>(
    backend: B,
    reopen: &impl AsyncFn(B) -> B,
) {
    let mut sketches = each::in_phases();
    sketches.extend(each::ending());
    sketches.push(each::sketch("exp-001"));
    let mut histories = Vec::new();
    for sketch in &mut sketches {
        let change = sketch.change(each::events());
        histories.push(change.history.clone());
        commit(&backend, vec![change]).await;
    }
    let backend = reopen(backend).await;
    for (sketch, written) in sketches.iter().zip(histories) {
        let found = record(&backend, sketch.id()).await.expect("the run is there");
        assert_eq!(*found, sketch.record);
        let read = backend.history(sketch.id(), 0, usize::MAX).await.expect("a history can be read");
        assert_eq!(read, written);
    }
}

/// What was refused before is not there afterwards.
pub async fn a_refused_commit_is_still_not_there<B: Backend>(backend: B, reopen: &impl AsyncFn(B) -> B) {
    let mut sketch = Sketch::new("exp-001", 1);
    let written = sketch.write(&backend).await;
    let mut rival = Sketch::new("exp-001", 2);
    let mut other = Sketch::new("other", 2);
    refused(&backend, vec![other.change(vec![started()]), rival.change(vec![started()])]).await;
    let backend = reopen(backend).await;
    assert_eq!(record(&backend, sketch.id()).await, Some(written));
    assert_eq!(record(&backend, other.id()).await, None);
}

/// A removal is as durable as a write.
pub async fn removed_runs_stay_removed<B: Backend>(backend: B, reopen: &impl AsyncFn(B) -> B) {
    let mut sketch = Sketch::new("exp-001", 1).with_leaves(vec![task(None), timer(at(5))]);
    let mut change = sketch.change(vec![started()]);
    change.accepted = vec![accepted("go", 0, Some("key"))];
    commit(&backend, vec![change]).await;
    commit(&backend, vec![sketch.removal()]).await;
    let backend = reopen(backend).await;
    super::records::nothing_is_found_in_an_empty_store(&backend).await;
    assert_eq!(record(&backend, sketch.id()).await, None);
    assert!(!is_delivered(&backend, sketch.id(), "key").await);
}

/// Any sequence of commits, with reopenings in between, leaves what the model holds.
pub async fn random_commits_survive<B: Backend>(mut backend: B, reopen: &impl AsyncFn(B) -> B, seed: u64) {
    let model = InMemoryBackend::new();
    let mut random = Random::new(seed);
    for _ in 0..4 {
        write_both(&backend, &model, &mut random, 30).await;
        backend = reopen(backend).await;
        compare(&backend, &model, seed).await;
    }
}
