//! A workflow with its arguments, before it is a run.

use std::fmt;

use super::Workflow;
use crate::durable::Stored;
use crate::ids::Name;

/// What a run can be a run of: a `#[workflow]`, or a [`Flow`](crate::builder::Flow).
pub trait Startable: Sized + Send + Sync + 'static {
    /// What a run begins with; for a `#[workflow]` its arguments, as a tuple.
    type Input: Send + 'static;
    /// What a finished run yields.
    type Output: Send + 'static;

    /// Writes what a run begins with.
    ///
    /// # Errors
    /// What the encoder reports.
    fn encode(input: &Self::Input) -> Result<Stored, serde_json::Error>;

    /// Reads what a finished run yields.
    ///
    /// # Errors
    /// If the document does not fit the type.
    fn decode(output: &Stored) -> Result<Self::Output, serde_json::Error>;
}

impl<W: Workflow> Startable for W {
    type Input = W::Input;
    type Output = W::Output;

    fn encode(input: &Self::Input) -> Result<Stored, serde_json::Error> {
        crate::arguments::encode::<W::Intake, _>(input)
    }

    fn decode(output: &Stored) -> Result<Self::Output, serde_json::Error> {
        W::output(output)
    }
}

/// A workflow with its arguments: what `engine.start` takes.
#[must_use = "a workflow does nothing until it is started by an engine or awaited in another workflow"]
pub struct Invocation<W: Startable> {
    workflow: Name,
    input: W::Input,
}

impl<W: Workflow> Invocation<W> {
    /// Made by the function that `#[workflow]` generates.
    pub fn new(input: W::Input) -> Self {
        Self::of(W::NAME.into(), input)
    }
}

impl<W: Startable> Invocation<W> {
    /// Of the program that is registered under this name.
    pub(crate) fn of(workflow: Name, input: W::Input) -> Self {
        Self { workflow, input }
    }

    /// The durable name of the workflow.
    pub(crate) fn workflow(&self) -> &Name {
        &self.workflow
    }

    /// Its workflow's name, and the arguments.
    pub(crate) fn into_parts(self) -> (Name, W::Input) {
        (self.workflow, self.input)
    }

    /// The arguments.
    pub fn into_input(self) -> W::Input {
        self.input
    }
}

impl<W: Startable> fmt::Debug for Invocation<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Invocation").field(&self.workflow).finish()
    }
}
