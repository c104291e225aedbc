//! Many lanes that commit side by side, each on runs of its own, and say what they do: what a process that dies was about to
//! commit, and what was acknowledged to it.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::HashMap;
use std::io::Write;

use sayiir_core::backend::{Backend, Commit};
use sayiir_core::testing::random::Random;
use sayiir_sled::SledBackend;

use crate::script::{self, Place};

pub(crate) const LANES: usize = 12;
const RUNS_OF_A_LANE: usize = 3;

/// What was said of one lane.
#[derive(Debug, Default, Clone)]
pub(crate) struct Lane {
    /// Where each run was after the last acknowledged commit.
    acknowledged: HashMap<usize, Place>,
    /// Where the runs of the commit in flight will be.
    intended: HashMap<usize, Place>,
}

/// How a lane works.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work {
    pub(crate) seed: u64,
    /// How many commits it makes.
    pub(crate) commits: u64,
    /// Whether it asks for compaction now and then.
    pub(crate) compacts: bool,
}

/// Lets all lanes work.
pub(crate) async fn work(backend: &SledBackend, work: Work) {
    let lanes = (0..LANES).map(|lane| tokio::spawn(work_on(backend.clone(), lane, work)));
    for lane in lanes.collect::<Vec<_>>() {
        lane.await.expect("it works to its end");
    }
}

async fn work_on(backend: SledBackend, lane: usize, work: Work) {
    let mut random = Random::new(work.seed ^ lane as u64);
    let mut places = HashMap::new();
    for run in runs(lane) {
        places.insert(run, script::verify(&backend, &script::run(run)).await);
    }
    for _ in 0..work.commits {
        let first = lane * RUNS_OF_A_LANE;
        let count = 1 + usize::try_from(random.below(RUNS_OF_A_LANE as u64)).expect("small");
        let chosen = first..first + count;
        let next: Vec<_> = chosen.clone().map(|run| (run, places[&run].next())).collect();
        let changes = chosen.map(|run| script::change(&script::run(run), places[&run])).collect();
        say("intend", lane, &next);
        backend.commit(&Commit { changes }).await.expect("it commits");
        if work.compacts && lane == 0 && random.one_in(40) {
            backend.compact().await.expect("it compacts");
        }
        say("done", lane, &next);
        places.extend(next);
    }
}

/// One write, so that lines of lanes do not mix.
fn say(word: &str, lane: usize, places: &[(usize, Place)]) {
    let places: Vec<_> = places.iter().map(|(run, place)| format!("{run}={place}")).collect();
    print_line(&format!("@ {word} {lane} {}", places.join(" ")));
}

/// Prints a line in one write.
pub(crate) fn print_line(text: &str) {
    let text = format!("\n{text}\n");
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).expect("the parent listens");
}

/// Takes in what was said; gives the number of acknowledgements.
pub(crate) fn hear(text: &str, lanes: &mut [Lane]) -> u64 {
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

/// Compares everything with what was said, and takes over where the store is.
///
/// # Panics
/// If something acknowledged is missing, or a commit is torn.
pub(crate) async fn compare(backend: &SledBackend, lanes: &mut [Lane]) {
    let mut all = Vec::new();
    for (number, lane) in lanes.iter_mut().enumerate() {
        let mut reached = Vec::new();
        for run in runs(number) {
            let id = script::run(run);
            let found = script::verify(backend, &id).await;
            let before = lane.acknowledged.get(&run).copied().unwrap_or_default();
            // A run that is gone does not say which life it had.
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

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime")
}
