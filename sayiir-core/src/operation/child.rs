//! A workflow that runs as part of another one: its state nested in the caller's.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Leaves, Operation, Polled};
use crate::codec::StateReader;
use crate::durable::Stored;
use crate::step::{Fault, Step};
use crate::workflow::{Progress, Workflow, WorkflowState};

/// A child workflow, held where it waits. Boxed, so that workflows may call each other.
pub struct Child<W: Workflow> {
    state: Box<W::State>,
}

impl<W: Workflow> Child<W> {
    /// The child before its first move.
    pub fn new(input: W::Input) -> Self {
        Self { state: Box::new(W::begin(input)) }
    }

    /// Where it waits.
    #[must_use]
    pub fn state(&self) -> &W::State {
        &self.state
    }
}

impl<W: Workflow> Operation for Child<W> {
    type Output = W::Return;

    fn poll(self, step: &mut Step<'_>) -> Result<Polled<Self, W::Return>, Fault> {
        step.nested(|step| match W::advance(*self.state, step) {
            Progress::Waits(state) => Ok(Polled::Pending(Self { state: Box::new(state) })),
            Progress::Returned(output) => Ok(Polled::Ready(output)),
            Progress::Fault(fault) => Err(fault),
        })
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        self.state.leaves(leaves);
    }
}

impl<W: Workflow> Serialize for Child<W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.state.encode().map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de, W: Workflow> Deserialize<'de> for Child<W> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        let state = StateReader::new(&stored).and_then(|reader| W::State::decode(&reader));
        Ok(Self { state: Box::new(state.map_err(serde::de::Error::custom)?) })
    }
}

impl<W: Workflow> fmt::Debug for Child<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child").field("workflow", &W::NAME).field("at", &self.state.variant_name()).finish()
    }
}
