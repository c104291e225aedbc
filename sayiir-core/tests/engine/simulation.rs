//! A seeded simulation: many runs, random signals, cancellations, retries, clock jumps, crashes and failing commits, and at the
//! end the histories must show that nothing was lost and nothing happened twice.
//!
//! `SAYIIR_SEEDS=5000 cargo test -p sayiir-core --all-features --test engine simulation` is the long soak;
//! `SAYIIR_SEED=17` replays one seed. The default is what CI runs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sayiir_core::backend::BackendError;
use sayiir_core::clock::Clock;
use sayiir_core::engine::{RetryError, Run, SignalError, WorkflowStatus};
use sayiir_core::history::Event;
use sayiir_core::memory::InMemoryBackend;
use sayiir_core::testing::random::Random;
use sayiir_core::testing::{CommitFault, FaultyBackend, TestEngine, VirtualClock};

use crate::engine_on;
use crate::scripted::{Op, Scripted};
use crate::world::{Act, World};

const RUNS: usize = 12;
const ACTIONS: usize = 150;
const SIGNALS: [&str; 2] = ["go", "stop"];

/// One run as its client knows it.
struct Client {
    id: String,
    ops: Vec<Op>,
    started: bool,
    /// For each signal, how many messages were acknowledged.
    sent: [u64; 2],
    /// The client wants it cancelled.
    cancels: bool,
}

struct Simulation {
    seed: u64,
    random: Random,
    world: World,
    clock: VirtualClock,
    backend: FaultyBackend<InMemoryBackend>,
    engine: TestEngine,
    clients: Vec<Client>,
    crashes: usize,
}

/// What all seeds together went through.
#[derive(Debug, Default)]
struct Totals {
    entries: u64,
    crashes: usize,
    completed: usize,
    cancelled: usize,
}

