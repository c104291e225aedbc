//! What becomes of a store whose device fails. Here and not in `tests/`, since the fault is put in below sled.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use sayiir_core::backend::{Backend, BackendError, Commit, RunChange};
use sayiir_core::ids::{Incarnation, Revision, RunId};
use sayiir_core::record::{Phase, Record};

use tokio::sync::Mutex;

use crate::{SledBackend, sync};

/// There is one device for all tests.
static DEVICE: Mutex<()> = Mutex::const_new(());

fn start(id: &str) -> Commit {
    let record = Record {
        revision: Revision(1),
        phase: Phase::Cancelled { reason: String::new() },
        ..Record::new(
            RunId::new(id).expect("a good id"),
            Incarnation(1),
            "expense_approval",
            Timestamp::UNIX_EPOCH,
        )
    };
    let change = RunChange {
        run: record.run.clone(),
        before: None,
        after: Some(Arc::new(record)),
        history: Vec::new(),
        accepted: Vec::new(),
        removed: Vec::new(),
    };
    Commit { changes: vec![change] }
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_acknowledged_until_the_database_is_opened_anew() {
    let _device = DEVICE.lock().await;
    let directory = tempfile::tempdir().expect("a directory");
    let backend = SledBackend::open(directory.path()).expect("it opens");
    backend.commit(start("before")).await.expect("it commits");
    sync::FAIL.store(true, Ordering::SeqCst);
    let failed = backend.commit(start("failed")).await;
    assert!(matches!(failed, Err(BackendError::Io { .. })), "{failed:?}");
    for _ in 0..3 {
        let refused = backend.commit(start("after")).await;
        assert!(matches!(refused, Err(BackendError::Stopped { .. })), "{refused:?}");
    }
    let before = RunId::new("before").expect("a good id");
    let read = backend.record(&before).await;
    assert!(matches!(read, Err(BackendError::Stopped { .. })), "{read:?}");
    drop(backend);
    let backend = SledBackend::open(directory.path()).expect("it opens");
    assert!(backend.record(&before).await.expect("it reads").is_some());
    backend.commit(start("after")).await.expect("it commits");
}

#[tokio::test]
async fn a_compaction_that_cannot_sync_is_reported_and_the_old_files_count() {
    let _device = DEVICE.lock().await;
    let directory = tempfile::tempdir().expect("a directory");
    let backend = SledBackend::open(directory.path()).expect("it opens");
    backend.commit(start("before")).await.expect("it commits");
    sync::FAIL.store(true, Ordering::SeqCst);
    let failed = backend.compact().await;
    assert!(matches!(failed, Err(BackendError::Io { .. })), "{failed:?}");
    backend.commit(start("after")).await.expect("the store was not touched");
    backend.compact().await.expect("it compacts");
    drop(backend);
    let backend = SledBackend::open(directory.path()).expect("it opens");
    for id in ["before", "after"] {
        let run = RunId::new(id).expect("a good id");
        assert!(backend.record(&run).await.expect("it reads").is_some(), "{id}");
    }
}
