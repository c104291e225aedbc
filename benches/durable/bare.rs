//! Loops that write what the engine writes, and do nothing else.

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use sayiir::backend::Backend;
use sayiir::prelude::*;
use sayiir::testing::{CommitFault, FaultyBackend};

use crate::{Outcome, count};

/// What the store puts around a value.
const FRAME: usize = 8;
/// As many runs as are written to in turns.
const RUNS: usize = 10_000;

/// The values of one step, as long as the backend's are.
pub(crate) struct Bytes {
    record: Vec<u8>,
    history: Vec<u8>,
}

impl Bytes {
    /// As the engine writes them in the middle of a run.
    pub(crate) async fn of_a_step() -> Outcome<Self> {
        let backend = FaultyBackend::new(InMemoryBackend::new());
        backend.fault(6, CommitFault::CrashBefore);
        let engine = Engine::builder().backend(backend.clone()).workflow::<count>().start().await?;
        let run = engine.start("run-000-000000", count(10)).await?;
        backend.crashed().await;
        let store = backend.inner();
        let record = store.record(run.id()).await?.ok_or("the run is there")?;
        let last = store.history(run.id(), record.history.length - 1, 1).await?;
        Ok(Self {
            record: vec![1; FRAME + postcard::to_stdvec(&*record)?.len()],
            history: vec![2; FRAME + postcard::to_stdvec(&last[0])?.len()],
        })
    }

    /// With the keys.
    pub(crate) fn total(&self) -> usize {
        self.pairs(0, 0).iter().map(|(key, value)| key.len() + value.len()).sum()
    }

    fn pairs(&self, run: usize, step: u64) -> [(Vec<u8>, &[u8]); 2] {
        let record = format!("\u{1}\u{e}run-000-{run:06}\0").into_bytes();
        let mut history = format!("\u{1}\u{e}run-000-{run:06}\u{1}").into_bytes();
        history.extend_from_slice(&step.to_be_bytes());
        [(record, &self.record), (history, &self.history)]
    }
}

/// Commits per second of sled with one batch and one sync for all that are in flight, on a thread of its own, as the backend
/// writes.
pub(crate) fn grouped(bytes: &Bytes, time: Duration, in_flight: usize) -> Outcome<f64> {
    let directory = tempfile::tempdir()?;
    let config = sled::Config::new().path(directory.path()).cache_capacity(128 * 1024 * 1024);
    let db = config.flush_every_ms(Some(500)).open()?;
    let mut steps: Vec<u64> = vec![0; RUNS];
    let write = |group: usize| -> Outcome<()> {
        let mut batch = sled::Batch::default();
        for place in 0..in_flight {
            // Each in flight makes ten steps of one run, and goes on to the next.
            let run = (group / 10 * in_flight + place) % RUNS;
            for (key, value) in bytes.pairs(run, steps[run]) {
                batch.insert(key, value);
            }
            steps[run] += 1;
        }
        batch.insert(b"\0s", [0; 16].as_slice());
        db.apply_batch(batch)?;
        db.flush()?;
        Ok(())
    };
    repeat(time, in_flight, write)
}

/// Commits per second of a file that is only appended to, with one sync for all that are in flight.
pub(crate) fn append(bytes: &Bytes, time: Duration, in_flight: usize) -> Outcome<f64> {
    let directory = tempfile::tempdir()?;
    let mut file = File::create(directory.path().join("log"))?;
    repeat(time, in_flight, move |_| {
        let mut group = Vec::new();
        for run in 0..in_flight {
            for (key, value) in bytes.pairs(run, 0) {
                group.extend_from_slice(&key);
                group.extend_from_slice(value);
            }
        }
        file.write_all(&group)?;
        Ok(file.sync_data()?)
    })
}

fn repeat(
    time: Duration,
    in_flight: usize,
    mut write: impl FnMut(usize) -> Outcome<()> + Send,
) -> Outcome<f64> {
    let work = move || {
        let start = Instant::now();
        let mut groups = 0_u32;
        while start.elapsed() < time {
            write(usize::try_from(groups)?)?;
            groups += 1;
        }
        let commits = f64::from(groups) * f64::from(u32::try_from(in_flight)?);
        Ok(commits / start.elapsed().as_secs_f64())
    };
    std::thread::scope(|scope| scope.spawn(work).join().map_err(|_| "the loop panicked")?)
}
