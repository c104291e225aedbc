//! The engine on `SledBackend`: what a durable step costs beside what the store and the device cost by themselves.
//!
//! ```sh
//! cargo bench --bench durable              # about three minutes
//! cargo bench --bench durable -- --smoke   # a few of each, for CI
//! cargo bench --bench durable -- approval  # one of: throughput, approval, length, resume
//! ```
//!
//! Prints the tables of `docs/src/benchmarks.md`. Every commit is on the device before it is acknowledged, on every side. The
//! bare loops of `throughput` put and remove the very keys that the engine does, with values as long (`trace`).

mod approval;
mod bare;
mod length;
mod resume;
mod throughput;
mod trace;

use std::error::Error;
use std::time::{Duration, Instant};

use sayiir::prelude::*;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How much is done.
struct Scale {
    /// Of a measurement of throughput.
    time: Duration,
    /// How often sides are measured in turns, so that other load on the machine meets all.
    rounds: usize,
    /// Approvals that are measured.
    approvals: usize,
    /// Lengths of runs.
    lengths: &'static [u64],
}

const WHOLE: Scale = Scale {
    time: Duration::from_secs(1),
    rounds: 5,
    approvals: 2_000,
    lengths: &[10, 100, 1_000, 10_000, 100_000],
};
const SMOKE: Scale = Scale { time: Duration::from_millis(50), rounds: 1, approvals: 20, lengths: &[10, 40] };

#[task]
async fn increment(number: u64) -> u64 {
    number + 1
}

/// A run of so many steps.
#[workflow]
async fn count(steps: u64) -> u64 {
    let mut number = 0;
    while number < steps {
        number = increment(number).await;
    }
    number
}

fn main() -> Outcome<()> {
    let has = |word: &str| std::env::args().any(|argument| argument == word);
    let scale = if has("--smoke") || has("--test") { SMOKE } else { WHOLE };
    let names = ["throughput", "approval", "length", "resume"];
    let wanted = |name: &str| has(name) || !names.iter().any(|name| has(name));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    if has("--only") {
        let in_flight = std::env::args().find_map(|argument| argument.parse().ok());
        return throughput::only(&runtime, &scale, in_flight.ok_or("say how many are in flight")?);
    }
    if wanted("throughput") {
        throughput::measure(&runtime, &scale)?;
    }
    if wanted("approval") {
        runtime.block_on(approval::measure(&scale))?;
    }
    if wanted("length") {
        runtime.block_on(length::measure(&scale))?;
    }
    if wanted("resume") {
        runtime.block_on(resume::measure(&scale))?;
    }
    Ok(())
}

/// The value below which so many percent of them are.
fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times.get(times.len() * percent / 100).or(times.last()).copied().unwrap_or_default()
}

/// What the work gives, and how long it took.
async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    (work.await, start.elapsed())
}
