//! The outside world of the tests: what tasks do when they run, and what they did.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sayiir_core::task::TaskContext;
use tokio::sync::watch;

/// What one attempt of a task does.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Succeed,
    Fail,
    /// Fails in a way that is not worth another attempt.
    FailForGood,
    Panic,
    /// Never ends by itself.
    Hang,
    /// Ends when the gate of that name is opened.
    Gate(&'static str),
    /// Never ends by itself, and panics when it is dropped.
    Trap,
    /// Reports progress, then never ends.
    Report(&'static str),
    /// Hands its context to somebody who outlives it, and never ends by itself.
    Delegate,
}

/// An attempt that began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) task: &'static str,
    pub(crate) label: String,
    pub(crate) run: String,
    pub(crate) attempt: u32,
    pub(crate) key: String,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct World(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    plan: Mutex<BTreeMap<String, VecDeque<Act>>>,
    calls: Mutex<Vec<Call>>,
    gates: Mutex<BTreeMap<&'static str, watch::Sender<bool>>>,
    running: Mutex<(usize, usize)>,
    cancelled: Mutex<Vec<String>>,
    delegated: Mutex<BTreeMap<String, TaskContext>>,
}

impl World {
    /// What the next attempts of the task with this label do; later ones succeed.
    pub(crate) fn plan(&self, label: &str, acts: impl IntoIterator<Item = Act>) -> &Self {
        lock(&self.0.plan).insert(label.into(), acts.into_iter().collect());
        self
    }

    /// All attempts so far, in order.
    pub(crate) fn calls(&self) -> Vec<Call> {
        lock(&self.0.calls).clone()
    }

    /// How many attempts of this label began.
    pub(crate) fn count(&self, label: &str) -> usize {
        lock(&self.0.calls).iter().filter(|call| call.label == label).count()
    }

    /// The labels of attempts that saw that they were cancelled.
    pub(crate) fn cancelled(&self) -> Vec<String> {
        lock(&self.0.cancelled).clone()
    }

    /// What an attempt of this label handed to somebody else.
    pub(crate) fn delegated(&self, label: &str) -> TaskContext {
        lock(&self.0.delegated).get(label).cloned().expect("an attempt of this label has begun")
    }

    /// The highest number of attempts that were running together.
    pub(crate) fn peak(&self) -> usize {
        lock(&self.0.running).1
    }

    pub(crate) fn open(&self, gate: &'static str) {
        self.gate(gate).send_replace(true);
    }

    fn gate(&self, gate: &'static str) -> watch::Sender<bool> {
        lock(&self.0.gates).entry(gate).or_insert_with(|| watch::Sender::new(false)).clone()
    }

    /// One attempt.
    pub(crate) async fn act(
        &self,
        task: &'static str,
        label: String,
        context: TaskContext,
    ) -> Result<String, (String, bool)> {
        lock(&self.0.calls).push(Call {
            task,
            label: label.clone(),
            run: context.run_id().to_string(),
            attempt: context.attempt(),
            key: context.idempotency_key().into(),
        });
        let act = lock(&self.0.plan).get_mut(&label).and_then(VecDeque::pop_front).unwrap_or(Act::Succeed);
        let _running = Running::new(self.clone());
        match act {
            Act::Succeed => Ok(format!("{label} done")),
            Act::Fail => Err((format!("{label} failed"), true)),
            Act::FailForGood => Err((format!("{label} failed for good"), false)),
            Act::Panic => panic!("{label} panicked"),
            Act::Hang => self.until_cancelled(label, &context).await,
            Act::Trap => {
                let _trap = Trap;
                std::future::pending().await
            }
            Act::Report(words) => {
                context.report_progress(words);
                self.until_cancelled(label, &context).await
            }
            Act::Delegate => {
                lock(&self.0.delegated).insert(label, context);
                std::future::pending().await
            }
            Act::Gate(gate) => {
                let mut open = self.gate(gate).subscribe();
                let _ = open.wait_for(|open| *open).await;
                Ok(format!("{label} done"))
            }
        }
    }

    async fn until_cancelled(&self, label: String, context: &TaskContext) -> Result<String, (String, bool)> {
        context.cancellation().cancelled().await;
        lock(&self.0.cancelled).push(label.clone());
        Err((format!("{label} was cancelled"), false))
    }
}

struct Trap;

impl Drop for Trap {
    fn drop(&mut self) {
        panic!("the trap is sprung");
    }
}

struct Running(World);

impl Running {
    fn new(world: World) -> Self {
        {
            let mut running = lock(&world.0.running);
            running.0 += 1;
            running.1 = running.1.max(running.0);
        }
        Self(world)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        lock(&self.0.0.running).0 -= 1;
    }
}

/// Bugs in stretches: a stretch sees no injected value, so they are switched on by name.
static BUGS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

pub(crate) fn break_stretch(name: &str) {
    lock(&BUGS).insert(name.into());
}

pub(crate) fn mend_stretch(name: &str) {
    lock(&BUGS).remove(name);
}

/// Stands still, with the whole thread, while the stretch of this name is broken.
pub(crate) fn stand_still(name: &str) {
    lock(&STANDING).insert(name.into());
    while is_broken(name) {
        std::thread::yield_now();
    }
}

static STANDING: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

pub(crate) fn stands_still(name: &str) -> bool {
    lock(&STANDING).contains(name)
}

pub(crate) fn is_broken(name: &str) -> bool {
    lock(&BUGS).contains(name)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
