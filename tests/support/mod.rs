//! Drives a compiled body by hand: every leaf is performed at once, and the state goes through JSON at every suspension.

use std::cell::OnceCell;

use sayiir_core::codec::StateReader;
use sayiir_core::durable::Stored;
use sayiir_core::ids::{Frame, IdempotencyKey, Incarnation, LeafPath, RunId, StepNumber};
use sayiir_core::operation::{AlreadyExists, Leaf, Leaves};
use sayiir_core::record::Compensation;
use sayiir_core::signal::Message;
use sayiir_core::step::{Outcome, Step};
use sayiir_core::task::{Attempted, Provided, Surroundings};
use sayiir_core::workflow::{Progress, Workflow, WorkflowState};

/// What a script answers to the signals of a run, in order: `None` lets the limit pass.
pub(crate) type Script = Vec<(&'static str, Option<serde_json::Value>)>;

/// What the world outside says while a run waits.
pub(crate) trait Answers {
    /// The payload of the next signal of this name; `None` lets the limit pass, if there is one.
    fn signal(&mut self, name: &str, limited: bool) -> Option<serde_json::Value>;

    /// Whether nobody ever sends this signal: the leaf behind it goes first.
    fn is_silent(&self, _name: &str) -> bool {
        false
    }

    /// A timer fires.
    fn timer(&mut self, _until: jiff::Timestamp) {}

    /// A run is to be started; `false` if its id is taken.
    fn spawn(&mut self, _id: &str, _workflow: &str, _input: &str) -> bool {
        true
    }

    /// A child workflow has failed, and this is undone.
    fn undone(&mut self, _compensation: &Compensation) {}

    /// All that is remembered by now for the case that the run fails.
    fn remembered(&mut self, _compensations: &[Compensation]) {}
}

impl Answers for Script {
    fn signal(&mut self, name: &str, _limited: bool) -> Option<serde_json::Value> {
        assert!(!self.is_empty(), "the script says nothing about `{name}`");
        let (expected, answer) = self.remove(0);
        assert_eq!(name, expected, "another signal than the script's");
        answer
    }
}

/// Runs to the end and returns what the body returned, with the places where it waited.
pub(crate) fn drive<W: Workflow>(input: W::Input, mut script: Script) -> (W::Return, Vec<String>) {
    drive_with::<W>(input, &mut script)
}

/// The same, with answers that may depend on what has happened.
pub(crate) fn drive_with<W: Workflow>(
    input: W::Input,
    answers: &mut dyn Answers,
) -> (W::Return, Vec<String>) {
    let run = RunId::new("test").expect("a valid id");
    let now = jiff::Timestamp::UNIX_EPOCH;
    let mut waits = Vec::new();
    let mut state = round_trip::<W>(&W::begin(input));
    let mut step = Step::begin(&run, now);
    let mut remembered: Vec<Compensation>;
    loop {
        let progress = W::advance(state, &mut step);
        remembered = step.take_compensations().into_owned();
        answers.remembered(&remembered);
        state = match progress {
            Progress::Returned(output) => return (output, waits),
            Progress::Fault(fault) => panic!("the machine stopped: {fault}"),
            Progress::Waits(state) => round_trip::<W>(&state),
        };
        waits.push(state.variant_name().to_owned());
        let (path, outcome) = perform::<W>(&state, &mut remembered, answers);
        step = Step::deliver(&run, now, path, outcome);
        step.remember(remembered);
    }
}

fn round_trip<W: Workflow>(state: &W::State) -> W::State {
    let stored: Stored = state.encode().expect("every state encodes");
    let reader = StateReader::new(&stored).expect("one variant");
    W::State::decode(&reader).unwrap_or_else(|error| panic!("{error} in {}", stored.as_str()))
}

fn perform<W: Workflow>(
    state: &W::State,
    remembered: &mut Vec<Compensation>,
    answers: &mut dyn Answers,
) -> (LeafPath, Outcome) {
    let mut found = None;
    state.leaves(&mut Leaves::new(&mut |path, leaf| {
        if found.is_some() {
            return;
        }
        let outcome = match leaf {
            Leaf::Task(task) => {
                let around = Surroundings {
                    provided: &Provided::default(),
                    run: &RunId::new("test").expect("a valid id"),
                    key: IdempotencyKey {
                        incarnation: Incarnation(0),
                        step: StepNumber(0),
                        path: path.clone(),
                    },
                    attempt: 1,
                    asked: OnceCell::new(),
                };
                let attempt = task.attempt(&around).expect("the input survives");
                let attempted: Attempted =
                    futures_util::FutureExt::now_or_never(attempt).expect("test tasks do not wait");
                Outcome::Returned(attempted.value)
            }
            Leaf::Signal { name, .. } if answers.is_silent(name) => return,
            Leaf::Signal { name, deadline, .. } => match answers.signal(name, deadline.is_some()) {
                None => Outcome::Elapsed,
                Some(value) => Outcome::Signal(Message {
                    signal: name.to_owned(),
                    position: 0,
                    payload: Stored::encode(&value).expect("JSON"),
                    by: None,
                    at: jiff::Timestamp::UNIX_EPOCH,
                }),
            },
            Leaf::Timer { until } => {
                answers.timer(until);
                Outcome::Elapsed
            }
            Leaf::Spawn(spawn) => {
                let id = RunId::new(spawn.id()).expect("a valid id");
                let (_, input) = spawn.input().expect("the input survives");
                let started = answers.spawn(spawn.id(), spawn.workflow(), input.as_str());
                Outcome::Spawned(if started { Ok(id) } else { Err(AlreadyExists { run: id }) })
            }
            Leaf::Undo { depth } => {
                let failed = Some(Frame { path: path.clone(), depth });
                let undone: Vec<_> = remembered.extract_if(.., |known| known.owner == failed).collect();
                undone.iter().rev().for_each(|compensation| answers.undone(compensation));
                Outcome::Undone
            }
            other => panic!("{other:?}"),
        };
        found = Some((path.clone(), outcome));
    }));
    found.expect("a state that waits has a leaf")
}
