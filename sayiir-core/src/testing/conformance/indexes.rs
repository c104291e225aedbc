//! Promises about what is due and what is ready.

use jiff::{SignedDuration, Timestamp};

use super::fixture::{Sketch, at, due, json, next_due, queue, ready, run, spawn, task, timer, undo, wait};
use crate::backend::Backend;
use crate::record::{BlockReason, Ending, Phase};

/// Due runs come in the order of their times, those of one time by id, at most as many as were asked for.
pub async fn due_runs_come_earliest_first(backend: &impl Backend) {
    for (id, second) in [("c", 30), ("a", 20), ("d", 10), ("b", 20), ("later", 41)] {
        let mut sketch = Sketch::new(id, 1).with_leaves(vec![timer(at(second)), timer(at(90))]);
        sketch.write(backend).await;
    }
    assert_eq!(next_due(backend).await, Some(at(10)));
    assert_eq!(due(backend, at(40), 100).await, ["d", "a", "b", "c"]);
    assert_eq!(due(backend, at(40), 2).await, ["d", "a"]);
    assert_eq!(due(backend, at(20), 100).await, ["d", "a", "b"]);
    assert!(due(backend, at(9), 100).await.is_empty());
}

/// A run is due from the nanosecond on that it asked for, and not one before.
pub async fn a_run_is_due_at_its_very_nanosecond(backend: &impl Backend) {
    let nanosecond = SignedDuration::from_nanos(1);
    let mut sketch = Sketch::new("exp-001", 1).with_leaves(vec![timer(at(10) + nanosecond)]);
    sketch.write(backend).await;
    assert!(due(backend, at(10), 5).await.is_empty());
    assert_eq!(due(backend, at(10) + nanosecond, 5).await, ["exp-001"]);
    assert_eq!(next_due(backend).await, Some(at(10) + nanosecond));
}

/// When a run's next time changes or goes away, the old one is forgotten.
pub async fn a_timer_moves_with_its_run(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1);
    for second in [10, 50, 5, 5, 20] {
        sketch.record.phase = Phase::Live { leaves: vec![wait("go", Some(at(second)))].into() };
        sketch.write(backend).await;
        assert_eq!(next_due(backend).await, Some(at(second)));
        assert_eq!(due(backend, at(1_000), 5).await, ["exp-001"]);
    }
    sketch.record.phase = Phase::Live { leaves: vec![task(None)].into() };
    sketch.record.deadline = Some(at(70));
    sketch.write(backend).await;
    assert_eq!(next_due(backend).await, Some(at(70)));
    sketch.record.deadline = None;
    sketch.write(backend).await;
    assert_eq!(next_due(backend).await, None);
    assert!(due(backend, at(1_000), 5).await.is_empty());
}

/// Times before 1970 and at both ends of the calendar sort as times do.
pub async fn the_ends_of_time_are_in_order(backend: &impl Backend) {
    let times = [Timestamp::MIN, at(-1), at(0), at(1), Timestamp::MAX];
    for (number, until) in times.into_iter().enumerate().rev() {
        let mut sketch = Sketch::new(&number.to_string(), 1).with_leaves(vec![timer(until)]);
        sketch.write(backend).await;
    }
    assert_eq!(due(backend, at(0), 9).await, ["0", "1", "2"]);
    assert_eq!(due(backend, Timestamp::MAX, 9).await, ["0", "1", "2", "3", "4"]);
    assert_eq!(next_due(backend).await, Some(Timestamp::MIN));
}

/// A run that has ended or is blocked wants to be woken no more, whatever limit it had.
pub async fn a_finished_run_is_never_due(backend: &impl Backend) {
    let phases = [
        Phase::Completed { output: json("1") },
        Phase::Failed { error: "no".into(), cause: None },
        Phase::Cancelled { reason: "no".into() },
        Phase::Blocked { reason: BlockReason::TooDeep, cause: None },
    ];
    for (number, phase) in phases.into_iter().enumerate() {
        let mut sketch = Sketch::new(&number.to_string(), 1).with_leaves(vec![task(None), timer(at(3))]);
        sketch.record.deadline = Some(at(7));
        sketch.write(backend).await;
        let mut sketch = sketch.with_phase(phase);
        sketch.write(backend).await;
    }
    assert_eq!(next_due(backend).await, None);
    assert!(ready(backend, None, 9).await.is_empty());
}

/// Runs with a task to run now are found by id, page by page, however many wait around them.
pub async fn ready_runs_are_found_in_pages(backend: &impl Backend) {
    for number in 0..40 {
        let leaf = if number % 4 == 1 { task(None) } else { wait("go", None) };
        let mut sketch = Sketch::new(&format!("run-{number:02}"), 100 - number).with_leaves(vec![leaf]);
        sketch.write(backend).await;
    }
    let expected: Vec<String> = (0..40).filter(|n| n % 4 == 1).map(|n| format!("run-{n:02}")).collect();
    assert_eq!(ready(backend, None, 100).await, expected);
    let mut found = ready(backend, None, 3).await;
    while let Some(last) = found.last().cloned() {
        let page = ready(backend, Some(&run(&last)), 3).await;
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 3);
        found.extend(page);
    }
    assert_eq!(found, expected);
}

/// A run whose awaited signal already lies in its inbox is ready: an engine that starts takes it.
pub async fn a_run_with_a_message_to_take_is_ready(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1).with_leaves(vec![wait("go", None)]);
    for (head, tail) in [(0, 0), (0, 3), (3, 3)] {
        sketch.record.inbox = vec![queue("stop", 0, 1), queue("go", head, tail)].into();
        sketch.write(backend).await;
        assert_eq!(!ready(backend, None, 5).await.is_empty(), head < tail, "{head}..{tail}");
    }
}

/// A run that waits for a signal, a time or a retry is not ready; it becomes so when a task is to be run.
pub async fn a_run_that_waits_is_not_ready(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1);
    let waits = [wait("go", None), timer(at(5)), task(Some(at(5)))];
    for leaf in waits {
        sketch = sketch.with_leaves(vec![leaf.clone()]);
        sketch.write(backend).await;
        assert!(ready(backend, None, 5).await.is_empty(), "{leaf:?}");
        sketch = sketch.with_leaves(vec![leaf, task(None)]);
        sketch.write(backend).await;
        assert_eq!(ready(backend, None, 5).await, ["exp-001"]);
    }
}

/// A run that is to start another one, or to undo something, has that to do.
pub async fn a_run_that_starts_another_or_undoes_is_ready(backend: &impl Backend) {
    for (id, leaf) in [("spawns", spawn("child")), ("undoes", undo())] {
        let mut sketch = Sketch::new(id, 1);
        sketch.write(backend).await;
        assert!(!ready(backend, None, 5).await.contains(&id.to_owned()));
        sketch = sketch.with_leaves(vec![leaf]);
        sketch.write(backend).await;
        assert!(ready(backend, None, 5).await.contains(&id.to_owned()));
    }
}

/// The limit of a run no longer counts once it is decided how the run ends, and what is left is to undo what it did.
pub async fn a_run_that_ends_no_longer_gives_up(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1).with_leaves(vec![task(None)]);
    sketch.record.deadline = Some(at(7));
    sketch.write(backend).await;
    assert_eq!(next_due(backend).await, Some(at(7)));
    let mut sketch = sketch.with_leaves(vec![undo()]);
    sketch.record.ending = Some(Ending::Cancelled { reason: "no longer needed".into() });
    sketch.write(backend).await;
    assert_eq!(next_due(backend).await, None);
}
