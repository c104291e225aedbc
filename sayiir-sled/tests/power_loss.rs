//! What was acknowledged is there after a power loss at any sync, and every commit whole or absent.
//!
//! A child process works under `strace`; for each sync that it made, images are built of what a power loss just before or
//! after could leave, opened, and compared with what had been acknowledged. `SAYIIR_IMAGES=4000 cargo test -p sayiir-sled
//! --test power_loss` tries every sync several times, an ordinary run a part. Without `strace` the test says so and passes.

mod files;
mod lanes;
mod script;
mod trace;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use files::copy;
use lanes::{LANES, Lane, Work, compare, hear, runtime};
use sayiir_core::testing::random::Random;
use sayiir_sled::SledBackend;
use trace::{Moment, Trace};

const DATABASE: &str = "SAYIIR_POWER_DATABASE";
const SEED: &str = "SAYIIR_POWER_SEED";
const FILES: [&str; 2] = ["data-1/db", "tip"];

#[test]
#[cfg_attr(not(all(target_os = "linux", feature = "real-fsync")), ignore = "the trace is Linux's")]
fn nothing_acknowledged_is_lost_and_nothing_torn_by_a_power_loss() {
    if Command::new("strace").arg("--version").output().is_err() {
        println!("not tried: there is no strace");
        return;
    }
    let images: usize = env::var("SAYIIR_IMAGES").map_or(40, |images| images.parse().expect("a number"));
    let seed: u64 = env::var(SEED).map_or(1, |seed| seed.parse().expect("a number"));
    let directory = tempfile::tempdir().expect("a directory");
    let scene = Scene::record(directory.path(), seed);
    println!("{} acknowledged commits, each with a sync of its own or shared", scene.check_syncs());
    let mut random = Random::new(seed);
    let points = scene.points();
    assert!(points.len() > 20, "only {} syncs were recorded", points.len());
    for number in 0..images {
        let point = points[number * points.len() / images];
        // Before the sync has ended, or after it.
        let loss = if random.one_in(2) { point } else { point - 1 };
        scene.try_image(loss, &mut random);
    }
    println!("{images} images of {} syncs", points.len());
}

/// What was recorded.
struct Scene {
    directory: PathBuf,
    trace: Trace,
    /// The files as they were when the traced process began.
    base: Vec<Vec<u8>>,
    lanes: Vec<Lane>,
    opened: Moment,
}

impl Scene {
    fn record(directory: &Path, seed: u64) -> Self {
        let database = directory.join("store");
        let mut lanes = vec![Lane::default(); LANES];
        // A first process leaves something to go on from.
        for line in run(&mut child(&database, seed)).lines().filter(|line| line.starts_with("@ ")) {
            hear_one(line, &mut lanes);
        }
        drop(SledBackend::open(&database).expect("it opens"));
        let base = FILES.map(|name| fs::read(database.join(name)).expect("a file")).to_vec();
        let record = directory.join("trace");
        let traced = child(&database, seed + 1);
        let mut strace = Command::new("strace");
        strace
            .args(trace::ARGUMENTS)
            .arg("-o")
            .arg(&record)
            .arg(traced.get_program())
            .args(traced.get_args());
        strace.envs(traced.get_envs().filter_map(|(name, value)| Some((name, value?))));
        run(&mut strace);
        let trace = Trace::read(&record);
        let opened = trace.said.iter().find(|said| said.text == "@ opened").expect("it opened").end;
        Self { directory: directory.to_owned(), trace, base, lanes, opened }
    }

    /// Gives the number of acknowledgements.
    ///
    /// # Panics
    /// If the log was not synced between the call of a commit and its acknowledgement.
    fn check_syncs(&self) -> usize {
        let log = self.directory.join("store").join(FILES[0]);
        let mut called = BTreeMap::new();
        let mut acknowledged = 0;
        for said in &self.trace.said {
            match said.text.split(' ').collect::<Vec<_>>()[..] {
                ["@", "intend", lane, ..] => {
                    called.insert(lane, said.end);
                }
                ["@", "done", lane, ..] => {
                    assert!(self.trace.is_synced(&log, called[lane], said.begin), "unsynced: {}", said.text);
                    acknowledged += 1;
                }
                _ => {}
            }
        }
        acknowledged
    }

    /// The ends of the syncs, once the database was open.
    fn points(&self) -> Vec<Moment> {
        let syncs = self.trace.syncs(&self.directory.join("store").join(FILES[0]));
        syncs.into_iter().filter(|end| *end > self.opened).collect()
    }

    fn try_image(&self, loss: Moment, random: &mut Random) {
        let image = tempfile::tempdir().expect("a directory");
        copy(&self.directory.join("store"), image.path());
        for (name, base) in FILES.iter().zip(&self.base) {
            let path = self.directory.join("store").join(name);
            let bytes = self.trace.after(&path, base.clone(), loss, random);
            fs::write(image.path().join(name), bytes).expect("it is written");
        }
        let mut lanes = self.lanes.clone();
        for said in &self.trace.said {
            let heard = if said.text.starts_with("@ done") { said.end } else { said.begin };
            if heard <= loss {
                hear_one(&said.text, &mut lanes);
            }
        }
        let backend = SledBackend::open(image.path()).unwrap_or_else(|error| panic!("at {loss}: {error}"));
        runtime().block_on(compare(&backend, &mut lanes));
    }
}

fn hear_one(text: &str, lanes: &mut [Lane]) {
    if text != "@ opened" {
        hear(text, lanes);
    }
}

fn child(database: &Path, seed: u64) -> Command {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command
        .args(["--exact", "child_that_crashes", "--nocapture", "--test-threads=1"])
        .env(DATABASE, database)
        .env(SEED, seed.to_string());
    command
}

/// What a process that kills itself printed.
fn run(command: &mut Command) -> String {
    let output = command.stderr(Stdio::null()).output().expect("it runs");
    String::from_utf8(output.stdout).expect("text")
}

/// The child: not a test of its own. It ends as a crash does, so that sled writes nothing more.
#[test]
fn child_that_crashes() {
    let Ok(path) = env::var(DATABASE) else { return };
    let seed = env::var(SEED).expect("a seed").parse().expect("a number");
    let backend = SledBackend::open(path).expect("it opens");
    lanes::print_line("@ opened");
    runtime().block_on(lanes::work(&backend, Work { seed, commits: 30, compacts: false }));
    std::process::abort();
}
