//! What `Ok` means, who may open a database, and what it keeps on its disk.

mod files;
mod script;

use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs};

use files::data;
use sayiir_core::backend::{Backend, BackendError};
use sayiir_sled::{Durability, SledBackend};
use script::Place;

const DATABASE: &str = "SAYIIR_SECOND_PROCESS";

/// Takes a run as far as `revision`.
async fn bring(backend: &SledBackend, number: usize, revision: u64) {
    let run = script::run(number);
    let mut place = Place::default();
    while place.revision < revision {
        let change = script::change(&run, place);
        backend.commit(&change.into()).await.expect("it commits");
        place = place.next();
    }
}

#[tokio::test]
async fn every_acknowledged_commit_is_covered_by_a_sync() {
    let directory = tempfile::tempdir().expect("a directory");
    let backend = SledBackend::open(directory.path()).expect("it opens");
    let mut place = Place::default();
    for _ in 0..40 {
        let before = backend.stats();
        let change = script::change(&script::run(0), place);
        backend.commit(&change.into()).await.expect("it commits");
        place = place.next();
        let after = backend.stats();
        let syncs = after.device_syncs + after.file_syncs - before.device_syncs - before.file_syncs;
        assert!(syncs >= 1, "acknowledged at {place} without a sync");
        if cfg!(all(target_os = "linux", feature = "real-fsync")) {
            assert_eq!(after.file_syncs, 0, "sled's flush is a sync itself");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_that_wait_share_a_sync() {
    let directory = tempfile::tempdir().expect("a directory");
    let backend = SledBackend::open(directory.path()).expect("it opens");
    let tasks: Vec<_> = (0..64)
        .map(|number| {
            let backend = backend.clone();
            tokio::spawn(async move { bring(&backend, number, 20).await })
        })
        .collect();
    for task in tasks {
        task.await.expect("it works");
    }
    let stats = backend.stats();
    assert_eq!(stats.commits, 64 * 20);
    assert!(stats.groups < stats.commits / 2, "{stats:?}");
}

#[tokio::test]
async fn a_closed_database_opens_with_everything_in_it() {
    let directory = tempfile::tempdir().expect("a directory");
    for revision in [3, 9, 17] {
        let backend = SledBackend::open(directory.path()).expect("it opens");
        let mut place = script::verify(&backend, &script::run(3)).await;
        while place.revision < revision {
            let change = script::change(&script::run(3), place);
            backend.commit(&change.into()).await.expect("it commits");
            place = place.next();
        }
        let clone = backend.clone();
        drop(backend);
        assert_eq!(script::verify(&clone, &script::run(3)).await, place);
    }
}

#[tokio::test]
async fn what_was_acknowledged_early_is_there_after_a_close() {
    let directory = tempfile::tempdir().expect("a directory");
    let lazy = Durability::Periodic(Duration::from_hours(1));
    let backend = SledBackend::options().durability(lazy).open(directory.path()).expect("it opens");
    bring(&backend, 1, 12).await;
    drop(backend);
    let backend = SledBackend::open(directory.path()).expect("it opens");
    assert_eq!(script::verify(&backend, &script::run(1)).await.revision, 12);
}

#[tokio::test]
async fn a_database_that_is_open_is_refused_in_the_same_process() {
    let directory = tempfile::tempdir().expect("a directory");
    let backend = SledBackend::open(directory.path()).expect("it opens");
    let second = SledBackend::open(directory.path());
    assert!(matches!(second, Err(BackendError::InUse { .. })), "{second:?}");
    drop(backend);
    SledBackend::open(directory.path()).expect("it is free");
}

#[test]
fn a_database_that_is_open_is_refused_in_another_process() {
    let directory = tempfile::tempdir().expect("a directory");
    let _backend = SledBackend::open(directory.path()).expect("it opens");
    let status = Command::new(env::current_exe().expect("this program"))
        .args(["--exact", "second_process", "--nocapture"])
        .env(DATABASE, directory.path())
        .stdout(Stdio::null())
        .status();
    assert!(status.expect("it runs").success());
}

/// The second process: not a test of its own.
#[test]
fn second_process() {
    let Ok(path) = env::var(DATABASE) else { return };
    let second = SledBackend::open(path);
    assert!(matches!(second, Err(BackendError::InUse { .. })), "{second:?}");
}

#[tokio::test]
async fn large_values_lie_in_the_log_and_not_in_files_that_are_never_synced() {
    let directory = tempfile::tempdir().expect("a directory");
    let backend = SledBackend::open(directory.path()).expect("it opens");
    for number in 0..20 {
        bring(&backend, number, 21).await;
    }
    let blobs = data(directory.path()).join("blobs");
    let files = fs::read_dir(blobs).expect("the directory is there").count();
    assert_eq!(files, 0);
}

#[tokio::test]
async fn a_removed_run_leaves_no_bytes() {
    let directory = tempfile::tempdir().expect("a directory");
    let backend = SledBackend::open(directory.path()).expect("it opens");
    let run = script::run(2);
    let mut place = Place::default();
    loop {
        let change = script::change(&run, place);
        backend.commit(&change.into()).await.expect("it commits");
        place = place.next();
        if place.revision == 0 {
            break;
        }
        assert!(backend.stats().live_bytes > 0);
    }
    assert_eq!(backend.stats().live_bytes, 0);
}
