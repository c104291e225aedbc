//! Audit trail: who did what, and when, in a history that shows when it was changed.
//!
//! Nothing has to be written for it: every run has one. Its head, kept outside of the database, shows even that the whole history
//! was replaced by another one that holds.

use sayiir::engine::{EngineBuilder, RunHistory};
use sayiir::history::{Event, HistoryHead};
use sayiir::prelude::*;

use crate::desk::{Approval, Expense, mail, pay};
use crate::stage::{Played, Stage, Story};

// ANCHOR: workflow
#[workflow]
async fn audited(expense: Expense) -> Result<String, Timeout> {
    mail("the manager".into(), "please decide".into()).await;
    let approval = signal!("approval" as Approval, 48h).await?;
    if !approval.approved {
        return Ok(format!("rejected by {}", approval.approver));
    }
    let receipt = pay(expense.employee, expense.cents).await;
    Ok(format!("approved by {}, paid as {receipt}", approval.approver))
}

/// An entry for an auditor.
fn in_words(event: &Event) -> String {
    match event {
        Event::Started { workflow, .. } => format!("{workflow} started"),
        Event::StepDone { task, attempt, .. } => format!("{task} done in attempt {attempt}"),
        Event::SignalReceived { signal, by, .. } => {
            format!("{signal} from {}", by.as_deref().unwrap_or("somebody"))
        }
        Event::SignalTaken { signal, .. } => format!("{signal} taken"),
        Event::Completed { .. } => "completed".into(),
        other => format!("{other:?}"),
    }
}

/// Whether the history holds, and still is the one whose head was noted earlier.
fn is_the_one_noted(history: &RunHistory, noted: HistoryHead) -> bool {
    let last = noted.length.checked_sub(1).and_then(|last| usize::try_from(last).ok());
    let entry = last.and_then(|last| history.entries().get(last));
    history.verify().is_ok() && entry.is_some_and(|entry| entry.hash == noted.hash)
}
// ANCHOR_END: workflow

async fn read_out(stage: &Stage, run: &Run<audited>) -> anyhow::Result<RunHistory> {
    let history = run.history().await?;
    for entry in &history {
        stage.tell(format_args!("{}  {}", entry.at.strftime("%m-%d %H:%M"), in_words(&entry.event)));
    }
    Ok(history)
}

pub(crate) async fn play(story: &Story) -> Played {
    let stage = story.stage(EngineBuilder::workflow::<audited>).await?;
    let run = stage.start("exp-1", audited(Expense::of("alice", 25_000))).await?;
    let noted = run.history().await?.head();
    stage.hours(20).await;
    run.signal(audited::APPROVAL, &Approval::yes("bob")).by("bob@corp.example").await?;
    stage.report(&run).await?;

    let history = read_out(&stage, &run).await?;
    history.verify()?;
    stage.tell(format_args!("{} entries, unchanged", history.head().length));
    stage.tell(format_args!("as noted after {}: {}", noted.length, is_the_one_noted(&history, noted)));

    // Somebody removes the run and writes another one in its place, which holds in itself.
    stage.engine.purge("exp-1").await?;
    let run = stage.start("exp-1", audited(Expense::of("eve", 25_000))).await?;
    let forged = run.history().await?;
    forged.verify()?;
    stage.tell(format_args!("another in its place, as noted: {}", is_the_one_noted(&forged, noted)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crashed::{Letter, crashed_everywhere};

    #[tokio::test]
    async fn the_history_names_who_decided_and_another_one_in_its_place_shows() {
        let story = Story::told();
        play(&story).await.expect("it plays");
        assert_eq!(
            story.lines(),
            [
                "   0h  mail to the manager: please decide",
                "   0h  exp-1 waits for approval",
                "  20h  paid 250.00 to alice",
                "  20h  exp-1 ended: \"approved by bob, paid as T-25000\"",
                "  20h  01-01 00:00  audited started",
                "  20h  01-01 00:00  mail done in attempt 1",
                "  20h  01-01 20:00  approval from bob@corp.example",
                "  20h  01-01 20:00  approval taken",
                "  20h  01-01 20:00  pay done in attempt 1",
                "  20h  01-01 20:00  completed",
                "  20h  6 entries, unchanged",
                "  20h  as noted after 2: true",
                "  20h  mail to the manager: please decide",
                "  20h  exp-1 waits for approval",
                "  20h  another in its place, as noted: false",
            ]
        );
    }

    #[tokio::test]
    async fn whatever_commit_a_crash_hits_the_outcome_is_the_same() {
        let letters = [Letter::sent(20, "bob@corp.example", audited::APPROVAL, &Approval::yes("bob"))];
        let outcome = crashed_everywhere(|| audited(Expense::of("alice", 25_000)), &letters).await;
        assert_eq!(outcome, "\"approved by bob, paid as T-25000\"");
    }
}
