//! Commits to a device that fails.

use std::fs;

use sayiir_core::backend::{Backend, BackendError};
use sayiir_sled::{ExportError, SledBackend};

use crate::device::{self, Call, Fault};
use crate::files::data;
use crate::{closed, script, step, told, told_sooner_or_later, whole};

#[tokio::test]
async fn after_a_failed_sync_nothing_is_acknowledged_until_the_database_is_opened_anew() {
    let device = device::alone();
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    for call in [Call::Write, Call::Sync] {
        let place = closed(path, false).await;
        let backend = SledBackend::open(path).expect("it opens");
        device.fails(Fault::from(call, data(path).join("db"), 0));
        let failed = step(&backend, 0, place).await;
        assert!(told_sooner_or_later(&failed), "{call:?}: {failed:?}");
        device.mend();
        for _ in 0..3 {
            let refused = step(&backend, 1, place).await;
            assert!(matches!(refused, Err(BackendError::Stopped { .. })), "{call:?}: {refused:?}");
        }
        let read = backend.record(&script::run(0)).await;
        assert!(matches!(read, Err(BackendError::Stopped { .. })), "{call:?}: {read:?}");
        let exported = backend.export(Vec::new()).expect_err("it does not read");
        assert!(
            matches!(exported, ExportError::Store(BackendError::Stopped { .. })),
            "{call:?}: {exported:?}"
        );
        let words = exported.to_string();
        let expected = "the store has stopped and has to be opened again: i/o error: ";
        assert!(words.starts_with(expected), "{call:?}: {words}");
        assert!(matches!(backend.check(), Err(BackendError::Stopped { .. })), "{call:?}");
        drop(backend);
        let backend = whole(path, place, &format!("{call:?}")).await;
        step(&backend, 1, place).await.expect("it commits");
        drop(backend);
        fs::remove_dir_all(path).expect("it is removed");
    }
}

#[tokio::test]
async fn a_commit_for_which_nothing_can_be_read_is_refused_and_the_store_goes_on_when_it_can() {
    let device = device::alone();
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    let place = closed(path, false).await;
    // Nothing is in memory: what a commit builds on has to be looked up.
    let backend = SledBackend::options().cache_capacity(0).open(path).expect("it opens");
    device.fails(Fault::from(Call::Read, data(path).join("db"), 0));
    for number in 0..3 {
        let refused = step(&backend, number, place).await;
        assert!(told(&refused), "{refused:?}");
    }
    assert!(device.mend() >= 3, "each of them read");
    step(&backend, 0, place).await.expect("it commits");
    drop(backend);
    drop(whole(path, place, "after reads that failed").await);
}
