//! What the three versions of the program do alike: park runs, report on them, go on with them, and hold themselves against
//! the states that the first one wrote down.
//!
//! Each edit of the program is a workflow of its own, known to all versions by its durable name. `before` is the program that
//! parked the runs, `after` the edited one, `upgraded` the edited one with `upgrade` where an edit strands runs.
#![forbid(unsafe_code)]

use std::path::Path;
use std::pin::Pin;

use sayiir::engine::{EngineBuilder, SignalError};
use sayiir::prelude::*;
use sayiir::testing::StateSchema;
use sayiir::versions::VersionReport;
use serde::{Deserialize, Serialize};

/// What the runs are about, in the version that parked them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Expense {
    /// Who wants it.
    pub employee: String,
    /// How much.
    pub amount: u32,
}

/// What everybody waits for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Approval {
    /// Who decided.
    pub by: String,
}

/// An error of a version: the words are all that the test wants.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// One edit, in one version.
#[derive(Debug, Clone, Copy)]
pub struct Edit {
    /// The durable name of its workflow.
    pub name: &'static str,
    schema: fn(StateSchema) -> StateSchema,
    register: fn(EngineBuilder) -> EngineBuilder,
    approve: fn(Engine, String) -> Pending<String>,
}

/// What is waited for.
pub type Pending<T> = Pin<Box<dyn Future<Output = Result<T, Error>>>>;

impl Edit {
    /// The edit that is this workflow.
    #[must_use]
    pub fn of<W: Workflow<Output = String>>() -> Self {
        Self {
            name: W::NAME,
            schema: StateSchema::workflow::<W>,
            register: EngineBuilder::workflow::<W>,
            approve: |engine, id| Box::pin(approve::<W>(engine, id)),
        }
    }
}

/// An engine of this version on the database.
///
/// # Errors
/// If it does not start.
pub async fn engine(database: &Path, edits: &[Edit]) -> Result<Engine, Error> {
    let builder = Engine::builder().backend(SledBackend::open(database)?);
    let builder = edits.iter().fold(builder, |builder, edit| (edit.register)(builder));
    Ok(builder.start().await?)
}

/// Prints what does not fit: first what the index says, then what reading every run says.
///
/// # Errors
/// If the store fails.
pub async fn check(database: &Path, edits: &[Edit]) -> Result<(), Error> {
    let engine = engine(database, edits).await?;
    let print = |source: &str, report: &VersionReport| {
        for misfit in &report.misfits {
            println!("{source}\t{}\t{}\t{}\t{}", misfit.workflow, misfit.place, misfit.runs, misfit.why);
        }
        for damaged in &report.damage {
            println!("{source}\t{damaged}");
        }
    };
    print("index", engine.version_report());
    print("read", &engine.check().await?);
    engine.shutdown().await;
    Ok(())
}

/// Lets the upgrades make what they can of the stored runs, and prints how many they were.
///
/// # Errors
/// If the store fails.
pub async fn upgrade(database: &Path, edits: &[Edit]) -> Result<(), Error> {
    let engine = engine(database, edits).await?;
    println!("{}", engine.upgrade_runs().await?);
    engine.shutdown().await;
    Ok(())
}

/// Signals every run that still waits, and prints how each run of every edit stands then.
///
/// # Errors
/// If the store fails, or a signal is not taken.
pub async fn go_on(database: &Path, edits: &[Edit], runs: usize) -> Result<(), Error> {
    let engine = engine(database, edits).await?;
    engine.recovered().await;
    for edit in edits {
        for number in 0..runs {
            let id = format!("{}-{number}", edit.name);
            println!("{}\t{}", edit.name, (edit.approve)(engine.clone(), id).await?);
        }
    }
    engine.shutdown().await;
    Ok(())
}

/// How a run stands once it was approved and nothing is left to be done.
async fn approve<W: Workflow<Output = String>>(engine: Engine, id: String) -> Result<String, Error> {
    let run = engine.run::<W>(&id).await?;
    if matches!(run.settled().await?, WorkflowStatus::WaitingForSignal { .. }) {
        let approval = Approval { by: "bob".into() };
        let mut refusals = 0;
        // Each workflow has one of them.
        for signal in ["approval", "decision"] {
            match engine.signal(&id, signal, &approval).idempotency_key("bob").await {
                Ok(()) => {}
                Err(SignalError::UnknownSignal { .. }) => refusals += 1,
                Err(error) => return Err(error.into()),
            }
        }
        if refusals == 2 {
            return Ok("refused".into());
        }
    }
    Ok(match run.settled().await? {
        WorkflowStatus::Completed(paid) => format!("completed\t{paid}"),
        WorkflowStatus::WaitingForSignal { .. } => "waiting".into(),
        status => status.to_string(),
    })
}

/// Holds each edit against the states in its file in this directory, which is written if it is not there.
pub fn schema(directory: &Path, edits: &[Edit]) {
    for edit in edits {
        let schema = (edit.schema)(StateSchema::new(directory.join(edit.name).with_extension("json")));
        match schema.compare(false) {
            Ok(()) => println!("{}\tfits", edit.name),
            Err(report) => println!("{}\t{}", edit.name, report.replace('\n', " ")),
        }
    }
}
