//! A flow whose process is killed in the midst of a step.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use sayiir::prelude::*;

use crate::Count;

type Tested = Result<(), Box<dyn std::error::Error>>;

/// Set for the process that is to be killed: its database.
const VICTIM: &str = "SAYIIR_KILLED_FLOW";

/// What it says when it is time.
const PAYING: &str = "the bank is paying";

/// Submits, and pays: for ever, or at once.
fn payment(submitted: &Count, for_ever: bool) -> Flow<u32, String> {
    let submitted = submitted.clone();
    WorkflowBuilder::new(WorkflowContext::new())
        .then("submit", move |amount: u32| {
            submitted.up();
            async move { Ok(amount) }
        })
        .then_with("pay", move |cx: TaskContext, amount| async move {
            if for_ever {
                println!("{PAYING}");
                std::future::pending::<()>().await;
            }
            Ok(format!("{amount} in attempt {} of {}", cx.attempt(), cx.run_id()))
        })
        .build()
}

#[tokio::test]
async fn a_step_that_was_done_when_the_process_was_killed_is_not_run_again() -> Tested {
    if let Some(database) = std::env::var_os(VICTIM) {
        let runner = CheckpointingRunner::new(SledBackend::open(Path::new(&database))?);
        let status = runner.run(&payment(&Count::default(), true), "p-1", 250).await?;
        panic!("this process should have been killed: {status}");
    }
    let directory = tempfile::tempdir()?;
    kill_while_paying(directory.path())?;

    let submitted = Count::default();
    let runner = CheckpointingRunner::new(SledBackend::open(directory.path())?);
    let status = runner.resume(&payment(&submitted, false), "p-1").await?;

    assert_eq!(status, WorkflowStatus::Completed("250 in attempt 1 of p-1".into()));
    assert_eq!(submitted.get(), 0);
    Ok(())
}

/// Runs this test in another process, and ends that by SIGKILL as soon as it pays.
fn kill_while_paying(database: &Path) -> Tested {
    let name = "killed::a_step_that_was_done_when_the_process_was_killed_is_not_run_again";
    let mut victim = Command::new(std::env::current_exe()?)
        .args(["--exact", name, "--nocapture"])
        .env(VICTIM, database)
        .stdout(Stdio::piped())
        .spawn()?;
    let output = victim.stdout.take().ok_or("its output is piped")?;
    let mut lines = BufReader::new(output).lines();
    let pays = lines.any(|line| line.is_ok_and(|line| line.ends_with(PAYING)));
    victim.kill()?;
    victim.wait()?;
    if pays { Ok(()) } else { Err("it ended before it paid".into()) }
}
