//! Compaction, export and import on a device that fails.

use std::io;

use sayiir_core::backend::BackendError;
use sayiir_sled::{ExportError, ImportError, SledBackend};

use crate::device::{self, Call, Fault};
use crate::files::{copy, data};
use crate::{closed, script, step, told, told_sooner_or_later, whole};

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
            // The store goes on, unless sled has met the failure in the old files.
            let stepped = step(&backend, 0, place).await;
            assert!(stepped.is_ok() || told_sooner_or_later(&stepped), "{what}: {stepped:?}");
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
