//! Stages one after another: what a flow is, and each branch of its routes and forks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::StepError;
use super::value::Value;
use crate::durable::Stored;
use crate::operation::{Leaves, Polled};
use crate::signal::SignalDeclaration;
use crate::step::{Fault, Step};

/// What is stored of a stage that waits, by field.
pub(super) type Fields = BTreeMap<String, Stored>;

/// What moving a stage led to: it still waits, or is done with a value or an error.
pub(super) type Moved = Result<Polled<Box<dyn Waiting>, Result<Value, StepError>>, Fault>;

/// A stage that was read back, if the step is one of it.
pub(super) type Resumed = Option<Result<Box<dyn Waiting>, serde_json::Error>>;

/// One part of a flow, as it was built.
pub(super) trait Stage: Send + Sync {
    /// Takes the value of the stage before, and runs to where it first waits.
    fn begin(self: Arc<Self>, input: Value, step: &mut Step<'_>) -> Moved;
    /// Reads it back where it waited; `None` if there is no such step in it.
    fn resume(self: Arc<Self>, step: &str, fields: &Fields) -> Resumed;
    /// Names its steps, in order, and its signals.
    fn describe(&self, described: &mut Described);
}

/// A stage that has begun.
pub(super) trait Waiting: Send {
    /// The step where it waits.
    fn step(&self) -> &'static str;
    /// What is stored of it.
    fn encode(&self) -> Result<Fields, serde_json::Error>;
    /// Shows what is waited for.
    fn leaves(&self, leaves: &mut Leaves<'_>);
    /// Hands it the outcome that `step` carries.
    fn poll(self: Box<Self>, step: &mut Step<'_>) -> Moved;
}

/// What a flow consists of.
#[derive(Default)]
pub(super) struct Described {
    /// In order.
    pub(super) steps: Vec<&'static str>,
    pub(super) signals: Vec<SignalDeclaration>,
    /// Names that two steps have, or two branches of a fork.
    pub(super) twice: Vec<&'static str>,
}

impl Described {
    /// One more step.
    pub(super) fn step(&mut self, step: &'static str) {
        if self.steps.contains(&step) {
            self.twice.push(step);
        }
        self.steps.push(step);
    }

    /// The branches of a fork.
    pub(super) fn branches(&mut self, names: impl Iterator<Item = &'static str>) {
        let mut known = BTreeSet::new();
        self.twice.extend(names.filter(|name| !known.insert(*name)));
    }
}

/// Stages one after another.
pub(super) struct Sequence {
    stages: Vec<Arc<dyn Stage>>,
}

/// A sequence whose current stage has begun.
struct At {
    sequence: Arc<Sequence>,
    stage: usize,
    waiting: Box<dyn Waiting>,
}

impl Sequence {
    pub(super) fn new(stages: Vec<Arc<dyn Stage>>) -> Arc<Self> {
        Arc::new(Self { stages })
    }

    /// Runs to where the first stage waits that does.
    pub(super) fn begin(self: Arc<Self>, input: Value, step: &mut Step<'_>) -> Moved {
        self.go_on(0, input, step)
    }

    fn go_on(self: Arc<Self>, from: usize, mut value: Value, step: &mut Step<'_>) -> Moved {
        for (number, stage) in self.stages.iter().enumerate().skip(from) {
            match Arc::clone(stage).begin(value, step)? {
                Polled::Pending(waiting) => {
                    let at = At { sequence: Arc::clone(&self), stage: number, waiting };
                    return Ok(Polled::Pending(Box::new(at)));
                }
                Polled::Ready(Ok(output)) => value = output,
                Polled::Ready(Err(error)) => return Ok(Polled::Ready(Err(error))),
            }
        }
        Ok(Polled::Ready(Ok(value)))
    }

    /// Reads it back where it waited; `None` if there is no such step in it.
    pub(super) fn resume(self: &Arc<Self>, step: &str, fields: &Fields) -> Resumed {
        let found = self.stages.iter().enumerate().find_map(|(number, stage)| {
            let waiting = Arc::clone(stage).resume(step, fields)?;
            Some((number, waiting))
        });
        let (stage, waiting) = found?;
        let sequence = Arc::clone(self);
        Some(waiting.map(|waiting| Box::new(At { sequence, stage, waiting }) as Box<dyn Waiting>))
    }

    pub(super) fn describe(&self, described: &mut Described) {
        for stage in &self.stages {
            stage.describe(described);
        }
    }
}

impl Waiting for At {
    fn step(&self) -> &'static str {
        self.waiting.step()
    }

    fn encode(&self) -> Result<Fields, serde_json::Error> {
        self.waiting.encode()
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        self.waiting.leaves(leaves);
    }

    fn poll(self: Box<Self>, step: &mut Step<'_>) -> Moved {
        let Self { sequence, stage, waiting } = *self;
        match waiting.poll(step)? {
            Polled::Pending(waiting) => Ok(Polled::Pending(Box::new(Self { sequence, stage, waiting }))),
            Polled::Ready(Ok(value)) => {
                step.renew();
                sequence.go_on(stage + 1, value, step)
            }
            Polled::Ready(Err(error)) => Ok(Polled::Ready(Err(error))),
        }
    }
}
