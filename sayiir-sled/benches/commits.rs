//! Durable commits per second, beside the same bytes written by a bare loop over sled: one batch, one flush, one sync.
//!
//! `cargo bench -p sayiir-sled --bench commits` measures; `-- --smoke` only shows that it runs. A step rewrites a record with
//! a state of 300 bytes, appends one history entry and moves one timer, over 10,000 runs. Each is acknowledged when it is on
//! the device. Both sides use the same real sync. What is shown is the round with the median ratio.

mod driver;

use std::error::Error;
use std::time::{Duration, Instant};

use driver::Driver;
use sayiir_core::backend::{Backend, Commit};
use sayiir_sled::SledBackend;
use tokio::runtime::Runtime;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

struct Scale {
    runs: usize,
    /// How often both sides are measured, in turns: other load on the machine then meets both.
    rounds: usize,
    time: Duration,
}

fn main() -> Outcome<()> {
    let smoke = std::env::args().any(|argument| argument == "--smoke" || argument == "--test");
    let scale = if smoke {
        Scale { runs: 600, rounds: 1, time: Duration::from_millis(50) }
    } else {
        Scale { runs: 10_000, rounds: 7, time: Duration::from_secs(1) }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let only: Option<usize> = std::env::args().find_map(|argument| argument.parse().ok());
    println!("in flight   commits/s   bare sled   ratio   commits per group   bytes per step");
    for in_flight in [1, 8, 64, 512].into_iter().filter(|number| only.is_none_or(|only| only == *number)) {
        let mut rounds = Vec::new();
        for _ in 0..scale.rounds {
            let (ours, per_group) = backend(&runtime, &scale, in_flight)?;
            let (bare, bytes) = on_a_thread(|| bare(&scale, in_flight))?;
            rounds.push((ours, bare, per_group, bytes));
        }
        rounds.sort_by(|one, other| (one.0 / one.1).total_cmp(&(other.0 / other.1)));
        let (ours, bare, per_group, bytes) = rounds[rounds.len() / 2];
        println!(
            "{in_flight:>9} {ours:>11.0} {bare:>11.0} {:>7.2} {per_group:>19.1} {bytes:>16}",
            ours / bare
        );
    }
    Ok(())
}

/// The bare loop runs where the backend's own writing does: not on the main thread, which has a heap of its own.
fn on_a_thread<T: Send>(work: impl FnOnce() -> Outcome<T> + Send) -> Outcome<T> {
    std::thread::scope(|scope| scope.spawn(work).join().map_err(|_| "the loop panicked")?)
}

/// Steps per second and commits per group.
fn backend(runtime: &Runtime, scale: &Scale, in_flight: usize) -> Outcome<(f64, f64)> {
    let directory = tempfile::tempdir()?;
    let backend = SledBackend::open(directory.path())?;
    let mut lanes: Vec<Vec<Driver>> = (0..in_flight).map(|_| Vec::new()).collect();
    for number in 0..scale.runs {
        lanes[number % in_flight].push(Driver::new(shuffled(number, scale.runs))?);
    }
    let all = Commit { changes: lanes.iter_mut().flatten().map(Driver::step).collect() };
    runtime.block_on(backend.commit(&all))?;
    let before = backend.stats();
    let start = Instant::now();
    let until = start + scale.time;
    let steps = runtime.block_on(async {
        let tasks: Vec<_> =
            lanes.into_iter().map(|lane| tokio::spawn(drive(backend.clone(), lane, until))).collect();
        let mut steps = 0;
        for task in tasks {
            steps += task.await??;
        }
        Outcome::Ok(steps)
    })?;
    let rate = f64::from(steps) / start.elapsed().as_secs_f64();
    let stats = backend.stats();
    let groups = u32::try_from(stats.groups - before.groups)?;
    Ok((rate, f64::from(steps) / f64::from(groups)))
}

async fn drive(backend: SledBackend, mut lane: Vec<Driver>, until: Instant) -> Outcome<u32> {
    let mut steps = 0;
    loop {
        for driver in &mut lane {
            if Instant::now() >= until {
                return Ok(steps);
            }
            let change = driver.step();
            backend.commit(&change.into()).await?;
            steps += 1;
        }
    }
}

/// Neighbours in time are not neighbours in the tree, on either side.
fn shuffled(number: usize, runs: usize) -> usize {
    number * 7_919 % runs
}

/// The keys and values of one step, as long as the backend's are.
struct Bytes {
    record: Vec<u8>,
    history: Vec<u8>,
}

/// Steps per second and bytes per step of a loop that does nothing but write.
fn bare(scale: &Scale, in_flight: usize) -> Outcome<(f64, usize)> {
    const FRAME: usize = 8;
    let directory = tempfile::tempdir()?;
    let db = sled::Config::new()
        .path(directory.path())
        .cache_capacity(128 * 1024 * 1024)
        .flush_every_ms(Some(500))
        .open()?;
    let mut driver = Driver::new(0)?;
    let change = driver.step();
    let bytes = Bytes {
        record: vec![1; FRAME + postcard::to_stdvec(&driver.record)?.len()],
        history: vec![2; FRAME + postcard::to_stdvec(&change.history[0])?.len()],
    };
    let mut steps: Vec<u64> = vec![0; scale.runs];
    let mut size = 0;
    let mut write = |runs: std::ops::Range<usize>| -> Outcome<()> {
        let mut batch = sled::Batch::default();
        for number in runs {
            let number = shuffled(number, steps.len());
            size = bytes.put(&mut batch, number, steps[number]);
            steps[number] += 1;
        }
        batch.insert(b"\0s", [0; 16].as_slice());
        db.apply_batch(batch)?;
        db.flush()?;
        Ok(())
    };
    write(0..scale.runs)?;
    let start = Instant::now();
    let (mut done, mut next) = (0_u32, 0);
    while start.elapsed() < scale.time {
        let end = scale.runs.min(next + in_flight);
        write(next..end)?;
        done += u32::try_from(end - next)?;
        next = end % scale.runs;
    }
    Ok((f64::from(done) / start.elapsed().as_secs_f64(), size))
}

impl Bytes {
    fn put(&self, batch: &mut sled::Batch, number: usize, step: u64) -> usize {
        let run = format!("expense-{number:08}");
        let record = format!("\u{1}\u{10}{run}\0").into_bytes();
        let mut history = format!("\u{1}\u{10}{run}\u{1}").into_bytes();
        history.extend_from_slice(&step.to_be_bytes());
        let timer = |step: u64| {
            let mut key = vec![2, 0x80];
            key.extend_from_slice(&step.to_be_bytes()[1..]);
            key.extend_from_slice(run.as_bytes());
            key
        };
        let (old, new) = (timer(step), timer(step + 1));
        let size =
            record.len() + history.len() + old.len() + new.len() + self.record.len() + self.history.len();
        batch.insert(record, self.record.as_slice());
        batch.insert(history, self.history.as_slice());
        batch.remove(old);
        batch.insert(new, Vec::new());
        size
    }
}
