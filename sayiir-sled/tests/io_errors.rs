//! A device that fails: the caller is told, nothing is lost or half-written, and once the device works again the database
//! opens and is whole.
#![cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64", feature = "real-fsync"))]

mod device;
mod files;
mod script;

use std::fs;
use std::io;

use std::path::Path;

use device::{Call, Fault};
use files::{copy, data};
use sayiir_core::backend::{Backend, BackendError, Commit, Query};
use sayiir_sled::{ExportError, ImportError, SledBackend};
use script::Place;

const RUNS: usize = 20;
const REVISION: u64 = 16;

/// Runs that are all at one place; gives that place.
async fn filled(backend: &SledBackend) -> Place {
    let mut place = Place::default();
    while place.revision < REVISION {
        for number in 0..RUNS {
            step(backend, number, place).await.expect("it commits");
        }
        place = place.next();
    }
    place
}

async fn step(backend: &SledBackend, number: usize, place: Place) -> Result<(), BackendError> {
    let changes = vec![script::change(&script::run(number), place)];
    backend.commit(&Commit { changes }).await
}

/// Opens the database and compares all there is; the first run may be further.
async fn whole(path: &Path, place: Place, what: &str) -> SledBackend {
    let backend = SledBackend::open(path).unwrap_or_else(|error| panic!("{what}: {error}"));
    let mut runs = Vec::new();
    for number in 0..RUNS {
        let run = script::run(number);
        let found = script::verify(&backend, &run).await;
        assert!(
            found == place || (number == 0 && found == place.next()),
            "{what}: run {number} is at {found}"
        );
        runs.push((run, found));
    }
    script::verify_indexes(&backend, &runs).await;
    let report = backend.check().expect("it reads");
    assert!(report.damage.is_empty(), "{what}: {report:?}");
    backend
}

fn told<T: std::fmt::Debug>(answer: &Result<T, BackendError>) -> bool {
    matches!(answer, Err(BackendError::Io { .. }))
}

/// A closed database, which sled has a snapshot of if it was opened again on the way.
async fn closed(path: &Path, opened_again: bool) -> Place {
    let mut backend = SledBackend::open(path).expect("it opens");
    let place = filled(&backend).await;
    if opened_again {
        drop(backend);
        backend = SledBackend::open(path).expect("it opens");
        for number in 1..RUNS {
            step(&backend, number, place).await.expect("it commits");
        }
        step(&backend, 0, place).await.expect("it commits");
        return place.next();
    }
    place
}

#[tokio::test]
async fn a_place_of_the_log_that_does_not_read_keeps_the_database_closed_and_costs_nothing() {
    let device = device::alone();
    for opened_again in [false, true] {
        let directory = tempfile::tempdir().expect("a directory");
        let original = directory.path().join("original");
        let place = closed(&original, opened_again).await;
        let length = fs::metadata(data(&original).join("db")).expect("the log").len();
        let (mut refused, mut tried) = (0, 0);
        for at in (0..length).step_by(190_000) {
            let path = directory.path().join("copy");
            copy(&original, &path);
            device.fails(Fault::bad_sector(data(&path).join("db"), at));
            let opened = SledBackend::open(&path);
            device.mend();
            assert!(opened.is_ok() || told(&opened), "byte {at}: {opened:?}");
            refused += u64::from(opened.is_err());
            tried += 1;
            drop(opened);
            drop(whole(&path, place, &format!("byte {at}")).await);
            fs::remove_dir_all(path).expect("it is removed");
        }
        // What a snapshot covers is not read.
        assert!(
            if opened_again { 0 < refused && refused < tried } else { refused == tried },
            "{refused} of {tried}"
        );
    }
}

