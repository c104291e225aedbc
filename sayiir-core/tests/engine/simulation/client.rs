//! A client of the simulation: one run, what it is to do, and what its client has been told.

use sayiir_core::testing::random::Random;

use super::SIGNALS;
use crate::promises::scripted::Op;
use crate::promises::world::{Act, World};

/// One run as its client knows it.
pub(super) struct Client {
    pub(super) id: String,
    pub(super) ops: Vec<Op>,
    /// It has a limit for the whole run.
    pub(super) limited: bool,
    pub(super) started: bool,
    /// For each signal, how many messages were acknowledged.
    pub(super) sent: [u64; 2],
    /// The client wants it cancelled.
    pub(super) cancels: bool,
}

impl Client {
    pub(super) fn new(random: &mut Random, world: &World, number: usize) -> Self {
        let id = format!("run-{number}");
        let length = 4 + random.below(14);
        let mut script = Writer { random, world, id: &id, tasks: 0, scripts: 0 };
        let mut ops = script.ops(length, 0);
        if script.random.one_in(6) {
            ops.push(script.failing());
        }
        let limited = random.one_in(6);
        Self { id, ops, limited, started: false, sent: [0; 2], cancels: false }
    }

    /// Whether its run may end with an error: its script does, or its time is limited.
    pub(super) fn may_fail(&self) -> bool {
        self.limited || matches!(self.ops.last(), Some(Op::Try(_)))
    }
}

/// Writes scripts. Every task has a label of its own; what is reserved says in which script: `run-3 script-2 task-7`.
struct Writer<'a> {
    random: &'a mut Random,
    world: &'a World,
    id: &'a str,
    tasks: u64,
    scripts: u64,
}

impl Writer<'_> {
    /// A script of its own.
    fn script(&mut self, length: u64, depth: u32) -> Vec<Op> {
        self.scripts += 1;
        let mut ops = self.ops(length, depth);
        if self.random.one_in(3) {
            ops.push(self.failing());
        }
        ops
    }

    fn ops(&mut self, length: u64, depth: u32) -> Vec<Op> {
        let script = self.scripts;
        (0..length).map(|_| self.op(script, depth)).collect()
    }

    fn op(&mut self, script: u64, depth: u32) -> Op {
        let signal = (*self.random.pick(&SIGNALS)).to_owned();
        let seconds = self.random.below(200);
        match self.random.below(if depth < 2 { 24 } else { 13 }) {
            0 => Op::Work(self.task(script)),
            1..=3 => Op::Reserve(self.reservation(script)),
            4 => Op::Sturdy(self.task(script)),
            5 => Op::Timed(self.task(script)),
            6 => Op::Once(self.task(script)),
            7 => Op::Scarce(self.task(script)),
            8 => Op::Wait(signal),
            9 => Op::WaitWithin(signal, seconds),
            10 => Op::Fresh(signal, seconds),
            11 => Op::Sleep(seconds),
            12 => Op::Spawn(format!("{} of {}", self.task(script), self.id), vec![Op::Sleep(seconds)]),
            13 => Op::All(self.branches(script, depth)),
            14 => Op::First(self.branches(script, depth)),
            15 | 16 => Op::Caught(self.short(depth)),
            17 => Op::Join(self.short(depth), self.short(depth)),
            18 => Op::TryJoin(self.short(depth), self.short(depth)),
            19 => Op::JoinAll(self.several(depth), Some(2)),
            20 => Op::TryJoinAll(self.several(depth), Some(2)),
            _ => Op::Select(self.short(depth), self.short(depth)),
        }
    }

    fn short(&mut self, depth: u32) -> Vec<Op> {
        let length = 1 + self.random.below(3);
        self.script(length, depth + 1)
    }

    fn several(&mut self, depth: u32) -> Vec<Vec<Op>> {
        (0..self.random.below(4)).map(|_| self.short(depth)).collect()
    }

    fn branches(&mut self, script: u64, depth: u32) -> Vec<Op> {
        (0..=self.random.below(3)).map(|_| self.op(script, depth + 1)).collect()
    }

    /// The label of a task whose attempts fail as it comes.
    fn task(&mut self, script: u64) -> String {
        self.tasks += 1;
        let label = format!("{} script-{script} task-{}", self.id, self.tasks);
        let acts = (0..self.random.below(3))
            .map(|_| self.random.pick(&[Act::Fail, Act::Succeed, Act::FailForGood]).clone());
        let acts: Vec<Act> = acts.collect();
        self.world.plan(&label, acts);
        label
    }

    /// The label of a task that is done at once, and undone with difficulty.
    fn reservation(&mut self, script: u64) -> String {
        self.tasks += 1;
        let label = format!("{} script-{script} task-{} reserved", self.id, self.tasks);
        let difficulty = match self.random.below(8) {
            0 => vec![Act::Succeed, Act::Fail, Act::Fail],
            1 => vec![Act::Succeed, Act::FailForGood],
            _ => Vec::new(),
        };
        self.world.plan(&label, difficulty);
        label
    }

    /// A task whose error ends its script.
    fn failing(&mut self) -> Op {
        self.tasks += 1;
        let label = format!("{} failing task-{}", self.id, self.tasks);
        self.world.plan(&label, vec![Act::FailForGood; 1_000]);
        Op::Try(label)
    }
}
