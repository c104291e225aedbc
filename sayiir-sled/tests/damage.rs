//! Damaged, cut, missing and foreign files: a database that is whole, or a typed error; never a panic, never silence.

mod files;
mod script;

use std::fs;
use std::path::Path;

use files::{copy, data, tree};
use sayiir_core::backend::{Backend, BackendError};
use sayiir_core::testing::random::Random;
use sayiir_sled::SledBackend;
use script::Place;

const RUNS: usize = 12;
const REVISION: u64 = 20;

/// A closed database with every run at the same revision.
async fn filled(path: &Path) {
    let backend = SledBackend::open(path).expect("it opens");
    let mut place = Place::default();
    while place.revision < REVISION {
        for number in 0..RUNS {
            let change = script::change(&script::run(number), place);
            backend.commit(&change.into()).await.expect("it commits");
        }
        place = place.next();
    }
}

/// What became of a damaged database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Intact,
    RefusedAtOpen,
    NamedAtRead,
}

/// Opens and reads everything.
///
/// # Panics
/// If anything is lost or changed and nothing says so.
async fn fate(path: &Path, what: &str) -> Fate {
    let backend = match SledBackend::open(path) {
        Ok(backend) => backend,
        Err(BackendError::Damaged { .. } | BackendError::Io { .. } | BackendError::NewerFormat { .. }) => {
            return Fate::RefusedAtOpen;
        }
        Err(error) => panic!("{what}: {error}"),
    };
    let named = match backend.check() {
        Ok(report) => !report.damage.is_empty(),
        Err(BackendError::Damaged { .. }) => true,
        Err(error) => panic!("{what}: {error}"),
    };
    if named {
        for number in 0..RUNS {
            let record = backend.record(&script::run(number)).await;
            assert!(matches!(record, Ok(_) | Err(BackendError::Damaged { .. })), "{what}: {record:?}");
        }
        return Fate::NamedAtRead;
    }
    let mut runs = Vec::new();
    for number in 0..RUNS {
        let run = script::run(number);
        let place = script::verify(&backend, &run).await;
        assert_eq!(place.revision, REVISION, "{what}: run {number} went back");
        runs.push((run, place));
    }
    script::verify_indexes(&backend, &runs).await;
    Fate::Intact
}

fn log_length(path: &Path) -> u64 {
    fs::metadata(data(path).join("db")).expect("the log").len()
}

#[tokio::test]
async fn flipped_bytes_are_named_or_do_no_harm() {
    let directory = tempfile::tempdir().expect("a directory");
    let whole = directory.path().join("whole");
    filled(&whole).await;
    let tries: u64 = std::env::var("SAYIIR_FLIPS").map_or(60, |tries| tries.parse().expect("a number"));
    let mut fates = std::collections::BTreeMap::new();
    for seed in 0..tries {
        let mut random = Random::new(seed);
        let path = directory.path().join(format!("flip-{seed}"));
        copy(&whole, &path);
        let mut bytes = fs::read(data(&path).join("db")).expect("the log");
        // Where something is written, and not in the zeros behind it.
        let end = bytes.iter().rposition(|byte| *byte != 0).expect("it is not empty");
        let count = 1 + random.below(3);
        for _ in 0..count {
            let place = usize::try_from(random.below(end as u64)).expect("small");
            bytes[place] ^= 1 << random.below(8);
        }
        fs::write(data(&path).join("db"), bytes).expect("it is written");
        if random.one_in(2) {
            remove_snapshots(&path);
        }
        let fate = fate(&path, &format!("flip {seed}")).await;
        *fates.entry(fate).or_insert(0) += 1;
        fs::remove_dir_all(path).expect("it is removed");
    }
    println!("{fates:?}");
}

#[tokio::test]
async fn a_log_that_was_cut_is_named_or_lost_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let whole = directory.path().join("whole");
    filled(&whole).await;
    let length = log_length(&whole);
    let mut fates = std::collections::BTreeMap::new();
    for seed in 0..30 {
        let mut random = Random::new(seed);
        let path = directory.path().join(format!("cut-{seed}"));
        copy(&whole, &path);
        let log = fs::File::options().write(true).open(data(&path).join("db")).expect("the log");
        log.set_len(random.below(length)).expect("it is cut");
        if random.one_in(2) {
            remove_snapshots(&path);
        }
        let fate = fate(&path, &format!("cut {seed}")).await;
        *fates.entry(fate).or_insert(0) += 1;
        fs::remove_dir_all(path).expect("it is removed");
    }
    println!("{fates:?}");
}

/// Fills a database, and cuts its log in half. `false` if sled can make nothing of what is left, which depends on where its
/// threads put the pages; then opening says so, whether the loss is accepted or not.
async fn cut_in_half(path: &Path) -> bool {
    filled(path).await;
    remove_snapshots(path);
    let log = fs::File::options().write(true).open(data(path).join("db")).expect("the log");
    log.set_len(log_length(path) / 2).expect("it is cut");
    let is_unreadable = |opened: Result<SledBackend, BackendError>| match opened {
        Err(BackendError::Damaged { detail }) if detail.contains("sled gave up") => true,
        Err(BackendError::Damaged { detail }) if detail.contains("was acknowledged") => false,
        other => panic!("{other:?}"),
    };
    if is_unreadable(SledBackend::open(path)) {
        assert!(is_unreadable(SledBackend::options().accept_loss(true).open(path)));
        return false;
    }
    true
}

