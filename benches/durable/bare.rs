//! Loops that write what the engine writes, and do nothing else.

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use crate::{Outcome, trace};

/// The commits of runs of ten steps, as the engine writes them.
pub(crate) struct Runs(Vec<Vec<trace::Write>>);

impl Runs {
    pub(crate) async fn as_the_engine_writes_them() -> Outcome<Self> {
        Ok(Self(trace::commits().await?))
    }

    /// Commits of a run.
    pub(crate) fn length(&self) -> usize {
        self.0.len()
    }

    /// Keys that a run writes, and bytes of keys and values, both with those of its groups.
    pub(crate) fn keys_and_bytes(&self) -> (usize, usize) {
        let writes = || self.0.iter().flatten();
        (writes().count(), writes().map(trace::Write::bytes).sum())
    }

    /// What a lane writes in a group. Lanes are not in step: each began its first run at another commit.
    fn writes(&self, lane: usize, group: usize) -> impl Iterator<Item = (Vec<u8>, Option<&sled::IVec>)> {
        let (number, commit) = ((group + lane) / self.length(), (group + lane) % self.length());
        let run = format!("run-{lane:03}-{number:06}");
        self.0[commit].iter().map(move |write| (write.key_of(&run), write.value.as_ref()))
    }
}

/// Commits per second of sled with one batch and one sync for all that are in flight, on a thread of its own.
pub(crate) fn grouped(runs: &Runs, time: Duration, in_flight: usize) -> Outcome<f64> {
    let directory = tempfile::tempdir()?;
    let config = sled::Config::new().path(directory.path()).cache_capacity(128 * 1024 * 1024);
    let db = config.flush_every_ms(Some(500)).open()?;
    let write = |group: usize| -> Outcome<()> {
        let mut batch = sled::Batch::default();
        for (key, value) in (0..in_flight).flat_map(|lane| runs.writes(lane, group)) {
            // What belongs to no run has the same key in all commits of the group, and is written once.
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        db.apply_batch(batch)?;
        db.flush()?;
        Ok(())
    };
    repeat(time, in_flight, write)
}

/// Commits per second of a file that is only appended to, with one sync for all that are in flight.
pub(crate) fn append(runs: &Runs, time: Duration, in_flight: usize) -> Outcome<f64> {
    let directory = tempfile::tempdir()?;
    let mut file = File::create(directory.path().join("log"))?;
    repeat(time, in_flight, move |number| {
        let mut group = Vec::new();
        for (key, value) in (0..in_flight).flat_map(|lane| runs.writes(lane, number)) {
            group.extend_from_slice(&key);
            group.extend(value.into_iter().flat_map(|value| value.iter()));
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
