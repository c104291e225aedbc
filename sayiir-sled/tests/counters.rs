//! The counters of places: one that does not say what the records do is named, and compaction or an import counts anew.

mod files;
mod script;

use std::path::Path;

use files::tree;
use sayiir_core::backend::{Backend, BackendError};
use sayiir_sled::SledBackend;
use script::Place;

const RUNS: usize = 12;
/// Where all of them wait, and its key: `06 text(workflow) text(place) schema`.
const COUNTER: &[u8] = b"\x06expense_approval\0\x01ManagerApproval\0\x01\0\0\0\x07";
const NOWHERE: &[u8] = b"\x06expense_approval\0\x01Nowhere\0\x01\0\0\0\x07";

/// A closed database whose runs all wait at one place.
async fn filled(path: &Path) -> Vec<(sayiir_core::ids::RunId, Place)> {
    let backend = SledBackend::open(path).expect("it opens");
    let mut runs = Vec::new();
    for number in 0..RUNS {
        let change = script::change(&script::run(number), Place::default());
        backend.commit(&change.into()).await.expect("it commits");
        runs.push((script::run(number), Place::default().next()));
    }
    runs
}

/// A frame without pieces around a small number.
fn count(key: &[u8], runs: u8) -> Vec<u8> {
    let checked = [0, 0, runs];
    let crc = crc32fast::hash(&[key, &[1], &checked].concat());
    [[1].as_slice(), &crc.to_le_bytes(), &checked].concat()
}

/// Changes a counter behind the database's back.
fn tamper(path: &Path, key: &[u8], runs: Option<u8>) {
    let db = tree(path);
    match runs {
        Some(runs) => db.insert(key, count(key, runs)),
        None => db.remove(key),
    }
    .and_then(|_| db.flush())
    .expect("it is written");
}

fn damage(backend: &SledBackend) -> Vec<String> {
    let report = backend.check().expect("it reads");
    report.damage.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_counter_that_is_wrong_missing_or_too_many_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    filled(path).await;
    let here = "the counter of expense_approval at ManagerApproval (schema 00000007)";
    let nowhere = "the counter of expense_approval at Nowhere (schema 00000007)";
    let cases: [(_, _, &[String]); 4] = [
        (COUNTER, Some(13), &[format!("{here}: it says 13 runs, and 12 are there")]),
        (COUNTER, None, &[format!("{here}: it says 0 runs, and 12 are there")]),
        (
            NOWHERE,
            Some(2),
            &[
                format!("{here}: it says 0 runs, and 12 are there"),
                format!("{nowhere}: it says 2 runs, and 0 are there"),
            ],
        ),
        (COUNTER, Some(12), &[format!("{nowhere}: it says 2 runs, and 0 are there")]),
    ];
    for (key, runs, expected) in cases {
        tamper(path, key, runs);
        let mut found = damage(&SledBackend::open(path).expect("it opens"));
        found.sort();
        let expected: Vec<_> =
            expected.iter().map(|text| format!("the database is damaged: {text}")).collect();
        assert_eq!(found, expected, "{} set to {runs:?}", key.escape_ascii());
    }
}

#[tokio::test]
async fn compaction_and_import_count_anew() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("old");
    let runs = filled(&path).await;
    tamper(&path, COUNTER, Some(99));
    tamper(&path, NOWHERE, Some(2));
    let backend = SledBackend::open(&path).expect("it opens");
    assert_eq!(damage(&backend).len(), 2);
    let mut lines = Vec::new();
    backend.export(&mut lines).expect("it exports");
    let new = directory.path().join("new");
    SledBackend::import(&new, lines.as_slice()).expect("it imports");
    backend.compact().await.expect("it compacts");
    for backend in [backend, SledBackend::open(&new).expect("it opens")] {
        assert_eq!(damage(&backend), Vec::<String>::new());
        script::verify_indexes(&backend, &runs).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_move_while_they_are_checked_are_no_damage() {
    let directory = tempfile::tempdir().expect("a directory");
    let backend = SledBackend::open(directory.path()).expect("it opens");
    let checked = {
        let backend = backend.clone();
        tokio::task::spawn_blocking(move || (0..20).flat_map(|_| damage(&backend)).collect::<Vec<_>>())
    };
    let mut place = Place::default();
    while !checked.is_finished() {
        for number in 0..RUNS {
            let change = script::change(&script::run(number), place);
            backend.commit(&change.into()).await.expect("it commits");
        }
        place = place.next();
    }
    assert_eq!(checked.await.expect("it ends"), Vec::<String>::new());
}

#[tokio::test]
async fn a_counter_that_does_not_read_refuses_what_would_move_it_until_it_is_counted_anew() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    let mut runs = filled(path).await;
    let db = tree(path);
    db.insert(COUNTER, b"no frame").and_then(|_| db.flush()).expect("it is written");
    drop(db);
    let backend = SledBackend::open(path).expect("it opens");
    let (run, place) = &mut runs[0];
    let leaves = || script::change(run, *place).into();
    for _ in 0..2 {
        let refused = backend.commit(&leaves()).await;
        assert!(matches!(refused, Err(BackendError::Damaged { .. })), "{refused:?}");
    }
    backend.compact().await.expect("it compacts");
    backend.commit(&leaves()).await.expect("it commits");
    *place = place.next();
    for (run, place) in &runs {
        assert_eq!(script::verify(&backend, run).await, *place);
    }
    script::verify_indexes(&backend, &runs).await;
}