#[tokio::test]
async fn any_call_that_fails_while_opening_is_reported_and_costs_nothing() {
    let device = device::alone();
    let directory = tempfile::tempdir().expect("a directory");
    let original = directory.path().join("original");
    let place = closed(&original, false).await;
    let reads = ["current", "tip", "data-1/conf"].map(|file| (Call::Read, file));
    for (call, file) in reads.into_iter().chain([(Call::Write, ""), (Call::Sync, "")]) {
        for number in 0.. {
            let what = format!("{call:?} {number} of {file:?}");
            let path = directory.path().join(what.replace('/', " "));
            copy(&original, &path);
            device.fails(Fault::from(call, path.join(file), number));
            let opened = SledBackend::open(&path);
            assert!(opened.is_ok() || told(&opened), "{what}: {opened:?}");
            drop(opened);
            let met = device.mend();
            drop(whole(&path, place, &what).await);
            if met <= number {
                assert!(number > 0, "{what}: there is none");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_read_that_fails_is_reported_and_the_next_one_is_right() {
    let device = device::alone();
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    closed(path, false).await;
    let log = data(path).join("db");
    for what in READS {
        let (mut reported, mut number) = (0, 0);
        loop {
            // Nothing is in memory.
            let backend = SledBackend::options().cache_capacity(0).open(path).expect("it opens");
            device.fails(Fault::from(Call::Read, &log, number));
            let found = read(&backend, what).await;
            let met = device.mend();
            let right = read(&backend, what).await.expect("it reads");
            assert!(
                told(&found) || found.as_ref().is_ok_and(|found| *found == right),
                "{what} {number}: {found:?}"
            );
            reported += u64::from(found.is_err());
            if met <= number {
                break;
            }
            number += 1 + met / 8;
        }
        assert!(reported > 0, "{what}: nothing failed");
    }
}

const READS: [&str; 11] = [
    "record",
    "history",
    "message",
    "delivered",
    "due",
    "next due",
    "ready",
    "list",
    "places",
    "check",
    "export",
];

/// What a read gives, as text; the first failure that a check or an export names.
async fn read(backend: &SledBackend, what: &str) -> Result<String, BackendError> {
    let run = script::run(3);
    match what {
        "record" => Ok(format!("{:?}", backend.record(&run).await?)),
        "history" => Ok(format!("{:?}", backend.history(&run, 0, usize::MAX).await?)),
        "message" => Ok(format!("{:?}", backend.message(&run, script::SIGNAL, REVISION - 1).await?)),
        "delivered" => Ok(format!("{:?}", backend.is_delivered(&run, "key 1").await?)),
        "due" => Ok(format!("{:?}", backend.due(jiff::Timestamp::MAX, usize::MAX).await?)),
        "next due" => Ok(format!("{:?}", backend.next_due().await?)),
        "ready" => Ok(format!("{:?}", backend.ready(None, usize::MAX).await?)),
        "list" => Ok(format!("{:?}", backend.list(&Query { limit: usize::MAX, ..Query::default() }).await?)),
        "places" => Ok(format!("{:?}", backend.places().await?)),
        "check" => {
            let report = backend.check()?;
            report.damage.into_iter().next().map_or(Ok(report.runs.to_string()), Err)
        }
        "export" => {
            let mut lines = Vec::new();
            let report = backend.export(&mut lines).map_err(|error| match error {
                ExportError::Store(error) => error,
                error => panic!("{error}"),
            })?;
            report.damage.into_iter().next().map_or(Ok(String::from_utf8(lines).expect("text")), Err)
        }
        other => panic!("{other}?"),
    }
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_acknowledged_until_the_database_is_opened_anew() {
    let device = device::alone();
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    for call in [Call::Write, Call::Sync] {
        let place = closed(path, false).await;
        let backend = SledBackend::open(path).expect("it opens");
        device.fails(Fault::once(call, data(path).join("db"), 0));
        let failed = step(&backend, 0, place).await;
        assert!(told(&failed), "{call:?}: {failed:?}");
        device.mend();
        for _ in 0..3 {
            let refused = step(&backend, 1, place).await;
            assert!(matches!(refused, Err(BackendError::Stopped { .. })), "{call:?}: {refused:?}");
        }
        let read = backend.record(&script::run(0)).await;
        assert!(matches!(read, Err(BackendError::Stopped { .. })), "{call:?}: {read:?}");
        drop(backend);
        let backend = whole(path, place, &format!("{call:?}")).await;
        step(&backend, 1, place).await.expect("it commits");
        drop(backend);
        fs::remove_dir_all(path).expect("it is removed");
    }
}

#[tokio::test]
async fn a_compaction_that_meets_any_failure_is_reported_and_the_old_files_count() {
    let device = device::alone();
    let directory = tempfile::tempdir().expect("a directory");
    let original = directory.path().join("original");
    let place = closed(&original, false).await;
    for call in [Call::Read, Call::Write, Call::Sync] {
        let mut number = 0;
        loop {
            let what = format!("{call:?} {number}");
            let path = directory.path().join(&what);
            copy(&original, &path);
            let backend = SledBackend::options().cache_capacity(0).open(&path).expect("it opens");
            // What is read is the old files.
            let file = if call == Call::Read { data(&path) } else { path.clone() };
            device.fails(Fault::from(call, file, number));
            let compacted = backend.compact().await;
            let met = device.mend();
            // The store goes on, unless sled's own thread has met the failure in the old files.
            let stepped = step(&backend, 0, place).await;
            assert!(stepped.is_ok() || told(&stepped), "{what}: {stepped:?}");
            drop(backend);
            let backend = whole(&path, place, &what).await;
            let found = script::verify(&backend, &script::run(0)).await;
            assert!(found == place.next() || stepped.is_err(), "{what}: {found}");
            drop(backend);
            if met <= number {
                assert!(compacted.is_ok() && number > 0, "{what}: {compacted:?}");
                break;
            }
            // The tip is not needed for the compaction to count.
            assert!(told(&compacted) || compacted.is_ok(), "{what}: {compacted:?}");
            number += 1 + met / 5;
        }
    }
}

#[tokio::test]
async fn an_import_that_meets_any_failure_is_reported_and_leaves_nothing() {
    let device = device::alone();
    let directory = tempfile::tempdir().expect("a directory");
    let original = directory.path().join("original");
    let place = closed(&original, false).await;
    let mut lines = Vec::new();
    SledBackend::open(&original).expect("it opens").export(&mut lines).expect("it exports");
    for call in [Call::Write, Call::Sync] {
        let mut number = 0;
        loop {
            let what = format!("{call:?} {number}");
            let path = directory.path().join(&what);
            device.fails(Fault::from(call, &path, number));
            let imported = SledBackend::import(&path, lines.as_slice());
            let met = device.mend();
            if met <= number {
                assert!(imported.is_ok() && number > 0, "{what}: {imported:?}");
                break;
            }
            assert!(
                matches!(imported, Err(ImportError::Store(BackendError::Io { .. }))),
                "{what}: {imported:?}"
            );
            SledBackend::import(&path, lines.as_slice()).expect("nothing is in the way");
            drop(whole(&path, place, &what).await);
            number += 1 + met / 5;
        }
    }
}

/// What stands at the other end of an import or an export, after so many bytes.
struct Broken(usize);

impl Broken {
    fn pass(&mut self, bytes: usize) -> io::Result<usize> {
        let passed = bytes.min(self.0);
        self.0 -= passed;
        if passed == 0 { Err(io::Error::from_raw_os_error(libc::EIO)) } else { Ok(passed) }
    }
}

impl io::Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let line = b"{\"format\":1}\n";
        let count = self.pass(buffer.len().min(line.len()))?;
        buffer[..count].copy_from_slice(&line[..count]);
        Ok(count)
    }
}

impl io::Write for Broken {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.pass(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass(1).map(|_| ())
    }
}

#[tokio::test]
async fn a_file_of_an_export_that_fails_is_reported() {
    let _device = device::alone();
    let directory = tempfile::tempdir().expect("a directory");
    let original = directory.path().join("original");
    let place = closed(&original, false).await;
    let backend = SledBackend::open(&original).expect("it opens");
    let mut lines = Vec::new();
    backend.export(&mut lines).expect("it exports");
    for passed in [0, 5, lines.len() / 2, lines.len()] {
        let exported = backend.export(Broken(passed));
        assert!(matches!(exported, Err(ExportError::Write(_))), "{passed}: {exported:?}");
    }
    let new = directory.path().join("new");
    for passed in [0, 5, 13] {
        let imported = SledBackend::import(&new, io::BufReader::new(Broken(passed)));
        assert!(matches!(imported, Err(ImportError::Read(_))), "{passed}: {imported:?}");
    }
    SledBackend::import(&new, lines.as_slice()).expect("nothing is in the way");
    drop(whole(&new, place, "the copy").await);
}
