//! How many durable steps per second the engine takes in memory on one core, beside a bare loop that does only what no engine
//! can leave out; and what step N of one run costs.
//!
//! `cargo bench -p sayiir-core --bench steps` measures; `-- --smoke` only shows that it runs. `-- --count RUNS STEPS` does just
//! that, for tools that count: the difference between two such calls is the cost of the steps between them.

mod bare;
#[path = "../count/mod.rs"]
mod count;

use std::time::{Duration, Instant};

use count::{BEGINNINGS, Count};
use futures_util::poll;
use sayiir_core::engine::Engine;
use sayiir_core::memory::InMemoryBackend;
use sayiir_core::workflow::Invocation;

/// How many runs are in flight together.
const TOGETHER: usize = 64;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let numbers: Vec<u64> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let is_smoke = arguments.iter().any(|argument| argument == "--smoke" || argument == "--test");
    if let [runs, steps] = numbers[..] {
        report("counted", runs * steps, runtime.block_on(counted(runs, steps)).into_iter().sum());
    } else if is_smoke {
        runtime.block_on(compare(TOGETHER as u64, 10));
        runtime.block_on(flat(&[10, 100], 100));
    } else {
        runtime.block_on(compare(30 * TOGETHER as u64, 10));
        runtime.block_on(flat(&[10, 1_000, 100_000], 10_000));
    }
}

/// The engine beside the bare loop, by turns. Of the times for 64 runs each the fastest tenth counts, so that what else the
/// machine does is left out of both.
async fn compare(runs: u64, steps: u64) {
    let (mut engine, mut loops) = (Vec::new(), Vec::new());
    for _ in 0..50 {
        engine.extend(counted(runs, steps).await);
        loops.extend(bare::counted(runs, steps));
    }
    let (engine, loops) = (fastest_tenth(engine), fastest_tenth(loops));
    report("the engine, runs of ten steps", TOGETHER as u64 * steps, engine);
    report("the bare loop, the same bytes", TOGETHER as u64 * steps, loops);
    println!("the engine takes {:.1} times as long", engine.div_duration_f64(loops));
}

fn fastest_tenth(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 10]
}

/// What step N of one run costs, for each N: the median over the tenth of the run that follows, of as many runs as it takes to
/// see `steps` steps.
async fn flat(places: &[usize], steps: usize) {
    let mut costs = Vec::new();
    for place in places {
        let seen = (place / 10).max(10);
        let mut intervals = Vec::new();
        for number in 0..steps.div_ceil(seen) {
            intervals.extend(last_intervals(number, place + seen, seen).await);
        }
        intervals.sort_unstable();
        let median = intervals[intervals.len() / 2];
        costs.push(median);
        let ratio = median.div_duration_f64(costs[0]);
        println!("step {place:<8} {median:>9.2?}, {ratio:.2} times step {}", places[0]);
    }
}

/// How long each of the last `seen` steps of one run took: from the beginning of its task to that of the next.
async fn last_intervals(number: usize, steps: usize, seen: usize) -> Vec<Duration> {
    let engine = engine().await;
    BEGINNINGS.set(Some(Vec::with_capacity(steps)));
    let invocation = Invocation::<Count>::new((steps as u64, false));
    let run = engine.start(format!("run-{number}"), invocation).await.expect("the run starts");
    run.result().await.expect("the run ends");
    let beginnings = BEGINNINGS.take().expect("they are kept since the start");
    assert_eq!(beginnings.len(), steps, "each task begins once");
    beginnings[steps - seen - 1..].windows(2).map(|pair| Duration::from_nanos(pair[1] - pair[0])).collect()
}

/// Takes so many runs to their end, and says how long it took for each 64 of them.
async fn counted(runs: u64, steps: u64) -> Vec<Duration> {
    let engine = engine().await;
    let mut times = Vec::new();
    for first in (0..runs).step_by(TOGETHER) {
        let ids = ids(first, runs);
        let begun = Instant::now();
        let start = |id| engine.start(id, Invocation::<Count>::new((steps, false))).into_future();
        let mut starts: Vec<_> = ids.iter().map(start).collect();
        // All are under way before the first is waited for.
        for start in &mut starts {
            assert!(poll!(start).is_pending(), "a start takes a commit");
        }
        for start in starts {
            let run = start.await.expect("the run starts");
            assert_eq!(run.result().await.expect("the run ends"), steps);
        }
        times.push(begun.elapsed());
    }
    times
}

/// The ids of the next 64 runs. They are the caller's, so the clock does not see them made.
fn ids(first: u64, runs: u64) -> Vec<String> {
    (first..runs.min(first + TOGETHER as u64)).map(|number| format!("run-{number}")).collect()
}

async fn engine() -> Engine {
    let builder = Engine::builder().backend(InMemoryBackend::new()).workflow::<Count>();
    builder.start().await.expect("the engine starts")
}

fn report(what: &str, steps: u64, time: Duration) {
    let steps = f64::from(u32::try_from(steps).unwrap_or(u32::MAX));
    let (each, rate) = (time.div_f64(steps), steps / time.as_secs_f64());
    println!("{what:<36} {steps:>8} steps in {time:>10.1?}  {each:>9.2?} each  {rate:>9.0} steps/s");
}
