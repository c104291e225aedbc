//! Starting an independent run, exactly once: it begins in the same commit in which its parent goes on.

use std::any::Any;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Callable, Leaf, Leaves, Operation, Polled};
use crate::arguments;
use crate::codec::Unencodable;
use crate::durable::Stored;
use crate::ids::RunId;
use crate::step::{Fault, Outcome, Step};
use crate::workflow::{Invocation, Workflow};

/// `spawn!("id", other(args)).await`: yields the id of the new run, or says that it is taken.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Spawn<W: Callable> {
    id: String,
    #[serde(
        serialize_with = "arguments::serialize::<W::Intake, _, _>",
        deserialize_with = "arguments::deserialize::<W::Intake, _, _>"
    )]
    input: W::Arguments,
}

/// The id of a run that was to be spawned belongs to another run already.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("there is a run {run} already")]
pub struct AlreadyExists {
    /// The id.
    pub run: RunId,
}

/// A run that waits to be started by another one, as the engine sees it.
pub trait PendingSpawn: fmt::Debug {
    /// The new run's id; checked when the wait began.
    fn id(&self) -> &str;
    /// The workflow's durable name.
    fn workflow(&self) -> &'static str;
    /// The arguments, as `Box<W::Arguments>` and as JSON.
    ///
    /// # Errors
    /// If they do not survive the copy through JSON.
    fn input(&self) -> Result<(Box<dyn Any + Send>, Stored), serde_json::Error>;
}

impl<W: Workflow> Spawn<W> {
    /// A run of `W` under this id.
    pub fn new(id: impl Into<String>, invocation: Invocation<W>) -> Self {
        Self { id: id.into(), input: invocation.into_input() }
    }
}

impl<W: Workflow> Operation for Spawn<W> {
    type Output = Result<RunId, AlreadyExists>;

    fn poll(self, step: &mut Step<'_>) -> Result<Polled<Self, Self::Output>, Fault> {
        match step.take_outcome() {
            None => match RunId::new(&self.id) {
                Ok(_) => Ok(Polled::Pending(self)),
                Err(invalid) => {
                    let (variant, field) = (format!("spawn!(.., {}(..))", W::NAME), "id".into());
                    Err(Unencodable { variant, field, cause: invalid.to_string() }.into())
                }
            },
            Some(Outcome::Spawned(result)) => Ok(Polled::Ready(result)),
            Some(
                Outcome::Returned(_)
                | Outcome::Recalled(_)
                | Outcome::Signal(_)
                | Outcome::Elapsed
                | Outcome::Undone,
            ) => Err(Fault::Misrouted(format!("the spawning of `{}`", W::NAME))),
        }
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        leaves.leaf(Leaf::Spawn(self));
    }
}

impl<W: Workflow> PendingSpawn for Spawn<W> {
    fn id(&self) -> &str {
        &self.id
    }

    fn workflow(&self) -> &'static str {
        W::NAME
    }

    fn input(&self) -> Result<(Box<dyn Any + Send>, Stored), serde_json::Error> {
        let stored = arguments::encode::<W::Intake, _>(&self.input)?;
        let copy = arguments::decode::<W::Intake, W::Arguments>(stored.as_str().as_bytes())?;
        Ok((Box::new(copy), stored))
    }
}

impl<W: Workflow> fmt::Debug for Spawn<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawn").field("workflow", &W::NAME).field("id", &self.id).finish_non_exhaustive()
    }
}
