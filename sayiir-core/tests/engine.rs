//! The engine's promises, in memory. `sayiir-sled/tests/engine.rs` tries the same ones on a disk.
#![cfg(feature = "testing")]

#[cfg(feature = "metrics")]
#[path = "engine/metrics.rs"]
mod metrics;
#[path = "engine/mod.rs"]
mod promises;

/// Where the suite keeps its runs.
type Disk = sayiir_core::memory::InMemoryBackend;

/// How many seeds the simulation goes through: enough for 100,000 entries of histories.
const SEEDS: u64 = 240;
