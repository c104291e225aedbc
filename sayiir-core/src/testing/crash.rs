//! Trying every crash.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use super::{CommitFault, Database, FaultyBackend, TestEngine, VirtualClock};
use crate::backend::{Backend, Query};
use crate::engine::{EngineBuilder, RunHistory};
use crate::history::{Event, HistoryKey, IdempotencyKey};
use crate::ids::RunId;
use crate::memory::InMemoryBackend;

/// Runs a scenario once undisturbed, and then again and again, each time ending the engine at another commit, before or after
/// it was written, starting the next engine on what was left, and running the scenario anew from its beginning.
///
/// The scenario has to be one that can be repeated, as any client of a durable system: it starts with `.or_attach()` and sends
/// signals with an idempotency key. Gives what the scenario returned, and how many crashes were tried.
///
/// ```
/// use sayiir::prelude::*;
/// use sayiir::testing::crash_everywhere;
///
/// #[workflow]
/// async fn approval(amount: u32) -> String {
///     let by: String = signal!("approved").await;
///     format!("{amount} approved by {by}")
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (outcome, crashes) = crash_everywhere(
///     |builder| builder.workflow::<approval>(),
///     async |engine| {
///         let run = engine.start("exp-001", approval(250)).or_attach().await.expect("started");
///         // A run that the crash found at its end takes no more signals.
///         let _ = run.signal(approval::APPROVED, &"bob".to_owned()).idempotency_key("mail-1").await;
///         run.result().await.expect("a value")
///     },
/// )
/// .await;
/// assert_eq!(outcome, "250 approved by bob");
/// assert!(crashes >= 4);
/// # }
/// ```
///
/// # Panics
/// If any crash leads to another outcome than the undisturbed run, if any step was committed twice, or if any history does not
/// hold. Also if a crash never came, as the scenario made fewer commits than undisturbed: on an empty store it has to make the same
/// number each time.
pub async fn crash_everywhere<T: PartialEq + Debug>(
    configure: impl Fn(EngineBuilder) -> EngineBuilder,
    scenario: impl AsyncFn(&TestEngine) -> T,
) -> (T, u64) {
    crash_everywhere_on(InMemoryBackend::new, configure, scenario).await
}

/// [`crash_everywhere`] on another store: each trial has a database of its own, which is opened anew after the crash.
///
/// ```
/// use sayiir::prelude::*;
/// use sayiir::testing::{Database, crash_everywhere_on};
///
/// #[workflow]
/// async fn nap() -> bool {
///     sleep!(1h).await;
///     true
/// }
///
/// async fn outlives_crashes<D: Database>(empty: impl Fn() -> D) {
///     let (outcome, crashes) = crash_everywhere_on(empty, |builder| builder.workflow::<nap>(), async |engine| {
///         let run = engine.start("nap-1", nap()).or_attach().await.expect("started");
///         engine.advance(std::time::Duration::from_hours(1)).await;
///         run.result().await.expect("a value")
///     })
///     .await;
///     assert_eq!((outcome, crashes), (true, 4));
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// outlives_crashes(InMemoryBackend::new).await;
/// # }
/// ```
///
/// # Panics
/// As [`crash_everywhere`].
pub async fn crash_everywhere_on<D: Database, T: PartialEq + Debug>(
    empty: impl Fn() -> D,
    configure: impl Fn(EngineBuilder) -> EngineBuilder,
    scenario: impl AsyncFn(&TestEngine) -> T,
) -> (T, u64) {
    let process = async |database: &D, clock: &VirtualClock, crash: Option<(u64, CommitFault)>| {
        let backend = FaultyBackend::new(database.open().await);
        if let Some((number, fault)) = crash {
            backend.fault(number, fault);
        }
        run(backend, clock.clone(), &configure, &scenario).await
    };
    let (expected, commits) = process(&empty(), &VirtualClock::default(), None).await;
    let expected = expected.expect("no crash was planned");
    let mut crashes = 0;
    for number in 1..=commits {
        for fault in [CommitFault::CrashBefore, CommitFault::CrashAfter] {
            let case = format!("{fault:?} at commit {number} of {commits}");
            let (database, clock) = (empty(), VirtualClock::default());
            let (uncrashed, made) = process(&database, &clock, Some((number, fault))).await;
            // Without its crash a trial shows nothing, and is not to be counted.
            assert!(
                uncrashed.is_none(),
                "the scenario makes another number of commits each time: now {made}, and {case} never came"
            );
            let (outcome, _) = process(&database, &clock, None).await;
            assert_eq!(outcome.as_ref(), Some(&expected), "{case}");
            crashes += 1;
        }
    }
    (expected, crashes)
}

/// One process: the scenario from its beginning, on what is there. Gives its outcome, unless the process crashed, and how many
/// commits it made.
async fn run<T>(
    backend: FaultyBackend<impl Backend>,
    clock: VirtualClock,
    configure: &impl Fn(EngineBuilder) -> EngineBuilder,
    scenario: &impl AsyncFn(&TestEngine) -> T,
) -> (Option<T>, u64) {
    let backend = Arc::new(backend);
    let engine = TestEngine::start_on(Arc::clone(&backend), clock, configure).await;
    let engine = engine.expect("the engine starts on what the last one left");
    let key = engine.history_key();
    let whole = async {
        let outcome = scenario(&engine).await;
        engine.idle().await;
        outcome
    };
    let outcome = tokio::select! {
        biased;
        () = backend.crashed() => None,
        outcome = whole => Some(outcome),
    };
    engine.crash().await;
    check_histories(backend.inner(), key).await;
    (outcome, backend.commits())
}

/// Checks the histories of all runs, which were written without a key: each holds as a chain, and no step was committed twice.
///
/// # Panics
/// If one does not.
pub async fn assert_each_step_once(backend: &impl Backend) {
    check_histories(backend, None).await;
}

async fn check_histories(backend: &impl Backend, key: Option<HistoryKey>) {
    let mut query = Query { limit: 100, ..Query::default() };
    loop {
        let page = backend.list(&query).await.expect("runs can be listed");
        assert!(page.damage.is_empty(), "every run reads: {:?}", page.damage);
        for record in &page.runs {
            check_history(backend, &record.run, key).await;
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return,
        }
    }
}

async fn check_history(backend: &impl Backend, run: &RunId, key: Option<HistoryKey>) {
    let history = RunHistory::read(backend, run, key).await.expect("a history can be read");
    history.verify().expect("the hash chain holds");
    let mut done: HashMap<&IdempotencyKey, u32> = HashMap::new();
    for entry in &history {
        if let Event::StepDone { key, .. } = &entry.event {
            *done.entry(key).or_default() += 1;
        }
    }
    let twice: Vec<_> = done.into_iter().filter(|(_, times)| *times > 1).collect();
    assert!(twice.is_empty(), "steps of run {run} that were committed twice: {twice:?}");
}