#[tokio::test]
async fn what_is_left_of_a_cut_log_opens_when_the_loss_is_accepted() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut path = directory.path().join("0");
    for number in 1..=20 {
        if cut_in_half(&path).await {
            break;
        }
        path = directory.path().join(number.to_string());
    }
    let backend = SledBackend::options().accept_loss(true).open(&path).expect("what is left opens");
    let report = backend.check().expect("it reads");
    assert!(report.damage.is_empty(), "{report:?}");
    let mut runs = Vec::new();
    for number in 0..RUNS {
        runs.push((script::run(number), script::verify(&backend, &script::run(number)).await));
    }
    let lost = runs.iter().filter(|(_, place)| place.revision < REVISION).count();
    assert!(lost > 0, "half of the log is gone");
    script::verify_indexes(&backend, &runs).await;
    // It was accepted once, and goes on from there.
    drop(backend);
    SledBackend::open(&path).expect("it opens");
}

#[tokio::test]
async fn a_snapshot_cut_off_by_a_kill_does_no_harm() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    filled(path).await;
    let unfinished = data(path).join("snap.0000000000001234.generating");
    fs::write(&unfinished, b"half").expect("it is written");
    assert_eq!(fate(path, "an unfinished snapshot").await, Fate::Intact);
    assert!(!unfinished.exists());
}

#[tokio::test]
async fn a_damaged_snapshot_is_set_aside_and_the_log_is_read_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    filled(path).await;
    // sled writes one when it has read its log.
    drop(SledBackend::open(path).expect("it opens"));
    let mut damaged = 0;
    for entry in fs::read_dir(data(path)).expect("a directory") {
        let entry = entry.expect("an entry");
        if entry.file_name().to_string_lossy().starts_with("snap.") {
            let mut bytes = fs::read(entry.path()).expect("a snapshot");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0xff;
            fs::write(entry.path(), bytes).expect("it is written");
            damaged += 1;
        }
    }
    assert!(damaged > 0, "sled left no snapshot");
    assert_eq!(fate(path, "a damaged snapshot").await, Fate::Intact);
    assert!(path.join("data-1.damaged-1").is_dir(), "no copy was set aside");
}

#[tokio::test]
async fn a_missing_file_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let whole = directory.path().join("whole");
    filled(&whole).await;
    for name in ["data-1", "data-1/db", "data-1/conf", "data-1/blobs", "current", "tip", "lock"] {
        let path = directory.path().join("one");
        copy(&whole, &path);
        let missing = path.join(name);
        if missing.is_dir() {
            fs::remove_dir_all(missing).expect("it is removed");
        } else {
            fs::remove_file(missing).expect("it is removed");
        }
        let fate = fate(&path, name).await;
        let expected =
            if ["data-1", "data-1/db"].contains(&name) { Fate::RefusedAtOpen } else { Fate::Intact };
        assert_eq!(fate, expected, "without {name}");
        fs::remove_dir_all(path).expect("it is removed");
    }
}

#[tokio::test]
async fn a_file_of_someone_elses_content_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let whole = directory.path().join("whole");
    filled(&whole).await;
    for name in ["data-1/db", "data-1/conf", "current"] {
        for content in [b"".as_slice(), b"hello", &[0xff; 4_096]] {
            let path = directory.path().join("one");
            copy(&whole, &path);
            fs::write(path.join(name), content).expect("it is written");
            let what = format!("{name} of {} bytes", content.len());
            let fate = fate(&path, &what).await;
            // Without its configuration sled takes the default, and that is ours.
            assert!(fate == Fate::RefusedAtOpen || name.ends_with("conf"), "{what}: {fate:?}");
            fs::remove_dir_all(path).expect("it is removed");
        }
    }
}

#[tokio::test]
async fn files_that_do_not_belong_there_are_let_be() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    filled(path).await;
    fs::write(path.join("notes.txt"), b"mine").expect("it is written");
    fs::write(data(path).join("notes.txt"), b"mine").expect("it is written");
    fs::create_dir(path.join("data-old")).expect("a directory");
    assert_eq!(fate(path, "foreign files").await, Fate::Intact);
    assert!(path.join("notes.txt").exists() && path.join("data-old").exists());
}

#[test]
fn a_file_where_the_directory_should_be_is_an_error() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let opened = SledBackend::open(file.path());
    assert!(matches!(opened, Err(BackendError::Io { .. })), "{opened:?}");
}

#[tokio::test]
async fn a_database_of_someone_elses_is_not_taken_for_ours() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    filled(path).await;
    fs::remove_dir_all(data(path)).expect("it is removed");
    let db = tree(path);
    db.insert(b"key", b"value").and_then(|_| db.flush()).expect("it is written");
    drop(db);
    let opened = SledBackend::open(path);
    assert!(matches!(opened, Err(BackendError::Damaged { .. })), "{opened:?}");
}

#[tokio::test]
async fn a_damaged_value_is_named_and_the_rest_reads() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    filled(path).await;
    let run = script::run(0);
    let id = run.as_str().as_bytes();
    let mut key = vec![1, u8::try_from(id.len()).expect("short")];
    key.extend_from_slice(id);
    let last_entry = [key.as_slice(), &[1], &(REVISION - 1).to_be_bytes()].concat();
    let db = tree(path);
    db.remove(last_entry).and_then(|_| db.flush()).expect("it is written");
    drop(db);
    let backend = SledBackend::open(path).expect("it opens");
    let history = backend.history(&run, 0, usize::MAX).await;
    assert!(matches!(history, Err(BackendError::Damaged { .. })), "{history:?}");
    let record = backend.record(&run).await;
    assert!(matches!(record, Err(BackendError::Damaged { .. })), "{record:?}");
    assert_eq!(backend.check().expect("it reads").damage.len(), 1);
    for number in 1..RUNS {
        script::verify(&backend, &script::run(number)).await;
    }
}

fn remove_snapshots(path: &Path) {
    for entry in fs::read_dir(data(path)).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("snap.")) {
            fs::remove_file(path).expect("it is removed");
        }
    }
}
