//! The engine's promises, as `sayiir-core/tests/engine` tries them, on a disk: every restart opens the directory again.

use sayiir_core::testing::Database;
use sayiir_sled::SledBackend;
use tempfile::TempDir;

mod damaged;
mod files;
#[path = "../../sayiir-core/tests/engine/mod.rs"]
mod promises;

/// Where the suite keeps its runs.
#[derive(Debug)]
struct Disk(TempDir);

/// How many seeds the simulation goes through. In memory it goes through more.
const SEEDS: u64 = 20;

impl Default for Disk {
    fn default() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }
}

impl Database for Disk {
    type Backend = SledBackend;

    async fn open(&self) -> SledBackend {
        let backend = SledBackend::open(self.0.path()).expect("nobody has it open");
        // What an engine left is whole, whenever it was stopped.
        let damage = backend.check().expect("it reads").damage;
        assert!(damage.is_empty(), "{damage:?}");
        backend
    }
}
