//! A few runs of a database are damaged: whatever goes through many runs names those, passes them over, and goes on.

use std::path::Path;
use std::time::Duration;

use sayiir_core::backend::{BackendError, Cursor, DamagedRun};
use sayiir_core::engine::{EngineBuilder, Filter, FindError, WorkflowStatus};
use sayiir_core::record::StatusKind;
use sayiir_core::testing::{TestEngine, VirtualClock};
use sayiir_sled::SledBackend;
use tempfile::TempDir;

use crate::files::tree;
use crate::promises::scripted::{Op, Scripted, wait};
use crate::promises::world::World;
use crate::promises::{in_world, start};

async fn open(
    path: &Path,
    clock: &VirtualClock,
    with: impl Fn(EngineBuilder) -> EngineBuilder,
) -> TestEngine {
    let backend = SledBackend::open(path).expect("nobody has it open");
    TestEngine::start_on(backend, clock.clone(), with).await.expect("the engine starts")
}

fn known(builder: EngineBuilder) -> EngineBuilder {
    in_world(&World::default())(builder)
}

/// A database with five runs of this script, two of which are damaged after that: the first, whose record is gone, and the third,
/// whose history has lost its end.
async fn damaged(ops: &[Op], clock: &VirtualClock) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    let engine = open(path, clock, known).await;
    for number in 1..=5 {
        drop(start(&engine, &format!("run-{number}"), ops.iter().cloned()).await);
    }
    engine.crash().await;
    damage(path);
    directory
}

fn damage(path: &Path) {
    let db = tree(path);
    let of_run = |id: &str, part: u8| [&[1, 5], id.as_bytes(), &[part]].concat();
    db.remove(of_run("run-1", 0)).expect("a record");
    let entries = db.scan_prefix(of_run("run-3", 1)).keys().next_back();
    db.remove(entries.expect("it has a history").expect("it reads")).expect("it is removed");
    db.flush().expect("it is written");
}

fn names(damage: &[DamagedRun]) -> Vec<&str> {
    let is_named = |damaged: &DamagedRun| matches!(damaged.error, BackendError::Damaged { .. });
    assert!(damage.iter().all(is_named), "{damage:?}");
    damage.iter().map(|damaged| damaged.run.as_str()).collect()
}

async fn is_there(engine: &TestEngine, id: &str) -> bool {
    match engine.run::<Scripted>(id).await {
        Ok(_) | Err(FindError::Backend(_)) => true,
        Err(error) => {
            assert!(matches!(error, FindError::NotFound { .. }), "{error}");
            false
        }
    }
}

#[tokio::test]
async fn damaged_runs_are_named_and_the_others_listed_in_pages_of_any_size() {
    let clock = VirtualClock::default();
    let directory = damaged(&[wait("go")], &clock).await;
    let engine = open(directory.path(), &clock, known).await;
    for limit in 1..=6 {
        for filter in [Filter::new(), Filter::new().waiting_for("go")] {
            let (mut runs, mut damage, mut next) = (Vec::new(), Vec::new(), None::<Cursor>);
            loop {
                let filter = filter.clone().limit(limit);
                let filter = next.into_iter().fold(filter, Filter::after);
                let page = engine.list(filter).await.expect("the listing reads");
                assert!((1..=limit).contains(&(page.runs.len() + page.damage.len())));
                runs.extend(page.runs.into_iter().map(|run| run.id.to_string()));
                damage.extend(page.damage);
                next = page.next;
                if next.is_none() {
                    break;
                }
            }
            assert_eq!(runs, ["run-2", "run-4", "run-5"], "in pages of {limit}");
            assert_eq!(names(&damage), ["run-1", "run-3"], "in pages of {limit}");
        }
    }
    let inbox = engine.waiting(Scripted::GO).await.expect("the listing reads");
    assert_eq!((inbox.runs.len(), inbox.damage.len()), (3, 2));
}

