//! Opening a database whose files do not read, or cannot be written.

use std::fs;

use sayiir_sled::SledBackend;

use crate::device::{self, Call, Fault};
use crate::files::{copy, data};
use crate::{closed, told, whole};

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
