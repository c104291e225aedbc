//! The in-memory backend keeps every promise of the contract.
#![cfg(feature = "testing")]

use sayiir_core::memory::InMemoryBackend;
use sayiir_core::testing::conformance;

#[tokio::test]
async fn the_in_memory_backend_keeps_the_contract() {
    conformance::all(async || InMemoryBackend::new()).await;
}

#[tokio::test]
async fn a_clone_of_the_in_memory_backend_is_the_same_store() {
    conformance::reopening(async || InMemoryBackend::new(), async |backend| backend.clone()).await;
}
