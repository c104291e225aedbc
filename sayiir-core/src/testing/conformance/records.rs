//! Promises about records and about commits as a whole.

use futures_util::future::join_all;

use super::each;
use super::fixture::{
    Sketch, accepted, at, commit, due, is_delivered, large, message, next_due, ready, record, refused, run,
    started, task, timer, wait,
};
use crate::backend::{Backend, BackendError, Commit, Query};
use crate::ids::Revision;
use crate::record::Phase;

/// A store that nothing was written to answers every question with nothing.
pub async fn nothing_is_found_in_an_empty_store(backend: &impl Backend) {
    let nobody = run("nobody");
    assert_eq!(record(backend, &nobody).await, None);
    assert_eq!(message(backend, &nobody, "go", 0).await, None);
    assert!(!is_delivered(backend, &nobody, "key").await);
    let history = backend.history(&nobody, 0, 10).await.expect("a history can be read");
    assert_eq!(history, []);
    assert_eq!(next_due(backend).await, None);
    assert!(due(backend, at(i64::from(i32::MAX)), 10).await.is_empty());
    assert!(ready(backend, None, 10).await.is_empty());
    let query = Query { limit: 10, ..Query::default() };
    let page = backend.list(&query).await.expect("runs can be listed");
    assert!(page.runs.is_empty() && page.damage.is_empty() && page.next.is_none());
}

/// A record reads back equal in every field, with all kinds of leaves, queues, texts and numbers.
pub async fn a_record_reads_back_as_it_was_written(backend: &impl Backend) {
    let mut sketch = each::sketch("exp-001");
    let written = sketch.write(backend).await;
    assert_eq!(record(backend, sketch.id()).await, Some(written));
}

/// So does a record in each phase that a run can be in.
pub async fn every_phase_reads_back_as_it_was_written(backend: &impl Backend) {
    for mut sketch in each::in_phases() {
        let written = sketch.write(backend).await;
        assert_eq!(record(backend, sketch.id()).await, Some(written));
    }
}

/// So does the record of a run that undoes what it did, however it is to end.
pub async fn every_ending_reads_back_as_it_was_written(backend: &impl Backend) {
    for mut sketch in each::ending() {
        let written = sketch.write(backend).await;
        assert_eq!(record(backend, sketch.id()).await, Some(written));
    }
}

/// States far larger than a page of any store come back whole, also when they grow and shrink again.
pub async fn a_record_of_several_megabytes_reads_back(backend: &impl Backend) {
    let mut sketch = Sketch::new("large", 1);
    for bytes in [4_000, 5_000, 3_000_000, 9_000, 100] {
        sketch.record.state = Some(large(bytes));
        let written = sketch.write(backend).await;
        assert_eq!(record(backend, sketch.id()).await, Some(written), "{bytes} bytes");
    }
}

/// The record that is read is the last one that was acknowledged.
pub async fn a_later_revision_replaces_the_earlier_one(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1);
    let mut seen = Vec::new();
    for step in 0..20 {
        sketch.record.steps.0 = step;
        let written = sketch.write(backend).await;
        let read = record(backend, sketch.id()).await;
        assert_eq!(read.as_ref(), Some(&written));
        seen.push((read, written));
    }
    for (read, written) in seen {
        assert_eq!(read, Some(written), "what was read once stays as it was");
    }
}

/// A commit that expects no run is refused if there is one, and names what it found.
pub async fn an_id_that_is_taken_is_refused(backend: &impl Backend) {
    let mut first = Sketch::new("exp-001", 1);
    let mut second = Sketch::new("exp-001", 2);
    let written = first.write(backend).await;
    let error = refused(backend, vec![second.change(vec![started()])]).await;
    match error {
        BackendError::Conflict { run, expected, found } => {
            assert_eq!(run, *first.id());
            assert_eq!((expected, found), (None, Some(Revision(1))));
        }
        other => panic!("not a conflict: {other}"),
    }
    assert_eq!(record(backend, first.id()).await, Some(written));
}

/// A commit that builds on a run that is not there is refused.
pub async fn a_change_of_an_unknown_run_is_refused(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1);
    let _never_written = sketch.change(Vec::new());
    refused(backend, vec![sketch.change(Vec::new())]).await;
    assert_eq!(record(backend, sketch.id()).await, None);
}

/// A commit that builds on another revision than the stored one is refused, be it older or newer.
pub async fn a_change_that_builds_on_an_old_revision_is_refused(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1);
    sketch.write(backend).await;
    let mut stale = sketch.clone();
    let written = sketch.write(backend).await;
    refused(backend, vec![stale.clone().change(Vec::new())]).await;
    refused(backend, vec![stale.removal()]).await;
    let _skipped = sketch.change(Vec::new());
    refused(backend, vec![sketch.change(Vec::new())]).await;
    assert_eq!(record(backend, sketch.id()).await, Some(written));
}

