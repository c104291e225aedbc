//! A million runs that wait for a signal for 48 hours: what opening, finding the next timer and delivering one signal cost.
//!
//! `cargo bench -p sayiir-sled --bench parked` measures, a number behind `--` says how many runs; `-- --smoke` only shows that it runs.

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fs};

use jiff::{SignedDuration, Timestamp};
use sayiir_core::backend::{Accepted, Backend, Commit, Query, RunChange};
use sayiir_core::durable::Stored;
use sayiir_core::history::{Chain, Digest, Event, HistoryHead};
use sayiir_core::ids::{Incarnation, LeafPath, Revision, RunId, StepNumber};
use sayiir_core::record::{LeafKind, LeafRecord, Phase, Queue, Record, StatusKind};
use sayiir_core::signal::Message;
use sayiir_core::testing::random::Random;
use sayiir_sled::SledBackend;

type Outcome<T> = Result<T, Box<dyn Error>>;

const DATABASE: &str = "SAYIIR_PARKED_DATABASE";
const SIGNAL: &str = "manager_approval";

#[tokio::main]
async fn main() -> Outcome<()> {
    if let Ok(path) = env::var(DATABASE) {
        return measure(Path::new(&path)).await;
    }
    let smoke = env::args().any(|argument| argument == "--smoke" || argument == "--test");
    let asked = env::args().find_map(|argument| argument.parse().ok());
    let runs = asked.unwrap_or(if smoke { 2_000 } else { 1_000_000 });
    let directory = tempfile::tempdir()?;
    fill(directory.path(), runs).await?;
    for opening in ["first", "second"] {
        println!("{opening} opening");
        let status = Command::new(env::current_exe()?).env(DATABASE, directory.path()).status()?;
        if !status.success() {
            return Err("the measuring process failed".into());
        }
    }
    Ok(())
}

async fn fill(path: &Path, runs: u64) -> Outcome<()> {
    let backend = SledBackend::open(path)?;
    let mut random = Random::new(1);
    let start = Instant::now();
    for first in (0..runs).step_by(1_000) {
        let last = runs.min(first + 1_000);
        let changes: Outcome<_> = (first..last).map(|number| parked(number, &mut random)).collect();
        backend.commit(&Commit { changes: changes? }).await?;
    }
    let stats = backend.stats();
    println!("{runs} runs written in {:.1?}", start.elapsed());
    println!("{:>12} live bytes per run, {} on disk", stats.live_bytes / runs, stats.file_bytes / runs);
    Ok(())
}

fn parked(number: u64, random: &mut Random) -> Outcome<RunChange> {
    let created = Timestamp::from_second(1_700_000_000)? + SignedDuration::from_millis(number.try_into()?);
    let due = created
        + SignedDuration::from_hours(48)
        + SignedDuration::from_millis(random.below(100_000_000).try_into()?);
    let run = RunId::new(&format!("expense-{number:08}"))?;
    let mut chain = Chain::new(&run, Incarnation(u128::from(random.bits())), HistoryHead::default());
    let event = Event::Started { workflow: "expense_approval".into(), input: Digest([1; 32]) };
    let history = vec![chain.append(created, event)];
    let record = Record {
        revision: Revision(1),
        input_digest: Digest([7; 32]),
        steps: StepNumber(1),
        state: Some(Stored::encode(&"x".repeat(298))?),
        phase: Phase::Live {
            leaves: vec![LeafRecord {
                path: LeafPath::default(),
                scheduled: StepNumber(1),
                kind: LeafKind::Signal { name: SIGNAL.into(), deadline: Some(due), from: 0 },
            }]
            .into(),
        },
        inbox: vec![Queue { signal: SIGNAL.into(), head: 0, tail: 0, keyed: 0 }].into(),
        history: chain.head(),
        ..Record::new(run, Incarnation(u128::MAX / 3), "expense_approval", created)
    };
    Ok(RunChange { history, ..RunChange::new(None, Some(record)) })
}

async fn measure(path: &Path) -> Outcome<()> {
    let before = resident()?;
    let (backend, open) = timed(|| SledBackend::open(path))?;
    say("open", open);
    println!("{:>12} KiB resident more than before", resident()? - before);
    for which in ["next timer, cold", "next timer, warm"] {
        let start = Instant::now();
        backend.next_due().await?;
        say(which, start.elapsed());
    }
    let start = Instant::now();
    let found = backend.due(Timestamp::MAX, 1_000).await?;
    say(&format!("{} due runs", found.len()), start.elapsed());
    let start = Instant::now();
    backend.ready(None, 1_000).await?;
    say("ready runs: none", start.elapsed());
    let status = Some(StatusKind::Failed);
    let query = Query { workflow: Some("expense_approval".into()), status, limit: 100, ..Query::default() };
    let start = Instant::now();
    backend.list(&query).await?;
    say("failed runs of one workflow: none", start.elapsed());
    let query = Query { waiting_for: Some(SIGNAL.into()), limit: 100, ..Query::default() };
    let start = Instant::now();
    backend.list(&query).await?;
    say("100 runs that wait for a signal", start.elapsed());
    for (which, run) in ["first signal, cold", "second signal"].into_iter().zip([&found[500].1, &found[3].1])
    {
        let start = Instant::now();
        deliver(&backend, run).await?;
        say(which, start.elapsed());
    }
    println!("{:>12} KiB resident more than before", resident()? - before);
    let ((), close) = timed(|| {
        drop(backend);
        Ok::<_, Box<dyn Error>>(())
    })?;
    say("close", close);
    Ok(())
}

/// As an engine does: reads the record, writes it with the message beside it.
async fn deliver(backend: &SledBackend, run: &RunId) -> Outcome<()> {
    let found = backend.record(run).await?.ok_or("the run is gone")?;
    let mut record = Record::clone(&found);
    record.revision.0 += 1;
    let position = record.inbox[0].tail;
    Arc::make_mut(&mut record.inbox)[0].tail += 1;
    let message = Message {
        signal: SIGNAL.into(),
        position,
        payload: Stored::encode(&true)?,
        by: None,
        at: record.updated,
    };
    let change = RunChange {
        accepted: vec![Accepted { message, idempotency_key: None, taken: false }],
        ..RunChange::new(Some(&found), Some(record))
    };
    Ok(backend.commit(&change.into()).await?)
}

fn timed<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<(T, Duration), E> {
    let start = Instant::now();
    work().map(|value| (value, start.elapsed()))
}

fn say(what: &str, took: Duration) {
    println!("{:>12} {what}", format!("{took:.1?}"));
}

/// KiB; 0 where the system does not say.
fn resident() -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    Ok(line.and_then(|line| line.split_whitespace().next()).unwrap_or("0").parse()?)
}
