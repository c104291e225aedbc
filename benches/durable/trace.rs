//! What the engine really writes for one run of ten steps: found by looking into the database after each of its commits.
//!
//! When a step runs, the commits before it are on the device. So each step keeps a copy of sled's files, and the difference
//! between one copy and the next is what the commit between them has put and removed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

use sayiir::prelude::*;
use tempfile::TempDir;

use crate::Outcome;

/// As long as the ids of the runs that are measured.
const RUN: &str = "run-000-000000";
const STEPS: u64 = 10;

type Pairs = BTreeMap<sled::IVec, sled::IVec>;

/// Where sled's files are, and the copies of them.
struct Copies {
    of: TempDir,
    made: Vec<io::Result<TempDir>>,
}

static COPIES: Mutex<Option<Copies>> = Mutex::new(None);

/// The names are those of what is measured: they are part of what is written.
#[task]
async fn increment(number: u64) -> u64 {
    keep_copy();
    number + 1
}

#[workflow]
async fn count(steps: u64) -> u64 {
    let mut number = 0;
    while number < steps {
        number = increment(number).await;
    }
    number
}

/// One put, or one removal.
pub(crate) struct Write {
    pub(crate) key: Vec<u8>,
    /// Where the run's id stands in the key; nowhere in what is written once per group.
    pub(crate) run_at: Option<usize>,
    pub(crate) value: Option<sled::IVec>,
}

impl Write {
    fn new(key: &[u8], value: Option<&sled::IVec>) -> Self {
        let run_at = key.windows(RUN.len()).position(|part| part == RUN.as_bytes());
        Self { key: key.to_vec(), run_at, value: value.cloned() }
    }

    /// Of this run's.
    pub(crate) fn key_of(&self, run: &str) -> Vec<u8> {
        let mut key = self.key.clone();
        if let Some(at) = self.run_at {
            key[at..at + RUN.len()].copy_from_slice(run.as_bytes());
        }
        key
    }

    pub(crate) fn bytes(&self) -> usize {
        self.key.len() + self.value.as_ref().map_or(0, |value| value.len())
    }
}

/// What each commit of a run writes, in order.
pub(crate) async fn commits() -> Outcome<Vec<Vec<Write>>> {
    *copies() = Some(Copies { of: tempfile::tempdir()?, made: Vec::new() });
    let path = copies().as_ref().map(|copies| copies.of.path().to_owned()).unwrap_or_default();
    let engine = Engine::builder().backend(SledBackend::open(path)?).workflow::<count>().start().await?;
    keep_copy();
    engine.start(RUN, count(STEPS)).await?.result().await?;
    keep_copy();
    engine.shutdown().await;
    let made = copies().take().map(|copies| copies.made).unwrap_or_default();
    let states: Vec<Pairs> = made.into_iter().map(|copy| read(&copy?)).collect::<Outcome<_>>()?;
    Ok(states.windows(2).map(|pair| difference(&pair[0], &pair[1])).collect())
}

fn copies() -> std::sync::MutexGuard<'static, Option<Copies>> {
    COPIES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep_copy() {
    if let Some(copies) = &mut *copies() {
        let copy = copy(&copies.of.path().join("data-1"));
        copies.made.push(copy);
    }
}

fn copy(files: &Path) -> io::Result<TempDir> {
    let copy = tempfile::tempdir()?;
    for entry in fs::read_dir(files)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), copy.path().join(entry.file_name()))?;
        }
    }
    Ok(copy)
}

fn read(copy: &TempDir) -> Outcome<Pairs> {
    let db = sled::open(copy.path())?;
    Ok(db.iter().collect::<Result<_, _>>()?)
}

fn difference(before: &Pairs, after: &Pairs) -> Vec<Write> {
    let put = after.iter().filter(|(key, value)| before.get(*key) != Some(*value));
    let removed = before.keys().filter(|key| !after.contains_key(*key));
    put.map(|(key, value)| Write::new(key, Some(value)))
        .chain(removed.map(|key| Write::new(key, None)))
        .collect()
}
