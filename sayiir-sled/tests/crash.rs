//! What was acknowledged is there after a SIGKILL at any moment, and every commit whole or absent.
//!
//! A child process commits on many runs at once and prints what it is about to commit and what was acknowledged. It is killed
//! after a random number of lines, during open too; then the database is opened and all of it is compared. `SAYIIR_KILLS=300
//! cargo test -p sayiir-sled --test crash` kills more often than the 30 times of an ordinary run.

mod lanes;
mod script;

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lanes::{LANES, Lane, Work, compare, hear, runtime};
use sayiir_core::testing::random::Random;
use sayiir_sled::SledBackend;

const DATABASE: &str = "SAYIIR_CRASH_DATABASE";
const SEED: &str = "SAYIIR_CRASH_SEED";

#[test]
fn nothing_acknowledged_is_lost_and_nothing_torn_by_sigkill() {
    let kills: u64 = env::var("SAYIIR_KILLS").map_or(30, |kills| kills.parse().expect("a number"));
    let seed: u64 = env::var(SEED).map_or(1, |seed| seed.parse().expect("a number"));
    let mut random = Random::new(seed);
    let directory = tempfile::tempdir().expect("a directory");
    let mut lanes = vec![Lane::default(); LANES];
    let mut acknowledged = 0;
    for _ in 0..kills {
        let mut child = start(directory.path(), random.bits());
        acknowledged += listen_and_kill(&mut child, &mut random, &mut lanes);
        let backend = SledBackend::open(directory.path()).expect("it opens after a kill");
        runtime().block_on(compare(&backend, &mut lanes));
    }
    println!("{kills} kills, {acknowledged} acknowledged commits");
    assert!(acknowledged > 0);
}

/// The child: not a test of its own.
#[test]
fn child() {
    let Ok(path) = env::var(DATABASE) else { return };
    let seed = env::var(SEED).expect("a seed").parse().expect("a number");
    let backend = SledBackend::open(path).expect("it opens");
    runtime().block_on(lanes::work(&backend, Work { seed, commits: u64::MAX, compacts: true }));
}

fn start(path: &Path, seed: u64) -> Child {
    Command::new(env::current_exe().expect("this program"))
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(DATABASE, path)
        .env(SEED, seed.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child starts")
}

/// Listens for a random number of lines, or kills at a random moment of the opening; gives the number of acknowledgements.
fn listen_and_kill(child: &mut Child, random: &mut Random, lanes: &mut [Lane]) -> u64 {
    let out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut said = out.lines().map_while(Result::ok).filter(|text| text.starts_with("@ "));
    let mut acknowledged = 0;
    if random.one_in(3) {
        let moment = Instant::now() + Duration::from_micros(random.below(40_000));
        while Instant::now() < moment {
            std::thread::yield_now();
        }
    } else {
        let heard = usize::try_from(random.below(600)).expect("small");
        for text in said.by_ref().take(heard) {
            acknowledged += hear(&text, lanes);
        }
    }
    child.kill().expect("the child is killed");
    child.wait().expect("the child is gone");
    // What it had said before it died.
    for text in said {
        acknowledged += hear(&text, lanes);
    }
    acknowledged
}