#[tokio::test]
async fn nothing_is_lost_and_nothing_happens_twice_whatever_goes_wrong() {
    let seeds = match (variable("SAYIIR_SEED"), variable("SAYIIR_SEEDS")) {
        (Some(seed), _) => seed..seed + 1,
        (None, seeds) => 0..seeds.unwrap_or(450),
    };
    let is_whole = seeds.end - seeds.start >= 450;
    let mut totals = Totals::default();
    for seed in seeds {
        let reminder = Reminder(seed);
        simulate(seed, &mut totals).await;
        std::mem::forget(reminder);
    }
    println!("{totals:?}");
    assert!(!is_whole || totals.entries >= 100_000, "{totals:?}");
    assert!(!is_whole || (totals.crashes > 500 && totals.completed > 1_000), "{totals:?}");
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Says how to replay when a seed fails.
struct Reminder(u64);

impl Drop for Reminder {
    fn drop(&mut self) {
        eprintln!("replay with SAYIIR_SEED={}", self.0);
    }
}

async fn simulate(seed: u64, totals: &mut Totals) {
    let mut random = Random::new(seed);
    let world = World::default();
    let clients = (0..RUNS).map(|number| client(&mut random, &world, number)).collect();
    let clock = VirtualClock::default();
    let backend = FaultyBackend::new(InMemoryBackend::new());
    let engine = engine_on(backend.clone(), clock.clone(), &world).await;
    let mut simulation = Simulation { seed, random, world, clock, backend, engine, clients, crashes: 0 };
    for _ in 0..ACTIONS {
        simulation.act().await;
    }
    simulation.finish().await;
    simulation.check(totals).await;
}

fn client(random: &mut Random, world: &World, number: usize) -> Client {
    let mut labels = 0;
    let mut label = || {
        labels += 1;
        format!("run-{number} task-{labels}")
    };
    let length = 4 + random.below(16);
    let ops: Vec<Op> = (0..length).map(|_| operation(random, world, &mut label, 0)).collect();
    Client { id: format!("run-{number}"), ops, started: false, sent: [0; 2], cancels: false }
}

fn operation(random: &mut Random, world: &World, label: &mut impl FnMut() -> String, depth: u32) -> Op {
    let mut task = |random: &mut Random| {
        let label = label();
        let acts =
            (0..random.below(3)).map(|_| random.pick(&[Act::Fail, Act::Succeed, Act::FailForGood]).clone());
        world.plan(&label, acts.collect::<Vec<_>>());
        label
    };
    let signal = (*random.pick(&SIGNALS)).to_owned();
    let seconds = random.below(200);
    match random.below(if depth < 2 { 13 } else { 10 }) {
        0 | 1 => Op::Work(task(random)),
        2 => Op::Sturdy(task(random)),
        3 => Op::Timed(task(random)),
        4 => Op::Once(task(random)),
        5 => Op::Scarce(task(random)),
        6 => Op::Wait(signal),
        7 => Op::WaitWithin(signal, seconds),
        8 => Op::Fresh(signal, seconds),
        9 => Op::Sleep(seconds),
        kind => {
            let branches =
                (0..=random.below(3)).map(|_| operation(random, world, label, depth + 1)).collect();
            match kind {
                10 => Op::All(branches),
                11 => Op::First(branches),
                _ => Op::Child(branches),
            }
        }
    }
}

/// What a client tries to do.
enum Action {
    Start(usize),
    Signal(usize, usize),
    /// The last acknowledged message once more.
    Repeat(usize, usize),
    Cancel(usize),
    Retry(usize),
    Advance(Duration),
}

impl Simulation {
    async fn act(&mut self) {
        if self.random.one_in(12) {
            self.plan_fault();
        }
        if self.random.one_in(25) {
            let hours = i64::try_from(self.random.below(5)).unwrap_or(0) - 2;
            self.clock.set(self.clock.now() + SignedDuration::from_hours(hours));
        }
        let action = self.choose();
        self.perform(action).await;
    }

    /// One of the next commits is refused, perhaps although it is written, or is the last that this process makes.
    fn plan_fault(&mut self) {
        let number = self.backend.commits() + 1 + self.random.below(6);
        let full = BackendError::StorageFull { detail: "simulated".into() };
        let fault = match self.random.below(4) {
            0 => CommitFault::CrashBefore,
            1 => CommitFault::CrashAfter,
            2 => CommitFault::WriteAndRefuse(full),
            _ => CommitFault::Refuse(full),
        };
        self.backend.fault(number, fault);
    }

    fn choose(&mut self) -> Action {
        let run = usize::try_from(self.random.below(RUNS as u64)).unwrap_or(0);
        let signal = usize::try_from(self.random.below(2)).unwrap_or(0);
        if !self.clients[run].started {
            return Action::Start(run);
        }
        match self.random.below(12) {
            0..6 => Action::Signal(run, signal),
            6 if self.clients[run].sent[signal] > 0 => Action::Repeat(run, signal),
            7 if self.random.one_in(8) => Action::Cancel(run),
            8 => Action::Retry(run),
            _ => Action::Advance(Duration::from_secs(self.random.below(120))),
        }
    }

    /// Performs the action, unless the process ends on it; then the next process begins.
    async fn perform(&mut self, action: Action) {
        let (engine, clients, backend) = (&self.engine, &mut self.clients, self.backend.clone());
        let crashed = tokio::select! {
            biased;
            () = backend.crashed() => true,
            () = attempt(engine, clients, action) => false,
        };
        if crashed {
            self.restart().await;
        }
    }

    async fn restart(&mut self) {
        self.crashes += 1;
        let left = self.backend.inner().clone();
        self.backend = FaultyBackend::new(left);
        let next = engine_on(self.backend.clone(), self.clock.clone(), &self.world).await;
        std::mem::replace(&mut self.engine, next).crash().await;
    }

    /// Nothing goes wrong any more: every run comes to its end.
    async fn finish(&mut self) {
        self.restart().await;
        for round in 0..200 {
            let mut all_ended = true;
            for run in 0..RUNS {
                if !self.clients[run].started {
                    attempt(&self.engine, &mut self.clients, Action::Start(run)).await;
                }
                let handle: Run<Scripted> =
                    self.engine.run(&self.clients[run].id).await.expect("the run is there");
                let status = handle.status().await.expect("a status");
                all_ended &= has_ended(&status);
                if let WorkflowStatus::WaitingForSignal { signals, .. } = status {
                    let signal = SIGNALS.iter().position(|name| signals[0] == *name).unwrap_or(0);
                    attempt(&self.engine, &mut self.clients, Action::Signal(run, signal)).await;
                }
            }
            if all_ended {
                return;
            }
            assert!(round < 199, "seed {}: not all runs came to an end", self.seed);
            self.engine.advance(Duration::from_mins(10)).await;
        }
    }

    async fn check(self, totals: &mut Totals) {
        totals.crashes += self.crashes;
        for client in &self.clients {
            let run: Run<Scripted> = self.engine.run(&client.id).await.expect("the run is there");
            let context = format!("seed {}, run {}", self.seed, client.id);
            match run.status().await.expect("a status") {
                WorkflowStatus::Completed(lines) => {
                    assert_eq!(lines.len(), client.ops.len(), "{context}: a line for each operation");
                    totals.completed += 1;
                }
                WorkflowStatus::Cancelled { .. } => {
                    assert!(client.cancels, "{context}: nobody cancelled it");
                    totals.cancelled += 1;
                }
                other => panic!("{context}: ended as {other:?}"),
            }
            let history = run.history().await.expect("a history");
            history.verify().expect("the hash chain holds");
            totals.entries += history.head().length;
            let events: Vec<(Timestamp, &Event)> =
                history.iter().map(|entry| (entry.at, &entry.event)).collect();
            check_steps(&self.world, &events, &context);
            check_timers(&events, &context);
            for (number, signal) in SIGNALS.iter().enumerate() {
                check_signals(&events, signal, client.sent[number], &context);
            }
        }
        check_once(&self.world, self.seed);
        assert_eq!(self.engine.active_runs(), 0, "seed {}: nothing is left running", self.seed);
        self.engine.crash().await;
    }
}

fn has_ended(status: &WorkflowStatus<Vec<String>>) -> bool {
    matches!(status, WorkflowStatus::Completed(_) | WorkflowStatus::Cancelled { .. })
}

async fn attempt(engine: &TestEngine, clients: &mut [Client], action: Action) {
    match action {
        Action::Start(run) => {
            let client = &mut clients[run];
            let script = Scripted::call(client.ops.clone());
            client.started |= engine.start(&client.id, script).or_attach().await.is_ok();
        }
        Action::Signal(run, signal) => {
            let client = &mut clients[run];
            let number = client.sent[signal];
            match send(engine, client, signal, number).await {
                Ok(()) => client.sent[signal] += 1,
                Err(SignalError::Finished { .. } | SignalError::Backend(_)) => {}
                Err(other) => panic!("a signal to a live run was refused: {other}"),
            }
        }
        Action::Repeat(run, signal) => {
            let number = clients[run].sent[signal] - 1;
            let repeated = send(engine, &clients[run], signal, number).await;
            assert!(
                !matches!(repeated, Err(SignalError::Finished { .. })),
                "a repeated signal is acknowledged"
            );
        }
        Action::Cancel(run) => {
            clients[run].cancels = true;
            let _ = engine.cancel(&clients[run].id, "simulated").await;
        }
        Action::Retry(run) => match engine.retry(&clients[run].id).await {
            Ok(()) => panic!("nothing in the simulation fails or blocks"),
            Err(RetryError::NotFailed { .. } | RetryError::Backend(_)) => {}
            Err(other) => panic!("{other}"),
        },
        Action::Advance(time) => engine.advance(time).await,
    }
}

async fn send(engine: &TestEngine, client: &Client, signal: usize, number: u64) -> Result<(), SignalError> {
    let name = SIGNALS[signal];
    let sent = engine.signal(&client.id, name, &number.to_string());
    sent.idempotency_key(format!("{name}-{number}")).await
}

/// Each step is committed once, and was really done.
fn check_steps(world: &World, events: &[(Timestamp, &Event)], context: &str) {
    let called: BTreeSet<String> = world.calls().into_iter().map(|call| call.key).collect();
    let mut done = BTreeSet::new();
    for (_, event) in events {
        if let Event::StepDone { key, .. } = event {
            assert!(done.insert(key.clone()), "{context}: step {key} was committed twice");
            assert!(called.contains(&**key), "{context}: step {key} never ran");
        }
    }
}

/// No timer fires early.
fn check_timers(events: &[(Timestamp, &Event)], context: &str) {
    for (at, event) in events {
        if let Event::TimerFired { due, .. } = event {
            assert!(at >= due, "{context}: a timer for {due} fired at {at}");
        }
    }
}

/// Every acknowledged message was received once; they are taken in the order they were sent, and none twice.
fn check_signals(events: &[(Timestamp, &Event)], wanted: &str, acknowledged: u64, context: &str) {
    let mut received = 0;
    let mut consumed = 0;
    for (_, event) in events {
        match event {
            Event::SignalReceived { signal, position, .. } if signal == wanted => {
                assert_eq!(*position, received, "{context}: messages of `{wanted}` are numbered in order");
                received += 1;
            }
            Event::SignalTaken { signal, position } | Event::SignalSuperseded { signal, position }
                if signal == wanted =>
            {
                assert_eq!(*position, consumed, "{context}: messages of `{wanted}` are taken in order");
                consumed += 1;
            }
            _ => {}
        }
    }
    // One more may have been stored by a process that ended before it could say so.
    assert!((acknowledged..=acknowledged + 1).contains(&received), "{context}: {received} of {acknowledged}");
    assert!(consumed <= received, "{context}: {consumed} of {received}");
}

/// Tasks that may run at most once began at most once.
fn check_once(world: &World, seed: u64) {
    let mut attempts: BTreeMap<(String, u32), usize> = BTreeMap::new();
    for call in world.calls().into_iter().filter(|call| call.task == "once") {
        *attempts.entry((call.key, call.attempt)).or_default() += 1;
    }
    let twice: Vec<_> = attempts.into_iter().filter(|(_, count)| *count > 1).collect();
    assert!(twice.is_empty(), "seed {seed}: {twice:?}");
}
