//! A device that fails: the caller is told, nothing is lost, and once the device works again the database opens and is whole.
#![cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64", feature = "real-fsync"))]

#[path = "../device/mod.rs"]
mod device;
#[path = "../files/mod.rs"]
mod files;
#[path = "../script/mod.rs"]
mod script;

mod committing;
mod copying;
mod opening;
mod reading;
mod waiting;

use std::path::Path;

use sayiir_core::backend::{Backend, BackendError};
use sayiir_sled::SledBackend;
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
    let change = script::change(&script::run(number), place);
    backend.commit(&change.into()).await
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

/// Also where sled's own thread, which wakes when it likes, has met the failure before anybody asked: then the store has
/// stopped, and says for what.
fn told_sooner_or_later<T: std::fmt::Debug>(answer: &Result<T, BackendError>) -> bool {
    let says_why = |detail: &str| detail.starts_with("i/o error: sled: ");
    told(answer) || matches!(answer, Err(BackendError::Stopped { detail }) if says_why(detail))
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
