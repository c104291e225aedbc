//! What a million steps leave on the disk, with runs that are removed when they are done, and what compaction makes of it.
//!
//! `cargo bench -p sayiir-sled --bench churn` measures, a number behind `--` says how many runs share the steps; `-- --smoke` does less of
//! it. Each fails if compaction leaves files of more than three times the live bytes, and a few segments.

mod driver;

use std::error::Error;
use std::time::Instant;

use driver::Driver;
use sayiir_core::backend::{Backend, Commit, RunChange};
use sayiir_sled::SledBackend;

/// Steps of all runs.
const STEPS: u64 = 1_000_000;
/// Steps of a run before it is removed and another one starts.
const STEPS_OF_A_RUN: u64 = 50;
/// What compaction may leave: the bytes of all files by those that are live.
const MOST_TIMES: u64 = 3;
/// And besides that: sled's files consist of whole segments, which a small database fills in part.
const SEGMENTS: u64 = 4 * 1024 * 1024;
/// Runs that step in one commit.
const TOGETHER: usize = 250;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let smoke = std::env::args().any(|argument| argument == "--smoke" || argument == "--test");
    let asked = std::env::args().find_map(|argument| argument.parse::<usize>().ok());
    let runs = asked.unwrap_or(if smoke { 1_500 } else { 10_000 });
    let rounds = if smoke { 30 } else { STEPS / runs as u64 };
    let directory = tempfile::tempdir()?;
    let backend = SledBackend::open(directory.path())?;
    let mut drivers = (0..runs).map(Driver::new).collect::<Result<Vec<_>, _>>()?;
    let start = Instant::now();
    for round in 0..rounds {
        for together in drivers.chunks_mut(TOGETHER) {
            let changes = together.iter_mut().enumerate().map(|(number, driver)| {
                // They are not all removed in the same round.
                let turn = round + number as u64;
                if driver.record.revision.0 > 0 && turn.is_multiple_of(STEPS_OF_A_RUN) {
                    remove(driver)
                } else {
                    driver.step()
                }
            });
            backend.commit(&Commit { changes: changes.collect() }).await?;
        }
    }
    println!("{} steps in {:.1?}", rounds * runs as u64, start.elapsed());
    say("before compaction", &backend);
    let start = Instant::now();
    backend.compact().await?;
    say(&format!("after compaction in {:.1?}", start.elapsed()), &backend);
    let stats = backend.stats();
    if stats.file_bytes > MOST_TIMES * stats.live_bytes + SEGMENTS {
        return Err(format!("more than {MOST_TIMES} times what is live, and {SEGMENTS} bytes").into());
    }
    Ok(())
}

fn remove(driver: &mut Driver) -> RunChange {
    let record = &mut driver.record;
    let removal = RunChange::new(Some(record), None);
    record.revision.0 = 0;
    record.history = sayiir_core::history::HistoryHead::default();
    removal
}

fn say(when: &str, backend: &SledBackend) {
    let stats = backend.stats();
    let tenths = stats.file_bytes * 10 / stats.live_bytes.max(1);
    let (files, live) = (stats.file_bytes >> 20, stats.live_bytes >> 20);
    println!("{files:>6} MiB of files, {live} MiB live: {}.{} times, {when}", tenths / 10, tenths % 10);
}
