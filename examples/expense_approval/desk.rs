//! What each command does: opens the engine, does its thing, lets the run go on until it waits, and closes.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use sayiir::errors::{BackendError, FindError, StartError};
use sayiir::prelude::*;

use crate::bank::Bank;
use crate::command::{Arguments, Command};
use crate::show::{self, say};
use crate::stop::Stop;
use crate::{Approval, Expense, Limits, expense_approval};

/// How long a command stays to see what comes of it. What is not done by then goes on with the next command.
const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) async fn perform(arguments: Arguments) -> anyhow::Result<()> {
    let again = arguments.again();
    let engine = open(&arguments.db).await?;
    let done = match arguments.command {
        Command::Submit { id, employee, amount, manager_limit, director_limit } => {
            let limits = Limits { manager: manager_limit, director: director_limit };
            submit(&engine, Expense { id, employee, amount, limits }, &again).await
        }
        Command::Approve { id, by, notes } => {
            decide(&engine, &id, Approval { approver: by, approved: true, notes }).await
        }
        Command::Reject { id, by, notes } => {
            decide(&engine, &id, Approval { approver: by, approved: false, notes }).await
        }
        Command::Status { id } => status(&engine, &id).await,
        Command::List => list(&engine).await,
        Command::Work => work(&engine).await,
    };
    engine.shutdown().await;
    done
}

async fn open(db: &Path) -> anyhow::Result<Engine> {
    fs::create_dir_all(db).with_context(|| format!("creating {}", db.display()))?;
    let backend = SledBackend::open(db.join("workflows")).map_err(|error| match error {
        BackendError::InUse { .. } => anyhow::anyhow!(
            "{} is in use by another process: stop it (is `work` running? press ctrl-c there), then try again",
            db.display()
        ),
        other => anyhow::Error::new(other).context(format!("opening {}", db.display())),
    })?;
    // After the database, whose lock keeps other processes away from the ledger too.
    let bank = Bank::open(&db.join("bank.jsonl")).context("opening the bank")?;
    let engine =
        Engine::builder().backend(backend).workflow::<expense_approval>().provide(bank).start().await?;
    Ok(engine)
}

async fn submit(engine: &Engine, expense: Expense, again: &str) -> anyhow::Result<()> {
    let id = expense.id.clone();
    // The same expense handed in again is not a second one: a command that was killed can be repeated.
    let run = match engine.start(&id, expense_approval(expense)).or_attach().await {
        Ok(run) => run,
        Err(StartError::AlreadyExists { run }) => {
            bail!("there is another expense {run}: choose another name, or see `status {run}`")
        }
        Err(other) => return Err(other.into()),
    };
    let status = settled(&run).await?;
    say(&id, show::status(&status));
    if let WorkflowStatus::WaitingForSignal { .. } = status {
        show::hint("when somebody has decided:");
        show::hint(format_args!("  {again} approve {id} --by bob"));
        show::hint(format_args!("  {again} reject {id} --by bob --notes \"no receipt\""));
    }
    Ok(())
}

async fn decide(engine: &Engine, id: &str, approval: Approval) -> anyhow::Result<()> {
    let run = find(engine, id).await?;
    let signal = match settled(&run).await? {
        WorkflowStatus::WaitingForSignal { signals, .. } => signals.first().cloned(),
        other => bail!("{id} waits for nobody ({})", show::status(&other).plain()),
    };
    // Both waits take an `Approval`, checked by the compiler; the names are constants of the workflow.
    let signal = if signal.as_deref() == Some(expense_approval::DIRECTOR_APPROVAL.name()) {
        expense_approval::DIRECTOR_APPROVAL
    } else {
        expense_approval::MANAGER_APPROVAL
    };
    run.signal(signal, &approval).by(&approval.approver).await?;
    say(id, show::status(&settled(&run).await?));
    Ok(())
}

async fn status(engine: &Engine, id: &str) -> anyhow::Result<()> {
    let run = find(engine, id).await?;
    say(id, show::status(&settled(&run).await?));
    let history = run.history().await?;
    history.verify()?;
    show::history(&history);
    Ok(())
}

async fn find(engine: &Engine, id: &str) -> anyhow::Result<Run<expense_approval>> {
    engine.run(id).await.map_err(|error| match error {
        FindError::NotFound { run } => anyhow::anyhow!("there is no expense {run}: see `list`"),
        other => other.into(),
    })
}

async fn list(engine: &Engine) -> anyhow::Result<()> {
    let mut filter = Filter::new().workflow::<expense_approval>();
    let mut count = 0;
    loop {
        let page = engine.list(filter.clone()).await?;
        for run in &page.runs {
            say(run.id.as_str(), show::listed(run));
        }
        count += page.runs.len();
        match page.next {
            Some(next) => filter = filter.after(next),
            None => break,
        }
    }
    if count == 0 {
        show::hint("no expenses yet: see `submit`");
    }
    Ok(())
}

async fn work(engine: &Engine) -> anyhow::Result<()> {
    let stop = Stop::listen()?;
    list(engine).await?;
    show::hint("at work; ctrl-c to stop");
    stop.requested().await?;
    show::hint("stopping: everything is kept, and goes on with the next command");
    Ok(())
}

/// Waits until the run waits for a person or has ended, for as long as [`PATIENCE`] lasts.
async fn settled(run: &Run<expense_approval>) -> anyhow::Result<WorkflowStatus<String>> {
    match tokio::time::timeout(PATIENCE, run.settled()).await {
        Ok(status) => Ok(status?),
        Err(_too_long) => Ok(run.status().await?),
    }
}
