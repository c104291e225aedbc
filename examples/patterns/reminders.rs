//! Reminders: one every 24 hours until somebody answers, or until the deadline.
//!
//! The reminders are a workflow of their own, which ends with the deadline. It races the approval; when that comes, the reminders stop.

use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;

use crate::desk::{Approval, Expense, mail, pay};
use crate::stage::{Played, Story};

// ANCHOR: workflow
#[workflow]
async fn reminders(expense: Expense) -> String {
    select! {
        approval = signal!("approval" as Approval) => {
            let receipt = pay(expense.employee, expense.cents).await;
            format!("approved by {}, paid as {receipt}", approval.approver)
        }
        _ = remind_until_deadline("bob".into(), 4) => "nobody answered".to_owned(),
    }
    .await
}

/// Reminds somebody every day but the last, and returns when the days are over.
#[workflow]
async fn remind_until_deadline(whom: String, days: u32) {
    for day in 1..days {
        sleep!(24h).await;
        mail(whom.clone(), format!("an expense waits for you; days left: {}", days - day)).await;
    }
    sleep!(24h).await;
}
// ANCHOR_END: workflow

pub(crate) async fn play(story: &Story) -> Played {
    let stage = story.stage(EngineBuilder::workflow::<reminders>).await?;
    let run = stage.start("exp-1", reminders(Expense::of("alice", 25_000))).await?;
    stage.hours(50).await;
    run.signal(reminders::APPROVAL, &Approval::yes("bob")).await?;
    stage.report(&run).await?;

    let run = stage.start("exp-2", reminders(Expense::of("carol", 1_250))).await?;
    stage.hours(96).await;
    stage.report(&run).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crashed::{Letter, crashed_everywhere};

    #[tokio::test]
    async fn there_is_one_a_day_until_the_answer_or_the_deadline() {
        let story = Story::told();
        play(&story).await.expect("it plays");
        assert_eq!(
            story.lines(),
            [
                "   0h  exp-1 waits for approval",
                "  24h  mail to bob: an expense waits for you; days left: 3",
                "  48h  mail to bob: an expense waits for you; days left: 2",
                "  50h  paid 250.00 to alice",
                "  50h  exp-1 ended: \"approved by bob, paid as T-25000\"",
                "  50h  exp-2 waits for approval",
                "  74h  mail to bob: an expense waits for you; days left: 3",
                "  98h  mail to bob: an expense waits for you; days left: 2",
                " 122h  mail to bob: an expense waits for you; days left: 1",
                " 146h  exp-2 ended: \"nobody answered\"",
            ]
        );
    }

    #[tokio::test]
    async fn whatever_commit_a_crash_hits_the_outcome_is_the_same() {
        let letters = [Letter::sent(50, "bob", reminders::APPROVAL, &Approval::yes("bob"))];
        let outcome = crashed_everywhere(|| reminders(Expense::of("alice", 25_000)), &letters).await;
        assert_eq!(outcome, "\"approved by bob, paid as T-25000\"");
        let outcome = crashed_everywhere(|| reminders(Expense::of("alice", 25_000)), &[]).await;
        assert_eq!(outcome, "\"nobody answered\"");
    }
}