/// If one change of a commit is refused, none of the others is visible anywhere.
pub async fn a_refused_commit_leaves_nothing_of_any_run(backend: &impl Backend) {
    let mut old = Sketch::new("old", 1).with_leaves(vec![timer(at(50))]);
    let mut taken = Sketch::new("taken", 1);
    let before = old.write(backend).await;
    taken.write(backend).await;
    let mut new = Sketch::new("new", 1).with_leaves(vec![task(None), timer(at(10))]);
    old.record.phase = Phase::Live { leaves: vec![timer(at(5))].into() };
    let mut intruder = Sketch::new("taken", 3);
    let changes =
        vec![new.change(vec![started()]), old.change(vec![started()]), intruder.change(vec![started()])];
    refused(backend, changes).await;
    assert_eq!(record(backend, new.id()).await, None);
    assert_eq!(record(backend, old.id()).await, Some(before));
    assert_eq!(next_due(backend).await, Some(at(50)));
    assert!(ready(backend, None, 10).await.is_empty());
    for sketch in [&new, &old, &taken] {
        let history = backend.history(sketch.id(), 0, 9).await.expect("a history can be read");
        assert_eq!(history, []);
    }
}

/// One commit creates, changes and removes several runs at once.
pub async fn several_runs_change_together(backend: &impl Backend) {
    let mut parent = Sketch::new("parent", 1);
    let mut gone = Sketch::new("gone", 1);
    parent.write(backend).await;
    gone.write(backend).await;
    let mut child = Sketch::new("child", 2);
    child.record.parent = Some(parent.id().clone());
    let changes = vec![parent.change(vec![started()]), child.change(vec![started()]), gone.removal()];
    commit(backend, changes).await;
    for sketch in [&parent, &child] {
        let found = record(backend, sketch.id()).await.expect("the run is there");
        assert_eq!(*found, sketch.record);
    }
    assert_eq!(record(backend, gone.id()).await, None);
}

/// Commits that build on the same revision and are in flight together: exactly one is acknowledged.
pub async fn of_two_commits_on_one_revision_one_wins(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1);
    sketch.write(backend).await;
    let commits = (0..8).map(|number| {
        let mut rival = sketch.clone();
        rival.record.steps.0 = number;
        let changes = vec![rival.change(Vec::new())];
        async move { (number, backend.commit(&Commit { changes: changes.into() }).await) }
    });
    let outcomes = join_all(commits).await;
    let winners: Vec<u64> =
        outcomes.iter().filter_map(|(number, outcome)| outcome.is_ok().then_some(*number)).collect();
    assert_eq!(winners.len(), 1, "{outcomes:?}");
    let found = record(backend, sketch.id()).await.expect("the run is there");
    assert_eq!(found.steps.0, winners[0]);
    assert_eq!(found.revision, Revision(2));
}

/// Commits of different runs may be in flight together.
pub async fn commits_in_flight_together_all_arrive(backend: &impl Backend) {
    let mut sketches: Vec<Sketch> = (0..200).map(|n| Sketch::new(&format!("run-{n:03}"), n)).collect();
    for _ in 0..3 {
        join_all(sketches.iter_mut().map(|sketch| sketch.write(backend))).await;
    }
    for sketch in &sketches {
        let found = record(backend, sketch.id()).await.expect("the run is there");
        assert_eq!(*found, sketch.record);
    }
}

/// A removed run leaves no record, history, message, key or index entry.
pub async fn a_removed_run_leaves_nothing(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1).with_leaves(vec![task(None), timer(at(5)), wait("go", None)]);
    let mut change = sketch.change(vec![started()]);
    change.accepted = vec![accepted("go", 0, Some("key")), accepted("stop", 0, None)];
    commit(backend, vec![change]).await;
    sketch.write(backend).await;
    commit(backend, vec![sketch.removal()]).await;
    assert_eq!(message(backend, sketch.id(), "go", 0).await, None);
    assert_eq!(message(backend, sketch.id(), "stop", 0).await, None);
    assert!(!is_delivered(backend, sketch.id(), "key").await);
    let history = backend.history(sketch.id(), 0, 10).await.expect("a history can be read");
    assert_eq!(history, []);
    nothing_is_found_in_an_empty_store(backend).await;
}

/// After its removal an id is free, and nothing of the first run shows in the second.
pub async fn an_id_can_be_used_again_after_its_removal(backend: &impl Backend) {
    let mut first = Sketch::new("exp-001", 1);
    let mut change = first.change(vec![started(), started()]);
    change.accepted = vec![accepted("go", 0, Some("key"))];
    commit(backend, vec![change]).await;
    commit(backend, vec![first.removal()]).await;
    let mut second = Sketch::new("exp-001", 2);
    commit(backend, vec![second.change(vec![started()])]).await;
    let found = record(backend, second.id()).await.expect("the run is there");
    assert_eq!(*found, second.record);
    let history = backend.history(second.id(), 0, 10).await.expect("a history can be read");
    assert_eq!(history.len(), 1);
    assert_eq!(message(backend, second.id(), "go", 0).await, None);
    assert!(!is_delivered(backend, second.id(), "key").await);
}
