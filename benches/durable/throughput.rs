//! Workflows of ten steps, so many in flight, beside loops that only write the same keys and values.

use std::time::Instant;

use sayiir::prelude::*;
use tokio::runtime::Runtime;

use crate::bare::{Runs, append, grouped};
use crate::{Outcome, Scale, count};

const STEPS: u64 = 10;

/// Commits per second of one round.
struct Round {
    engine: f64,
    grouped: f64,
    append: f64,
}

impl Round {
    fn ratio(&self) -> f64 {
        self.engine / self.grouped
    }
}

pub(crate) fn measure(runtime: &Runtime, scale: &Scale) -> Outcome<()> {
    let runs = runtime.block_on(Runs::as_the_engine_writes_them())?;
    let (commits, (keys, bytes)) = (runs.length(), runs.keys_and_bytes());
    println!(
        "Workflows of {STEPS} steps, each {commits} commits that write {keys} keys, {bytes} bytes; commits per second"
    );
    println!("| in flight | engine on sled | sled, grouped batch + fsync | ratio | append + fdatasync |");
    println!("|--:|--:|--:|--:|--:|");
    for in_flight in [1, 8, 64, 512] {
        let mut rounds = Vec::new();
        for _ in 0..scale.rounds {
            rounds.push(Round {
                engine: runtime.block_on(engine(scale, in_flight))?,
                grouped: grouped(&runs, scale.time, in_flight)?,
                append: append(&runs, scale.time, in_flight)?,
            });
        }
        rounds.sort_by(|one, other| one.ratio().total_cmp(&other.ratio()));
        let median = &rounds[rounds.len() / 2];
        let Round { engine, grouped, append } = median;
        println!("| {in_flight} | {engine:.0} | {grouped:.0} | {:.2} | {append:.0} |", median.ratio());
    }
    Ok(())
}

/// Only the engine, with so many in flight: for tools that count.
pub(crate) fn only(runtime: &Runtime, scale: &Scale, in_flight: usize) -> Outcome<()> {
    println!("{in_flight} in flight: {:.0} commits per second", runtime.block_on(engine(scale, in_flight))?);
    Ok(())
}

/// Commits per second of the engine.
async fn engine(scale: &Scale, in_flight: usize) -> Outcome<f64> {
    let directory = tempfile::tempdir()?;
    let backend = SledBackend::open(directory.path())?;
    let engine = Engine::builder().backend(backend.clone()).workflow::<count>().start().await?;
    let before = backend.stats().commits;
    let start = Instant::now();
    let until = start + scale.time;
    let lanes: Vec<_> = (0..in_flight).map(|lane| tokio::spawn(drive(engine.clone(), lane, until))).collect();
    for lane in lanes {
        lane.await??;
    }
    let commits = u32::try_from(backend.stats().commits - before)?;
    Ok(f64::from(commits) / start.elapsed().as_secs_f64())
}

async fn drive(engine: Engine, lane: usize, until: Instant) -> Outcome<()> {
    for number in 0.. {
        if Instant::now() >= until {
            break;
        }
        let run = engine.start(format!("run-{lane:03}-{number:06}"), count(STEPS)).await?;
        run.result().await?;
    }
    Ok(())
}
