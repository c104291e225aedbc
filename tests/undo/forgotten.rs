//! Binaries that cannot go on with a run: one does not know what is to be undone, one does not read what led to where the run
//! stopped. Each blocks it once; the next that can goes on by itself.

use std::sync::Arc;

use sayiir::prelude::*;
use sayiir::record::BlockReason;
use sayiir::testing::{TestEngine, VirtualClock};

use super::{Ledger, stops, trip, with};

async fn on<W: sayiir::Workflow>(backend: &InMemoryBackend, ledger: &Arc<Ledger>) -> TestEngine {
    let started = TestEngine::start_on(backend.clone(), VirtualClock::default(), with::<W>(ledger)).await;
    started.expect("everything is provided")
}

/// Starts the same binary again and again; says how long the run's history is by then.
async fn length_after_starts<W: sayiir::Workflow>(backend: &InMemoryBackend, run: &str) -> u64 {
    let mut length = 0;
    for _ in 0..3 {
        let engine = on::<W>(backend, &Arc::default()).await;
        engine.recovered().await;
        let run = engine.run::<W>(run).await.expect("it is there");
        let status = run.status().await;
        assert!(matches!(status, Ok(WorkflowStatus::Blocked { reason: BlockReason::Incompatible { .. } })));
        length = run.history().await.expect("a history").head().length;
        engine.crash().await;
    }
    length
}

mod without_release {
    use sayiir::prelude::*;

    #[workflow]
    pub(super) async fn trip(stops: Vec<String>, fails: bool) -> Result<usize, String> {
        let go = signal!("go" as bool).await;
        if go && !fails { Ok(stops.len()) } else { Err("the trip is off".into()) }
    }
}

#[tokio::test]
async fn a_compensation_that_this_binary_does_not_know_blocks_the_run_once_until_one_does() {
    let (backend, ledger) = (InMemoryBackend::new(), Arc::new(Ledger::default()));
    let first = on::<trip>(&backend, &ledger).await;
    first.start("t-1", trip(stops(&["hotel"]), false)).await.expect("it starts");
    first.idle().await;
    first.crash().await;
    let second = on::<without_release::trip>(&backend, &ledger).await;
    second.cancel("t-1", "enough").await.expect("it is cancelled");
    let run = second.run::<without_release::trip>("t-1").await.expect("it is there");
    let status = run.status().await.expect("a status").to_string();
    assert!(status.starts_with("blocked") && status.contains("`release`"), "{status}");
    let length = run.history().await.expect("a history").head().length;
    second.crash().await;
    assert_eq!(length_after_starts::<without_release::trip>(&backend, "t-1").await, length);
    let last = on::<trip>(&backend, &ledger).await;
    let run = last.run::<trip>("t-1").await.expect("it is there");
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Cancelled { reason }) if reason == "enough"));
    assert_eq!(ledger.words(), ["reserve hotel", "release hotel"]);
}

mod with_a_bug {
    use sayiir::prelude::*;

    #[task]
    pub(super) async fn measure(#[inject] ledger: &super::Ledger, cx: &TaskContext) -> u32 {
        ledger.note(cx.idempotency_key(), "measure".into());
        12
    }

    #[workflow]
    pub(super) async fn survey() -> u32 {
        let height = measure().await;
        assert!(height < 10, "nothing is that high");
        height
    }
}

mod in_words {
    use sayiir::prelude::*;

    #[task]
    async fn measure() -> Vec<String> {
        vec!["twelve".into()]
    }

    #[workflow]
    pub(super) async fn survey() -> u32 {
        let words = measure().await;
        u32::try_from(words.len()).unwrap_or(0)
    }
}

mod mended {
    use sayiir::prelude::*;

    use super::with_a_bug::measure;

    #[workflow]
    pub(super) async fn survey() -> u32 {
        let height = measure().await;
        height
    }
}

#[tokio::test]
async fn an_outcome_that_this_binary_does_not_read_blocks_the_run_once_until_one_does() {
    let (backend, ledger) = (InMemoryBackend::new(), Arc::new(Ledger::default()));
    let first = on::<with_a_bug::survey>(&backend, &ledger).await;
    let run = first.start("s-1", with_a_bug::survey()).await.expect("it starts");
    run.result().await.expect_err("the body panics");
    first.crash().await;
    let second = on::<in_words::survey>(&backend, &ledger).await;
    second.retry("s-1").await.expect("it is blocked");
    let length = second.history("s-1").await.expect("a history").head().length;
    second.crash().await;
    assert_eq!(length_after_starts::<in_words::survey>(&backend, "s-1").await, length);
    let last = on::<mended::survey>(&backend, &ledger).await;
    let run = last.run::<mended::survey>("s-1").await.expect("it is there");
    assert_eq!(run.result().await.expect("a value"), 12);
    assert_eq!(ledger.words(), ["measure"], "what it did is not done again");
}

mod careful {
    use sayiir::prelude::*;

    use super::super::{release, reserve};

    #[workflow]
    pub(super) async fn stay(room: String) -> Result<(), String> {
        let room = reserve(room).await;
        compensate!(release(room));
        let go = signal!("go" as bool).await;
        if go { Ok(()) } else { Err("the stay is off".into()) }
    }
}

mod careless {
    use sayiir::prelude::*;

    use super::super::reserve;

    #[workflow]
    pub(super) async fn stay(room: String) -> Result<(), String> {
        reserve(room).await;
        let go = signal!("go" as bool).await;
        if go { Ok(()) } else { Err("the stay is off".into()) }
    }
}

#[tokio::test]
async fn a_stored_message_that_leads_to_a_compensation_this_binary_does_not_know_blocks_the_run() {
    let (backend, ledger) = (InMemoryBackend::new(), Arc::new(Ledger::default()));
    let first = on::<careful::stay>(&backend, &ledger).await;
    first.start("s-1", careful::stay("hotel".into())).await.expect("it starts");
    first.idle().await;
    first.crash().await;
    backend.send_event("s-1", "go", false).await.expect("the run waits for it");
    let second = on::<careless::stay>(&backend, &ledger).await;
    second.recovered().await;
    let run = second.run::<careless::stay>("s-1").await.expect("it is there");
    let status = run.status().await.expect("a status").to_string();
    assert!(status.starts_with("blocked") && status.contains("`release`"), "{status}");
    second.crash().await;
    let last = on::<careful::stay>(&backend, &ledger).await;
    let run = last.run::<careful::stay>("s-1").await.expect("it is there");
    assert_eq!(run.result().await.expect_err("it failed").to_string(), "run s-1 failed: the stay is off");
    assert_eq!(ledger.words(), ["reserve hotel", "release hotel"]);
}
