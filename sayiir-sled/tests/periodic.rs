//! What a SIGKILL may and may not cost when commits are acknowledged before they are on the device.
//!
//! A child process commits, one commit after the other on two runs together, and prints for each how many syncs had begun when
//! it was acknowledged. The sync that begins next covers it; once another one has begun after that, it must be there for ever.

mod script;

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use sayiir_core::backend::{Backend, Commit};
use sayiir_core::testing::random::Random;
use sayiir_sled::{Durability, SledBackend};
use script::{LIFE, Place};

const DATABASE: &str = "SAYIIR_PERIODIC_DATABASE";
/// The second run is so many commits ahead, so that one of the two is always there and says how far it has come.
const AHEAD: u64 = LIFE / 2;

#[test]
fn a_sigkill_costs_at_most_what_no_sync_has_covered_and_tears_nothing() {
    let kills: u64 = env::var("SAYIIR_KILLS").map_or(4, |kills| kills.parse().expect("a number"));
    let mut random = Random::new(1);
    let mut uncovered = 0;
    for _ in 0..kills {
        let directory = tempfile::tempdir().expect("a directory");
        let said = listen_and_kill(directory.path(), 100 + random.below(1_000));
        let (last, syncs) = *said.last().expect("something was acknowledged");
        let covered = said.iter().filter(|(_, begun)| begun + 2 <= syncs).map(|(commit, _)| *commit).max();
        let found = found(directory.path());
        assert!(found >= covered.unwrap_or_default(), "{found} of {last} commits, {covered:?} were synced");
        // One more may have been written, and not acknowledged.
        assert!(found <= last + 1, "{found} of {last} commits");
        uncovered += last.saturating_sub(found);
    }
    println!("{kills} kills, {uncovered} acknowledged commits lost that no sync had covered");
}

/// The commits that were acknowledged, each with the number of syncs that had begun.
fn listen_and_kill(path: &Path, lines: u64) -> Vec<(u64, u64)> {
    let mut child = Command::new(env::current_exe().expect("this program"))
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(DATABASE, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child starts");
    let out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut said = out.lines().map_while(Result::ok).filter_map(|line| {
        let (commit, syncs) = line.strip_prefix("@ ")?.split_once(' ')?;
        Some((commit.parse().ok()?, syncs.parse().ok()?))
    });
    let enough = usize::try_from(lines).expect("small");
    let mut heard: Vec<(u64, u64)> = said.by_ref().take(enough).collect();
    child.kill().expect("the child is killed");
    child.wait().expect("the child is gone");
    heard.extend(said);
    heard
}

/// How many commits the database holds, after all of it was compared.
fn found(path: &Path) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let backend = SledBackend::open(path).expect("it opens after a kill");
        let first = script::verify(&backend, &script::run(0)).await;
        let second = script::verify(&backend, &script::run(1)).await;
        let commits = if second.revision > 0 { number(second).saturating_sub(AHEAD) } else { number(first) };
        assert_eq!(place(commits).revision, first.revision, "a torn commit");
        assert_eq!(place(commits + AHEAD).revision, second.revision, "a torn commit");
        commits
    })
}

fn place(number: u64) -> Place {
    let life = u32::try_from(number / (LIFE + 1)).expect("small");
    Place { life, revision: number % (LIFE + 1) }
}

fn number(place: Place) -> u64 {
    u64::from(place.life) * (LIFE + 1) + place.revision
}

/// The child: not a test of its own.
#[tokio::test]
async fn child() {
    let Ok(path) = env::var(DATABASE) else { return };
    let often = Durability::Periodic(Duration::from_millis(10));
    let backend = SledBackend::options().durability(often).open(path).expect("it opens");
    for commit in 0..AHEAD {
        let change = script::change(&script::run(1), place(commit));
        backend.commit(&change.into()).await.expect("it commits");
    }
    backend.compact().await.expect("what is before the first commit is synced");
    for commit in 0.. {
        let changes = [(0, place(commit)), (1, place(commit + AHEAD))];
        let changes = changes.map(|(run, from)| script::change(&script::run(run), from));
        backend.commit(&Commit { changes: changes.into_iter().collect() }).await.expect("it commits");
        let line = format!("\n@ {} {}\n", commit + 1, backend.stats().file_syncs);
        std::io::stdout().write_all(line.as_bytes()).expect("the parent listens");
    }
}
