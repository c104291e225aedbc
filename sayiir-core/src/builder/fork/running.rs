//! A fork that runs: which branches wait, and what those yielded that are done.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::builder::StepError;
use crate::builder::sequence::{Described, Fields, Moved, Resumed, Sequence, Stage, Waiting};
use crate::builder::value::{Value, ValueCodec};
use crate::durable::Stored;
use crate::operation::{Leaves, Polled};
use crate::step::{Fault, Step};

/// One branch, as it was built.
pub(super) struct Arm {
    pub(super) name: &'static str,
    pub(super) steps: Arc<Sequence>,
    /// Of its output.
    pub(super) codec: ValueCodec,
}

/// Makes one value of the outputs of all branches, in order.
type Gather = dyn Fn(&mut dyn Iterator<Item = Value>) -> Value + Send + Sync;

/// The stage. It waits under the name of the step that joins it.
pub(super) struct Forking {
    pub(super) join: &'static str,
    pub(super) arms: Vec<Arm>,
    pub(super) copy: Box<dyn Fn(&Value) -> Value + Send + Sync>,
    pub(super) gather: Box<Gather>,
}

/// The branches of a fork that has begun, in order.
struct Forked {
    fork: Arc<Forking>,
    branches: Vec<Branch>,
}

/// One branch.
enum Branch {
    Waiting(Box<dyn Waiting>),
    Done(Value),
}

/// What is stored of a branch.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredBranch {
    /// Step and fields.
    Waiting(BTreeMap<String, Fields>),
    /// Its output.
    Done(Stored),
}

/// The field of the branches.
const BRANCHES: &str = "branches";

impl Branch {
    /// The branch where it now is, or what the whole fork fails with.
    fn moved(polled: Polled<Box<dyn Waiting>, Result<Value, StepError>>) -> Result<Self, StepError> {
        Ok(match polled {
            Polled::Pending(waiting) => Self::Waiting(waiting),
            Polled::Ready(output) => Self::Done(output?),
        })
    }

    fn encode(&self, arm: &Arm) -> Result<StoredBranch, serde_json::Error> {
        Ok(match self {
            Self::Waiting(waiting) => {
                StoredBranch::Waiting(BTreeMap::from([(waiting.step().into(), waiting.encode()?)]))
            }
            Self::Done(output) => StoredBranch::Done(arm.codec.encode(output)?),
        })
    }

    fn decode(arm: &Arm, stored: &StoredBranch) -> Result<Self, serde_json::Error> {
        match stored {
            StoredBranch::Done(output) => Ok(Self::Done(arm.codec.decode(output)?)),
            StoredBranch::Waiting(at) => {
                let resumed = at.iter().find_map(|(step, fields)| arm.steps.resume(step, fields));
                let unknown = || {
                    let steps: Vec<_> = at.keys().map(String::as_str).collect();
                    format!("branch `{}` has no step `{}` any more", arm.name, steps.join("`, `"))
                };
                resumed.ok_or_else(|| serde::de::Error::custom(unknown()))?.map(Self::Waiting)
            }
        }
    }
}

impl Forking {
    /// Where the branches now are: all done, or waiting for at least one.
    fn moved(self: Arc<Self>, branches: Vec<Branch>) -> Polled<Box<dyn Waiting>, Result<Value, StepError>> {
        if branches.iter().any(|branch| matches!(branch, Branch::Waiting(_))) {
            return Polled::Pending(Box::new(Forked { fork: self, branches }));
        }
        let mut outputs = branches.into_iter().filter_map(|branch| match branch {
            Branch::Done(output) => Some(output),
            Branch::Waiting(_) => None,
        });
        Polled::Ready(Ok((self.gather)(&mut outputs)))
    }

    fn decode(self: Arc<Self>, stored: &Stored) -> Result<Box<dyn Waiting>, serde_json::Error> {
        let stored: BTreeMap<String, StoredBranch> = stored.decode()?;
        let missing =
            |arm: &Arm| serde::de::Error::custom(format!("nothing is stored of branch `{}`", arm.name));
        if let Some(name) = stored.keys().find(|name| self.arms.iter().all(|arm| arm.name != *name)) {
            return Err(serde::de::Error::custom(format!("there is no branch `{name}` any more")));
        }
        let branches = self.arms.iter().map(|arm| {
            let stored = stored.get(arm.name).ok_or_else(|| missing(arm))?;
            Branch::decode(arm, stored)
        });
        let branches = branches.collect::<Result<_, _>>()?;
        Ok(Box::new(Forked { fork: self, branches }))
    }
}

impl Stage for Forking {
    fn begin(self: Arc<Self>, input: Value, step: &mut Step<'_>) -> Moved {
        let mut branches = Vec::new();
        for (number, arm) in (0..).zip(&self.arms) {
            let input = (self.copy)(&input);
            let polled = step.within(number, |step| Arc::clone(&arm.steps).begin(input, step))?;
            match Branch::moved(polled) {
                Ok(branch) => branches.push(branch),
                Err(error) => return Ok(Polled::Ready(Err(error))),
            }
        }
        Ok(self.moved(branches))
    }

    fn resume(self: Arc<Self>, step: &str, fields: &Fields) -> Resumed {
        let branches = fields.get(BRANCHES).filter(|_| step == self.join)?;
        Some(self.decode(branches))
    }

    fn describe(&self, described: &mut Described) {
        for arm in &self.arms {
            arm.steps.describe(described);
        }
        described.branches(self.arms.iter().map(|arm| arm.name));
    }
}

impl Waiting for Forked {
    fn step(&self) -> &'static str {
        self.fork.join
    }

    fn encode(&self) -> Result<Fields, serde_json::Error> {
        let stored = self.fork.arms.iter().zip(&self.branches);
        let stored = stored.map(|(arm, branch)| Ok((arm.name, branch.encode(arm)?)));
        let stored = stored.collect::<Result<BTreeMap<_, _>, serde_json::Error>>()?;
        Ok(Fields::from([(BRANCHES.into(), Stored::encode(&stored)?)]))
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        for (number, branch) in (0..).zip(&self.branches) {
            if let Branch::Waiting(waiting) = branch {
                leaves.within(number, |leaves| waiting.leaves(leaves));
            }
        }
    }

    fn poll(self: Box<Self>, step: &mut Step<'_>) -> Moved {
        let Self { fork, mut branches } = *self;
        let misrouted = || Fault::Misrouted(format!("the fork before `{}`", fork.join));
        let number = step.branch().ok_or_else(misrouted)?;
        let place = usize::try_from(number).ok().filter(|place| *place < branches.len());
        let place = place.ok_or_else(misrouted)?;
        let Branch::Waiting(waiting) = branches.remove(place) else {
            return Err(misrouted());
        };
        match Branch::moved(step.within(number, |step| waiting.poll(step))?) {
            Ok(branch) => branches.insert(place, branch),
            Err(error) => return Ok(Polled::Ready(Err(error))),
        }
        Ok(fork.moved(branches))
    }
}
