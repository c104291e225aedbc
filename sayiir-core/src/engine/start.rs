//! Starting a run.

use std::future::IntoFuture;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::command::{Command, NewStart, Refusal};
use super::{Engine, Run, StartError};
use crate::history::Digest;
use crate::ids::{InvalidRunId, RunId};
use crate::workflow::{Invocation, Startable};

impl Engine {
    /// Starts a run of a workflow. `.await` the answer: it comes once the run is durable.
    ///
    /// The id is chosen by the caller and names the run for good: any text of 1 to 255 bytes. Starting twice with one id is
    /// refused, so that a repeated request starts nothing twice; [`Start::or_attach`] makes it an answer instead.
    ///
    /// ```
    /// # use sayiir::prelude::*;
    /// # #[workflow]
    /// # async fn approval(amount: u32) -> Result<String, Timeout> {
    /// #     let by: String = signal!("approved", 48h).await?;
    /// #     Ok(format!("{amount} approved by {by}"))
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let engine = Engine::builder().backend(InMemoryBackend::new()).workflow::<approval>().start().await?;
    /// let run = engine.start("exp-001", approval(250)).await?;
    /// let again = engine.start("exp-001", approval(250)).await;
    /// assert_eq!(again.unwrap_err().to_string(), "run exp-001 exists already");
    /// let same = engine.start("exp-001", approval(250)).or_attach().await?;
    /// assert_eq!(same.id(), run.id());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StartError`], when it is awaited.
    #[must_use = "nothing starts before this is awaited"]
    pub fn start<W: Startable>(&self, id: impl AsRef<str>, invocation: Invocation<W>) -> Start<W> {
        Start { engine: self.clone(), run: RunId::new(id.as_ref()), invocation, attach: false }
    }
}

/// A run that is started when this is awaited.
///
/// # Cancel safety
/// When the future is dropped before it is done, the run may or may not have been started.
#[must_use = "nothing starts before this is awaited"]
pub struct Start<W: Startable> {
    engine: Engine,
    run: Result<RunId, InvalidRunId>,
    invocation: Invocation<W>,
    attach: bool,
}

impl<W: Startable> Start<W> {
    /// Takes a run that exists already, if it is one of the same workflow with the same arguments; else it is
    /// [`StartError::AlreadyExists`].
    ///
    /// Arguments are the same if their JSON is, byte by byte. A `HashMap` or a `HashSet` is written in an order that differs from one
    /// instance to the next, so that with one in the arguments, at any depth, a repeated start may be refused though it holds the
    /// same. Write `BTreeMap`, `BTreeSet` or a sorted `Vec`.
    ///
    /// ```
    /// # use std::collections::BTreeMap;
    /// # use sayiir::prelude::*;
    /// #[workflow]
    /// async fn order(items: BTreeMap<String, u32>) -> Result<u32, Timeout> {
    ///     signal!("paid" as (), 48h).await?;
    ///     Ok(items.values().sum())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let engine = Engine::builder().backend(InMemoryBackend::new()).workflow::<order>().start().await?;
    /// let items = || BTreeMap::from([("pen".to_owned(), 2), ("paper".to_owned(), 500)]);
    /// engine.start("order-1", order(items())).await?;
    /// engine.start("order-1", order(items())).or_attach().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn or_attach(mut self) -> Self {
        self.attach = true;
        self
    }

    async fn start(self) -> Result<Run<W>, StartError> {
        let run = self.run?;
        let shared = self.engine.shared();
        let (workflow, input) = self.invocation.into_parts();
        let Some(known) = shared.programs.workflow(&workflow) else {
            return Err(StartError::NotRegistered { workflow: workflow.into_owned() });
        };
        if !known.program.takes(&input) {
            return Err(StartError::OtherWorkflow { workflow: workflow.into_owned() });
        }
        let arguments =
            W::encode(&input).map_err(|source| StartError::Unencodable { run: run.clone(), source })?;
        let (bytes, limit) = (arguments.as_str().len(), shared.largest_payload);
        if bytes > limit {
            return Err(StartError::TooLarge { run, bytes, limit });
        }
        let input_digest = Digest::of(arguments.as_str().as_bytes());
        let new = NewStart {
            program: Arc::clone(&known.program),
            inbox: Arc::clone(&known.inbox),
            input: Box::new(input),
            input_digest,
        };
        let started = shared.ask(&run, |reply| Command::Start(new, reply)).await;
        match started {
            Ok(()) => {}
            Err(Refusal::Taken(record))
                if self.attach && record.workflow == workflow && record.input_digest == input_digest => {}
            Err(refusal) => return Err(StartError::from_refusal(run, workflow.into_owned(), refusal)),
        }
        Ok(Run::new(self.engine, run))
    }
}

impl<W: Startable> IntoFuture for Start<W> {
    type Output = Result<Run<W>, StartError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.start())
    }
}

impl<W: Startable> std::fmt::Debug for Start<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id: &dyn std::fmt::Debug = match &self.run {
            Ok(run) => run,
            Err(invalid) => invalid,
        };
        f.debug_struct("Start")
            .field("workflow", self.invocation.workflow())
            .field("id", id)
            .field("attach", &self.attach)
            .finish_non_exhaustive()
    }
}