#[tokio::test]
async fn a_check_names_damaged_runs_and_reads_the_others() {
    let clock = VirtualClock::default();
    let directory = damaged(&[wait("go")], &clock).await;
    let engine = open(directory.path(), &clock, known).await;
    let report = engine.check().await.expect("the store reads");
    assert_eq!(names(&report.damage), ["run-1", "run-3"]);
    assert!(report.misfits.is_empty() && !report.is_empty());
    let words = "run run-1 does not read: the database is damaged: the record of run run-1: it is missing\n";
    assert!(report.to_string().starts_with(words), "{report}");
    engine.crash().await;
    let engine = open(directory.path(), &clock, |builder| builder).await;
    let report = engine.check().await.expect("the store reads");
    assert_eq!((report.runs(), report.damage.len()), (3, 2), "nobody knows their workflow");
}

#[tokio::test]
async fn retention_goes_on_past_damaged_runs() {
    let clock = VirtualClock::default();
    let directory = damaged(&[], &clock).await;
    let hour = Duration::from_hours(1);
    let engine = open(directory.path(), &clock, |builder| known(builder).retain_completed(hour)).await;
    drop(start(&engine, "later", [Op::Sleep(60)]).await);
    engine.advance(hour).await;
    for id in ["run-2", "run-4", "run-5"] {
        assert!(!is_there(&engine, id).await, "{id}");
    }
    assert!(is_there(&engine, "run-3").await && is_there(&engine, "later").await);
    engine.advance(Duration::from_mins(1)).await;
    assert!(!is_there(&engine, "later").await);
}

#[tokio::test]
async fn blocked_runs_behind_damaged_ones_go_on_when_an_engine_starts() {
    let clock = VirtualClock::default();
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    let first = open(path, &clock, known).await;
    for number in 1..=5 {
        drop(start(&first, &format!("run-{number}"), [Op::Sleep(60)]).await);
    }
    first.crash().await;
    let second = open(path, &clock, |builder| builder).await;
    second.advance(Duration::from_mins(1)).await;
    let blocked = second.list(Filter::new().status(StatusKind::Blocked)).await.expect("a page");
    assert_eq!(blocked.runs.len(), 5, "nobody knows their workflow");
    second.crash().await;
    damage(path);
    let third = open(path, &clock, known).await;
    for id in ["run-2", "run-4", "run-5"] {
        let run = third.run::<Scripted>(id).await.expect("the run is there");
        assert!(matches!(run.status().await, Ok(WorkflowStatus::Completed(_))), "{id}");
    }
}

#[tokio::test]
async fn damaged_runs_that_are_due_delay_no_other_runs_timer() {
    let clock = VirtualClock::default();
    let directory = damaged(&[Op::Sleep(10)], &clock).await;
    let engine = open(directory.path(), &clock, known).await;
    let later = start(&engine, "later", [Op::Sleep(12)]).await;
    // They are tried at ten seconds, and then at longer and longer intervals.
    engine.advance(Duration::from_secs(12)).await;
    assert_eq!(later.result().await.expect("a value"), ["slept"]);
    for id in ["run-2", "run-4", "run-5"] {
        let run = engine.run::<Scripted>(id).await.expect("it is there");
        assert_eq!(run.result().await.expect("a value"), ["slept"]);
    }
}

/// As a page of the index leaves it that has become what it was some time before.
#[tokio::test]
async fn what_stands_in_the_index_of_what_is_due_by_mistake_keeps_nobody_busy_and_delays_nothing() {
    let clock = VirtualClock::default();
    let directory = tempfile::tempdir().expect("a directory");
    let engine = open(directory.path(), &clock, known).await;
    drop(start(&engine, "waits", [wait("go")]).await);
    engine.crash().await;
    let db = tree(directory.path());
    for run in ["waits", "nobody"] {
        // `02 time run`, of the beginning of the epoch.
        let due = [&[2, 0x80, 0, 0, 0, 0, 0, 0, 0, 0], run.as_bytes()].concat();
        db.insert(due, b"").expect("it is put in");
    }
    db.flush().expect("it is written");
    drop(db);
    let engine = open(directory.path(), &clock, known).await;
    let other = start(&engine, "other", [Op::Sleep(12)]).await;
    engine.advance(Duration::from_secs(12)).await;
    assert_eq!(other.result().await.expect("a value"), ["slept"]);
    engine.advance(Duration::from_hours(1)).await;
    let waits = engine.run::<Scripted>("waits").await.expect("it is there");
    waits.signal(Scripted::GO, &"x".into()).await.expect("accepted");
    assert_eq!(waits.result().await.expect("a value"), ["x"]);
}
