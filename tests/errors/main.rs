//! Every error of the library, provoked as a program would meet it: which one it is, in which words, and that nothing was stored.
//!
//! One file for each group of operations. `NoRandomness` is not here: only a system without random numbers answers with it.

mod blocking;
mod controlling;
mod engines;
mod finding;
mod flows;
mod panicking;
mod reading;
mod signalling;
mod sources;
mod starting;
mod storing;
mod tampering;
mod telling;
mod upgrading;

use std::sync::Arc;

use sayiir::backend::{Backend, BackendError, Query};
use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;
use sayiir::record::Record;
use sayiir::testing::{FaultyBackend, TestEngine, VirtualClock};

/// Which error an answer is, and its words.
macro_rules! assert_error {
    ($answer:expr, $error:pat $(if $holds:expr)?, $words:expr $(,)?) => {{
        let words = $words;
        let Err(error) = $answer else { panic!("accepted, instead of: {words}") };
        assert_eq!(error.to_string(), words);
        assert!(matches!(&error, $error $(if $holds)?), "{error:?}");
    }};
}
use assert_error;

/// Waits for one signal.
#[workflow]
async fn approval(amount: u32) -> Result<String, Timeout> {
    let by: String = signal!("approved", 48h).await?;
    Ok(format!("{amount} approved by {by}"))
}

/// An engine that knows the approval.
async fn engine() -> TestEngine {
    TestEngine::start(EngineBuilder::workflow::<approval>).await.expect("it starts")
}

/// The same with a run that waits for its signal.
async fn parked() -> (TestEngine, Run<approval>) {
    let engine = engine().await;
    let run = engine.start("exp-001", approval(250)).await.expect("it starts");
    engine.idle().await;
    (engine, run)
}

/// The same on a store that fails where it is told to.
async fn parked_on_faulty() -> (TestEngine, Run<approval>, FaultyBackend<InMemoryBackend>) {
    let store = FaultyBackend::new(InMemoryBackend::new());
    let started =
        TestEngine::start_on(store.clone(), VirtualClock::default(), EngineBuilder::workflow::<approval>);
    let engine = started.await.expect("it starts");
    let run = engine.start("exp-001", approval(250)).await.expect("it starts");
    engine.idle().await;
    (engine, run, store)
}

/// All runs of a store: what was stored shows in a run's revision at the latest.
async fn runs(store: &(impl Backend + ?Sized)) -> Vec<Arc<Record>> {
    let all = Query { limit: usize::MAX, ..Query::default() };
    let page = store.list(&all).await.expect("it reads");
    assert!(page.damage.is_empty(), "{:?}", page.damage);
    page.runs
}

/// Whatever the store met with.
fn sector() -> BackendError {
    BackendError::Damaged { detail: "a sector does not read".into() }
}

/// Its words.
const SECTOR: &str = "the database is damaged: a sector does not read";
/// Those of an id that cannot be one.
const EMPTY: &str = "a run id has 1 to 255 bytes, this one has 0";
