//! A workflow that runs as part of another one: its state nested in the caller's.
//!
//! One that fails and has remembered something first waits until that is undone, with its error kept; then its caller sees the
//! error.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Leaf, Leaves, Operation, Polled};
use crate::codec::{Incompatible, StateReader, StateWriter, Unencodable, saved};
use crate::durable::Stored;
use crate::step::{Fault, Outcome, Step};
use crate::task::{Kind, Verdict};
use crate::workflow::{ErrorForm, Progress, Workflow, WorkflowState};

/// A child workflow, held where it waits.
pub struct Child<W: Workflow> {
    at: At<W::State>,
}

enum At<S> {
    /// Its body waits. Boxed, so that workflows may call each other.
    Body(Box<S>),
    /// It has failed, and what it remembered is being undone.
    Undoing(Failed),
}

/// A child that has failed.
struct Failed {
    depth: u32,
    error: Stored,
}

/// How a failed child is stored. The names of a body's own places begin with a capital.
const UNDOING: &str = "undoing";

impl<W: Workflow> Child<W> {
    /// The child before its first move.
    pub fn new(input: W::Input) -> Self {
        Self::waiting(W::begin(input))
    }

    fn waiting(state: W::State) -> Self {
        Self { at: At::Body(Box::new(state)) }
    }

    fn returned(output: W::Return, step: &mut Step<'_>) -> Result<Polled<Self, W::Return>, Fault> {
        if !step.has_compensations() {
            return Ok(Polled::Ready(output));
        }
        match W::Kind::outcome(&output) {
            Verdict::Success(_) => {
                step.hand_over_compensations();
                Ok(Polled::Ready(output))
            }
            Verdict::Failure(text) => {
                let error = keep::<W>(&output)?;
                step.undo(W::NAME, &text);
                Ok(Polled::Pending(Self { at: At::Undoing(Failed { depth: step.depth(), error }) }))
            }
        }
    }
}

/// Stores the error of a workflow.
fn keep<W: Workflow>(output: &W::Return) -> Result<Stored, Unencodable> {
    let kept = match W::errors() {
        ErrorForm::Stored(codec) => (codec.keep)(output).map_err(|error| error.to_string()),
        ErrorForm::Never | ErrorForm::Lost => {
            Err("implement `serde::Serialize` and `serde::Deserialize`, or `From<sayiir::Failure>`".into())
        }
    };
    let (variant, field) = (format!("child workflow `{}`", W::NAME), "its error".to_owned());
    kept.map_err(|cause| Unencodable { variant, field, cause })
}

/// Reads it back.
fn recall<W: Workflow>(error: &Stored) -> Result<W::Return, Incompatible> {
    let recalled = match W::errors() {
        ErrorForm::Stored(codec) => (codec.recall)(error).map_err(|error| error.to_string()),
        ErrorForm::Never | ErrorForm::Lost => Err("it cannot be stored any more".into()),
    };
    recalled.map_err(|cause| Incompatible { detail: format!("the stored error of `{}`: {cause}", W::NAME) })
}

impl<W: Workflow> Operation for Child<W> {
    type Output = W::Return;

    fn poll(self, step: &mut Step<'_>) -> Result<Polled<Self, W::Return>, Fault> {
        step.nested(|step| match self.at {
            At::Body(state) => match W::advance(*state, step) {
                Progress::Waits(state) => Ok(Polled::Pending(Self::waiting(state))),
                Progress::Returned(output) => Self::returned(output, step),
                Progress::Fault(fault) => Err(fault),
            },
            At::Undoing(failed) => match step.take_outcome() {
                None => Ok(Polled::Pending(Self { at: At::Undoing(failed) })),
                Some(Outcome::Undone) => Ok(Polled::Ready(recall::<W>(&failed.error)?)),
                Some(
                    Outcome::Returned(_)
                    | Outcome::Recalled(_)
                    | Outcome::Signal(_)
                    | Outcome::Elapsed
                    | Outcome::Spawned(_),
                ) => Err(Fault::Misrouted(format!("the failed child workflow `{}`", W::NAME))),
            },
        })
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        leaves.nested(|leaves| match &self.at {
            At::Body(state) => state.leaves(leaves),
            At::Undoing(failed) => leaves.leaf(Leaf::Undo { depth: failed.depth }),
        });
    }
}

impl<W: Workflow> Serialize for Child<W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stored = match &self.at {
            At::Body(state) => state.encode(),
            At::Undoing(failed) => failed.encode(),
        };
        stored.map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de, W: Workflow> Deserialize<'de> for Child<W> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        let decoded = StateReader::new(&stored).and_then(|reader| match reader.variant_name() {
            UNDOING => Failed::decode(&reader).map(|failed| Self { at: At::Undoing(failed) }),
            _ => W::State::decode(&reader).map(Self::waiting),
        });
        decoded.map_err(serde::de::Error::custom)
    }
}

impl Failed {
    fn encode(&self) -> Result<Stored, Unencodable> {
        let mut writer = StateWriter::variant(UNDOING);
        writer.field(&saved(), "depth", &self.depth);
        writer.field(&saved(), "error", &self.error);
        writer.finish()
    }

    fn decode(reader: &StateReader<'_>) -> Result<Self, Incompatible> {
        Ok(Self { depth: reader.field(&saved(), "depth")?, error: reader.field(&saved(), "error")? })
    }
}

impl<W: Workflow> fmt::Debug for Child<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = match &self.at {
            At::Body(state) => state.variant_name(),
            At::Undoing(_) => UNDOING,
        };
        f.debug_struct("Child").field("workflow", &W::NAME).field("at", &at).finish()
    }
}
