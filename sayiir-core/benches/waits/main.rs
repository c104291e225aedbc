//! What it costs to wake a run that waits: after a signal, with one and with many runs in flight; and by a new engine, after
//! histories of different lengths.
//!
//! `cargo bench -p sayiir-core --bench waits` measures; `-- --smoke` only shows that it runs. Times are medians on one thread,
//! beside that of putting the same signal into the store without an engine. That a signal and what follows take two commits
//! and nothing is searched, is asserted in both.

#[path = "../count/mod.rs"]
mod count;
mod counted;

use std::time::{Duration, Instant};

use count::{Count, nanoseconds};
use counted::{Asked, Counted};
use futures_util::future::join_all;
use sayiir_core::backend::Backend;
use sayiir_core::engine::{Engine, Run, WorkflowStatus};
use sayiir_core::memory::InMemoryBackend;
use sayiir_core::send_event::SendEvent;
use sayiir_core::signal::Signal;
use sayiir_core::workflow::Invocation;

const GO: Signal<()> = Signal::new("go");

fn main() {
    let smoke = std::env::args().any(|argument| argument == "--smoke" || argument == "--test");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let (rounds, lengths): (usize, &[u64]) =
            if smoke { (3, &[10, 100]) } else { (300, &[10, 1_000, 100_000]) };
        let bare = bare(rounds * 10).await;
        println!("a signal put into the store, no engine      {bare:>9.2?}");
        for together in [1, 64] {
            signalled(rounds, together, bare).await;
        }
        resumed(lengths, if smoke { 2 } else { 9 }).await;
    });
}

/// Sends signals through the store alone.
async fn bare(signals: usize) -> Duration {
    let backend = InMemoryBackend::new();
    let engine = engine(backend.clone()).await;
    waiting(&engine, "run", 0).await;
    engine.shutdown().await;
    let mut times = Vec::new();
    for _ in 0..signals {
        let begun = Instant::now();
        backend.send_event("run", "go", ()).await.expect("the signal is accepted");
        times.push(begun.elapsed());
    }
    median(times)
}

/// Sends signals to so many runs at once.
async fn signalled(rounds: usize, together: usize, bare: Duration) {
    let backend = Counted::default();
    let engine = engine(backend.clone()).await;
    let mut times = [const { Vec::new() }; 3];
    for round in 0..rounds {
        let mut runs = Vec::new();
        for number in 0..together {
            runs.push(waiting(&engine, &format!("run-{round}-{number}"), 0).await);
        }
        backend.take();
        let zero = nanoseconds();
        let send = async |run: &Run<Count>| {
            run.signal(GO, &()).await.expect("the signal is accepted");
            let returned = nanoseconds();
            let began = run.result().await.expect("the run ends");
            [returned, began, nanoseconds()].map(|time| Duration::from_nanos(time.saturating_sub(zero)))
        };
        for told in join_all(runs.iter().map(send)).await {
            times.iter_mut().zip(told).for_each(|(times, time)| times.push(time));
        }
        let asked = backend.take();
        let expected = 2 * together as u64;
        assert!(matches!(asked, Asked { commits, searches: 0, .. } if commits == expected), "{asked:?}");
    }
    let [returned, began, ended] = times.map(median);
    println!("a signal to each of {together} runs that wait: two commits for each, nothing searched");
    for (what, time) in
        [("it returned", returned), ("the next task began", began), ("the run had ended", ended)]
    {
        let each = time.div_duration_f64(bare * u32::try_from(together).unwrap_or(u32::MAX));
        println!("  until {what:<36}{time:>9.2?}, for each run {each:.1} bare signals");
    }
}

/// Lets new engines take up runs with histories of these lengths.
async fn resumed(lengths: &[u64], rounds: usize) {
    let mut first = None;
    for length in lengths {
        let mut times = Vec::new();
        for _ in 0..rounds {
            let backend = InMemoryBackend::new();
            let before = engine(backend.clone()).await;
            waiting(&before, "run", *length).await;
            before.shutdown().await;
            let after = engine(backend).await;
            // What an engine does for the first time is not what is asked for here.
            let other = waiting(&after, "other", 10).await;
            other.signal(GO, &()).await.expect("the signal is accepted");
            other.result().await.expect("the run ends");
            let run = after.run::<Count>("run").await.expect("the run is there");
            let begun = Instant::now();
            run.signal(GO, &()).await.expect("the signal is accepted");
            run.result().await.expect("the run ends");
            times.push(begun.elapsed());
        }
        let time = median(times);
        let ratio = time.div_duration_f64(*first.get_or_insert(time));
        println!(
            "taken up after {length:>7} steps, to its end {time:>15.2?}, {ratio:.2} times that after {}",
            lengths[0]
        );
    }
}

async fn engine(backend: impl Backend) -> Engine {
    let builder = Engine::builder().backend(backend).workflow::<Count>();
    builder.start().await.expect("the engine starts")
}

/// A run that has counted to `steps` and waits.
async fn waiting(engine: &Engine, id: &str, steps: u64) -> Run<Count> {
    let start = engine.start(id, Invocation::<Count>::new((steps, true)));
    let run = start.await.expect("the run starts");
    let settled = run.settled().await.expect("it waits");
    assert!(matches!(settled, WorkflowStatus::WaitingForSignal { .. }), "{settled:?}");
    while engine.active_runs() > 0 {
        tokio::task::yield_now().await;
    }
    run
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
