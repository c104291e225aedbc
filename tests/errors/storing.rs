//! What a store itself answers. Errors of files and devices are tried where the files are: in the tests of `sayiir-sled`.

use sayiir::backend::{Backend, BackendError, RunChange};
use sayiir::prelude::*;

use crate::{approval, assert_error, parked, runs};

#[tokio::test]
async fn a_commit_that_builds_on_something_else_than_there_is() {
    let (engine, run) = parked().await;
    let store = engine.backend();
    let old = store.record(run.id()).await.expect("it reads").expect("it is there");
    run.signal(approval::APPROVED, &"bob".into()).await.expect("it is taken");
    engine.idle().await;
    let before = runs(store).await;
    let change = RunChange::new(None, Some((*old).clone()));
    let stale = RunChange { expected: Some(old.revision), ..change.clone() };
    let nobody = RunId::new("exp-002").expect("a valid id");
    let unknown = RunChange { run: nobody, ..stale.clone() };
    for (change, words) in [
        (change, "run exp-001 has changed: expected no record, found revision 2"),
        (stale, "run exp-001 has changed: expected revision 1, found revision 2"),
        (unknown, "run exp-002 has changed: expected revision 1, found no record"),
    ] {
        assert_error!(store.commit(&change.into()).await, BackendError::Conflict { .. }, words);
    }
    assert_eq!(runs(store).await, before);
}

#[cfg(feature = "sled")]
#[test]
fn an_export_without_room_and_an_import_over_a_database() {
    use std::io::BufReader;

    use sayiir::errors::{ExportError, ImportError};

    let directory = tempfile::tempdir().expect("a directory");
    let database = SledBackend::open(directory.path()).expect("it opens");
    let full: &mut [u8] = &mut [];
    assert_error!(database.export(full), ExportError::Write(_), "the export cannot be written");
    drop(database);
    assert_error!(
        SledBackend::import(directory.path(), BufReader::new(&b""[..])),
        ImportError::NotEmpty { .. },
        format!("there is a database in {} already", directory.path().display())
    );
}
