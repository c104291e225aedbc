//! Starting a run.

use std::future::IntoFuture;

use futures_util::future::BoxFuture;

use super::command::{Command, NewStart, Refusal};
use super::{Engine, Run, StartError};
use crate::arguments;
use crate::history::Digest;
use crate::ids::RunId;
use crate::workflow::{Invocation, Workflow};

/// A run that is started when this is awaited.
///
/// # Cancel safety
/// When the future is dropped before it is done, the run may or may not have been started.
#[must_use = "nothing starts before this is awaited"]
pub struct Start<W: Workflow> {
    engine: Engine,
    id: String,
    input: W::Input,
    attach: bool,
}

impl<W: Workflow> Start<W> {
    pub(super) fn new(engine: Engine, id: &str, invocation: Invocation<W>) -> Self {
        Self { engine, id: id.to_owned(), input: invocation.into_input(), attach: false }
    }

    /// Takes a run that exists already, if it is one of the same workflow with the same arguments.
    pub fn or_attach(mut self) -> Self {
        self.attach = true;
        self
    }

    async fn start(self) -> Result<Run<W>, StartError> {
        let run = RunId::new(&self.id)?;
        let shared = self.engine.shared();
        let Some(program) = shared.programs.program(W::NAME).cloned() else {
            return Err(StartError::NotRegistered { workflow: W::NAME });
        };
        let arguments = arguments::encode::<W::Intake, _>(&self.input)
            .map_err(|source| StartError::Unencodable { run: run.clone(), source })?;
        let (bytes, limit) = (arguments.as_str().len(), shared.largest_payload);
        if bytes > limit {
            return Err(StartError::TooLarge { run, bytes, limit });
        }
        let Digest(input_digest) = Digest::of(arguments.as_str().as_bytes());
        let new = NewStart { program, input: Box::new(self.input), input_digest };
        let started = shared.ask(&run, |reply| Command::Start(new, reply)).await;
        match started {
            Ok(()) => {}
            Err(Refusal::Taken(record))
                if self.attach && record.workflow == W::NAME && record.input_digest == input_digest => {}
            Err(refusal) => return Err(StartError::from_refusal(run, W::NAME, refusal)),
        }
        Ok(Run::new(self.engine, run))
    }
}

impl<W: Workflow> IntoFuture for Start<W> {
    type Output = Result<Run<W>, StartError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.start())
    }
}

impl<W: Workflow> std::fmt::Debug for Start<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Start")
            .field("workflow", &W::NAME)
            .field("id", &self.id)
            .field("attach", &self.attach)
            .finish_non_exhaustive()
    }
}
