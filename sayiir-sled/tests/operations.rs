//! What an operator can do: get the data out and in again, check it, and shrink the files.

mod script;

use std::fs;
use std::path::Path;

use sayiir_core::backend::{Backend, BackendError};
use sayiir_sled::{ImportError, SledBackend};
use script::Place;

const RUNS: usize = 24;

/// Runs at different places.
async fn filled(path: &Path) -> (SledBackend, Vec<Place>) {
    let backend = SledBackend::open(path).expect("it opens");
    let mut places = vec![Place::default(); RUNS];
    for round in 0..30 {
        for (number, place) in places.iter_mut().enumerate() {
            if number >= round {
                let change = script::change(&script::run(number), *place);
                backend.commit(&change.into()).await.expect("it commits");
                *place = place.next();
            }
        }
    }
    (backend, places)
}

async fn verify(backend: &SledBackend, places: &[Place]) {
    let mut runs = Vec::new();
    for (number, place) in places.iter().enumerate() {
        let run = script::run(number);
        assert_eq!(script::verify(backend, &run).await, *place);
        runs.push((run, *place));
    }
    script::verify_indexes(backend, &runs).await;
}

#[tokio::test]
async fn an_export_imports_as_the_same_database() {
    let directory = tempfile::tempdir().expect("a directory");
    let (backend, places) = filled(&directory.path().join("old")).await;
    let mut lines = Vec::new();
    let report = backend.export(&mut lines).expect("it exports");
    assert!(report.damage.is_empty(), "{report:?}");
    let new = directory.path().join("new");
    let runs = SledBackend::import(&new, lines.as_slice()).expect("it imports");
    assert_eq!(runs, report.runs);
    let copy = SledBackend::open(&new).expect("it opens");
    verify(&copy, &places).await;
    assert_eq!(copy.stats().live_bytes, backend.stats().live_bytes);
    let mut again = Vec::new();
    copy.export(&mut again).expect("it exports");
    assert!(lines == again, "the second export differs from the first");
}

#[tokio::test]
async fn an_export_that_was_cut_is_refused_and_leaves_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let (backend, _) = filled(&directory.path().join("old")).await;
    let mut lines = Vec::new();
    backend.export(&mut lines).expect("it exports");
    let new = directory.path().join("new");
    for length in [0, 3, lines.len() / 2, lines.len() - 2, lines.len() - 20] {
        let imported = SledBackend::import(&new, &lines[..length]);
        assert!(
            matches!(imported, Err(ImportError::Cut { .. } | ImportError::Line { .. })),
            "{length} bytes: {imported:?}"
        );
    }
    let empty = SledBackend::open(&new).expect("it opens");
    assert_eq!(empty.check().expect("it reads").runs, 0);
}

#[tokio::test]
async fn an_import_never_touches_a_database_that_is_there() {
    let directory = tempfile::tempdir().expect("a directory");
    let (backend, places) = filled(directory.path()).await;
    let mut lines = Vec::new();
    backend.export(&mut lines).expect("it exports");
    let imported = SledBackend::import(directory.path(), lines.as_slice());
    assert!(matches!(imported, Err(ImportError::Store(BackendError::InUse { .. }))), "{imported:?}");
    drop(backend);
    let imported = SledBackend::import(directory.path(), lines.as_slice());
    assert!(matches!(imported, Err(ImportError::NotEmpty { .. })), "{imported:?}");
    verify(&SledBackend::open(directory.path()).expect("it opens"), &places).await;
}

#[tokio::test]
async fn compaction_keeps_everything_and_shrinks_the_files() {
    let directory = tempfile::tempdir().expect("a directory");
    let (backend, places) = filled(directory.path()).await;
    let before = backend.stats();
    backend.compact().await.expect("it compacts");
    let after = backend.stats();
    assert_eq!(after.live_bytes, before.live_bytes, "the count was exact");
    assert!(after.file_bytes < before.file_bytes, "{before:?} {after:?}");
    verify(&backend, &places).await;
    // It goes on as before, and keeps no old generation.
    let change = script::change(&script::run(20), places[20]);
    backend.commit(&change.into()).await.expect("it commits");
    drop(backend);
    assert!(!directory.path().join("data-1").exists());
    let backend = SledBackend::open(directory.path()).expect("it opens");
    assert_eq!(script::verify(&backend, &script::run(20)).await, places[20].next());
}

#[tokio::test]
async fn a_compaction_cut_off_at_any_point_leaves_a_whole_database() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("store");
    let (backend, places) = filled(&path).await;
    drop(backend);
    // While copying: a second generation that is not whole.
    fs::create_dir_all(path.join("data-2/blobs")).expect("a directory");
    fs::write(path.join("data-2/db"), b"half a copy").expect("a file");
    verify(&SledBackend::open(&path).expect("it opens"), &places).await;
    assert!(!path.join("data-2").exists());
    // Before the switch: the next `current` is written and not renamed.
    fs::write(path.join("current.next"), b"2\n").expect("a file");
    verify(&SledBackend::open(&path).expect("it opens"), &places).await;
    // After the switch: the old generation is still there.
    fs::create_dir_all(path.join("data-7/blobs")).expect("a directory");
    for name in ["db", "conf"] {
        fs::copy(path.join("data-1").join(name), path.join("data-7").join(name)).expect("a copy");
    }
    fs::write(path.join("current"), b"7\n").expect("a file");
    verify(&SledBackend::open(&path).expect("it opens"), &places).await;
    assert!(!path.join("data-1").exists());
}

/// Brings the files to more than what compaction lets be.
async fn wasteful(path: &Path) -> (SledBackend, Vec<Place>) {
    let backend = SledBackend::open(path).expect("it opens");
    let mut places = Vec::new();
    while backend.stats().file_bytes < 10 * 1024 * 1024 {
        let mut place = Place::default();
        while place.revision < 15 {
            let change = script::change(&script::run(places.len()), place);
            backend.commit(&change.into()).await.expect("it commits");
            place = place.next();
        }
        places.push(place);
    }
    (backend, places)
}

#[tokio::test]
async fn a_database_with_much_waste_is_compacted_at_open_if_asked() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    let (backend, places) = wasteful(path).await;
    let wasteful = backend.stats();
    drop(backend);
    let backend = SledBackend::open(path).expect("it opens");
    assert!(backend.stats().file_bytes >= wasteful.file_bytes, "nobody asked for compaction");
    drop(backend);
    let backend = SledBackend::options().compact_above(2).open(path).expect("it opens");
    let compact = backend.stats();
    assert!(compact.file_bytes < wasteful.file_bytes, "{wasteful:?} {compact:?}");
    assert_eq!(compact.live_bytes, wasteful.live_bytes);
    verify(&backend, &places).await;
}

#[tokio::test]
async fn an_open_database_is_compacted_if_its_waste_is_above_what_is_asked() {
    let directory = tempfile::tempdir().expect("a directory");
    let (backend, places) = wasteful(directory.path()).await;
    let before = backend.stats();
    assert!(!backend.compact_above(1_000).await.expect("it has nothing to do"));
    assert!(backend.stats().file_bytes >= before.file_bytes);
    assert!(backend.compact_above(2).await.expect("it compacts"));
    assert!(backend.stats().file_bytes < before.file_bytes);
    assert!(!backend.compact_above(2).await.expect("it has nothing to do"));
    verify(&backend, &places).await;
}
