//! The commits that wait, and how they are taken: as many as are there, and those that are about to come.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::thread;
use std::time::Instant;

use sayiir_core::backend::BackendError;
use sayiir_core::ids::RunId;
use tokio::sync::oneshot;

use crate::change::Prepared;
use crate::group::Group;
use crate::heads::Heads;
use crate::pace::Pace;

/// At most so many commits in a group: by then the sync costs each of them little, and while one group is written the next
/// is prepared.
const MOST_COMMITS: usize = 256;
/// No further commit is taken into a group that touches so many keys.
const MANY_KEYS: usize = 4_096;

/// Where an answer goes.
pub(crate) type Reply = oneshot::Sender<Result<(), BackendError>>;

/// What the writing thread is asked to do.
#[derive(Debug)]
pub(crate) enum Job {
    /// To write.
    Commit(Prepared, Reply),
    /// To write nothing until the live keys have been copied to a fresh directory.
    Compact(Reply),
    /// To open the database again, if there is none because the disk was full, or if sled gave it up for that.
    Open(Reply),
}

/// What the writing thread takes its jobs from.
#[derive(Debug)]
pub(crate) struct Queue {
    jobs: Receiver<Job>,
    /// Taken from `jobs` and not done.
    waiting: VecDeque<Job>,
    /// How many waited for the last group.
    expected: usize,
    pace: Arc<Pace>,
}

impl Queue {
    pub(crate) fn new(jobs: Receiver<Job>) -> Self {
        Self { jobs, waiting: VecDeque::new(), expected: 0, pace: Arc::default() }
    }

    pub(crate) fn pace(&self) -> Arc<Pace> {
        Arc::clone(&self.pace)
    }

    /// Waits for a job, at most until `until`, and takes all that are there; `false` once there will be none any more.
    pub(crate) fn wait(&mut self, until: Option<Instant>) -> bool {
        if self.waiting.is_empty() {
            let job = match until {
                None => self.jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(until) => self.jobs.recv_timeout(until.saturating_duration_since(Instant::now())),
            };
            match job {
                Ok(job) => self.waiting.push_back(job),
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
        self.gather();
        true
    }

    /// Takes all jobs that are there. Those who were answered last are about to come again: without a moment's patience they
    /// would miss each group by a hair, and two halves take turns where one group would do.
    fn gather(&mut self) {
        let (start, patience) = (Instant::now(), self.pace.patience());
        while self.take_all() && self.waiting.len() < self.expected && start.elapsed() < patience {
            thread::yield_now();
        }
        self.expected = self.waiting.len();
    }

    /// Takes the jobs that are there, up to a group's fill; `false` if more will not come.
    fn take_all(&mut self) -> bool {
        while self.waiting.len() < MOST_COMMITS {
            match self.jobs.try_recv() {
                Ok(job) => self.waiting.push_back(job),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => break,
            }
        }
        false
    }

    /// Whether more than enough commits wait for a group of their own.
    pub(crate) fn has_enough(&mut self) -> bool {
        self.take_all();
        self.waiting.len() >= self.pace.enough().clamp(1, MOST_COMMITS)
    }

    /// Takes the commits of the next group, in order, and those that are refused.
    pub(crate) fn collect(
        &mut self,
        db: &sled::Db,
        heads: &Heads,
    ) -> (Group, Vec<Reply>, Vec<(Reply, BackendError)>) {
        let mut group = Group::default();
        let (mut replies, mut refused) = (Vec::new(), Vec::new());
        // The order of one run's commits is kept: behind one that must wait, all wait.
        let mut held: HashSet<RunId> = HashSet::new();
        let mut later = VecDeque::new();
        for job in self.waiting.drain(..) {
            let Job::Commit(commit, reply) = job else {
                later.push_back(job);
                continue;
            };
            let runs = || commit.changes.iter().map(|change| &change.run);
            if group.has(MANY_KEYS) || group.meets(&commit) || runs().any(|run| held.contains(run)) {
                held.extend(runs().cloned());
                later.push_back(Job::Commit(commit, reply));
                continue;
            }
            match group.admit(db, heads, commit) {
                Ok(()) => replies.push(reply),
                Err(error) => refused.push((reply, error)),
            }
        }
        self.waiting = later;
        (group, replies, refused)
    }

    /// Takes the replies of those who ask for compaction, and answers those who wanted an open database: there is one.
    pub(crate) fn compactions(&mut self) -> Vec<Reply> {
        let mut replies = Vec::new();
        for job in std::mem::take(&mut self.waiting) {
            match job {
                Job::Compact(reply) => replies.push(reply),
                Job::Open(reply) => answer(reply, Ok(())),
                Job::Commit(..) => self.waiting.push_back(job),
            }
        }
        replies
    }

    /// Answers everything that waits.
    pub(crate) fn refuse(&mut self, why: &BackendError) {
        for Job::Commit(_, reply) | Job::Compact(reply) | Job::Open(reply) in self.waiting.drain(..) {
            answer(reply, Err(why.clone()));
        }
    }
}

/// Gives an answer. The caller may be gone; what was written stays.
pub(crate) fn answer(reply: Reply, result: Result<(), BackendError>) {
    let _ = reply.send(result);
}
