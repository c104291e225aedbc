//! What was acknowledged is there after a SIGKILL at any moment, and every commit whole or absent.
//!
//! A child process commits on many runs at once and prints what it is about to commit and what was acknowledged. It is killed
//! after a random number of lines, during open too; then the database is opened and all of it is compared. `SAYIIR_KILLS=300
//! cargo test -p sayiir-sled --test crash` kills more often than the 30 times of an ordinary run.

mod script;

use std::collections::HashMap;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sayiir_core::backend::{Backend, Commit};
use sayiir_core::testing::random::Random;
use sayiir_sled::SledBackend;
use script::Place;

const DATABASE: &str = "SAYIIR_CRASH_DATABASE";
const SEED: &str = "SAYIIR_CRASH_SEED";
const LANES: usize = 12;
const RUNS_OF_A_LANE: usize = 3;

/// What the child said of one lane.
#[derive(Debug, Default, Clone)]
struct Lane {
    /// Where each run was after the last acknowledged commit.
    acknowledged: HashMap<usize, Place>,
    /// Where the runs of the commit in flight will be.
    intended: HashMap<usize, Place>,
}

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
    runtime().block_on(async {
        let backend = SledBackend::open(path).expect("it opens");
        let lanes = (0..LANES).map(|lane| tokio::spawn(work(backend.clone(), lane, seed)));
        for lane in lanes.collect::<Vec<_>>() {
            lane.await.expect("it works until it is killed");
        }
    });
}

async fn work(backend: SledBackend, lane: usize, seed: u64) {
    let mut random = Random::new(seed ^ lane as u64);
    let mut places = HashMap::new();
    for run in runs(lane) {
        let place = script::verify(&backend, &script::run(run)).await;
        // A removed run does not say which life it had: the parent does not ask.
        places.insert(run, place);
    }
    loop {
        let first = lane * RUNS_OF_A_LANE;
        let count = 1 + usize::try_from(random.below(RUNS_OF_A_LANE as u64)).expect("small");
        let chosen = first..first + count;
        let next: Vec<_> = chosen.clone().map(|run| (run, places[&run].next())).collect();
        let changes = chosen.map(|run| script::change(&script::run(run), places[&run])).collect();
        say("intend", lane, &next);
        backend.commit(Commit { changes }).await.expect("it commits");
        if lane == 0 && random.one_in(40) {
            backend.compact().await.expect("it compacts");
        }
        say("done", lane, &next);
        places.extend(next);
    }
}

/// One write, so that lines of lanes do not mix.
fn say(word: &str, lane: usize, places: &[(usize, Place)]) {
    let places: Vec<_> = places.iter().map(|(run, place)| format!("{run}={place}")).collect();
    let text = format!("\n@ {word} {lane} {}\n", places.join(" "));
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).expect("the parent listens");
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

fn hear(text: &str, lanes: &mut [Lane]) -> u64 {
    let mut words = text.split(' ').skip(1);
    let word = words.next().expect("a word");
    let number: usize = words.next().and_then(|lane| lane.parse().ok()).expect("a lane");
    let places: Option<HashMap<usize, Place>> = words
        .map(|pair| {
            let (run, place) = pair.split_once('=')?;
            Some((run.parse().ok()?, place.parse().ok()?))
        })
        .collect();
    let Some(places) = places else { return 0 };
    let lane = &mut lanes[number];
    if word == "done" {
        lane.acknowledged.extend(places);
        lane.intended.clear();
        return 1;
    }
    lane.intended = places;
    0
}

/// Compares everything, and takes over where the store is.
async fn compare(backend: &SledBackend, lanes: &mut [Lane]) {
    let mut all = Vec::new();
    for (number, lane) in lanes.iter_mut().enumerate() {
        let mut reached = Vec::new();
        for run in runs(number) {
            let id = script::run(run);
            let found = script::verify(backend, &id).await;
            let before = lane.acknowledged.get(&run).copied().unwrap_or_default();
            let same = |place: Place| place == found || (place.revision == 0 && found.revision == 0);
            match lane.intended.get(&run) {
                Some(after) if same(*after) => reached.push(true),
                Some(_) if same(before) => reached.push(false),
                None if same(before) => {}
                after => panic!("{id:?} is at {found}, acknowledged was {before}, intended {after:?}"),
            }
            lane.acknowledged.insert(run, found);
            all.push((id, found));
        }
        assert!(reached.windows(2).all(|pair| pair[0] == pair[1]), "a torn commit: {lane:?}");
        lane.intended.clear();
    }
    script::verify_indexes(backend, &all).await;
}

fn runs(lane: usize) -> std::ops::Range<usize> {
    lane * RUNS_OF_A_LANE..(lane + 1) * RUNS_OF_A_LANE
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime")
}
