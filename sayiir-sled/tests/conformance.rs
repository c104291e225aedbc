//! The promises of the backend contract, as every backend keeps them.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use sayiir_core::testing::conformance;
use sayiir_sled::{Durability, SledBackend};
use tempfile::TempDir;

/// Stores in directories that last as long as the test.
#[derive(Default)]
struct Stores {
    directories: Mutex<Vec<TempDir>>,
    latest: Mutex<PathBuf>,
}

impl Stores {
    fn fresh(&self) -> PathBuf {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("store");
        self.directories.lock().expect("one thread").push(directory);
        self.latest.lock().expect("one thread").clone_from(&path);
        path
    }

    fn latest(&self) -> PathBuf {
        self.latest.lock().expect("one thread").clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_kept() {
    let stores = Stores::default();
    conformance::all(async || SledBackend::open(stores.fresh()).expect("it opens")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_kept_without_waiting_for_the_device() {
    let stores = Stores::default();
    let options = || SledBackend::options().durability(Durability::Periodic(Duration::from_millis(20)));
    conformance::all(async || options().open(stores.fresh()).expect("it opens")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_kept_across_reopening() {
    let stores = Stores::default();
    let make = async || SledBackend::open(stores.fresh()).expect("it opens");
    let reopen = async |backend: SledBackend| {
        drop(backend);
        SledBackend::open(stores.latest()).expect("it opens again")
    };
    conformance::reopening(make, reopen).await;
}
