//! Modification request: the approver asks for a change, the employee hands it in again, until somebody decides.
//!
//! Both waits are `fresh`: an answer to an earlier version of the expense does not count for the next one. It stays in the history,
//! as superseded.

use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;
use serde::{Deserialize, Serialize};

use crate::desk::{Expense, mail, pay};
use crate::stage::{Played, Story};

// ANCHOR: workflow
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Review {
    Approved { by: String },
    Rejected { by: String, reason: String },
    ChangeWanted { by: String, what: String },
}

#[workflow]
async fn modification(expense: Expense) -> Result<String, Timeout> {
    let mut expense = expense;
    let mut version = 1;
    loop {
        mail("the manager".into(), format!("version {version} wants a review")).await;
        match signal!("review" as Review, 5d, fresh).await? {
            Review::Approved { by } => {
                let receipt = pay(expense.employee, expense.cents).await;
                return Ok(format!("version {version} approved by {by}, paid as {receipt}"));
            }
            Review::Rejected { by, reason } => return Ok(format!("rejected by {by}: {reason}")),
            Review::ChangeWanted { by, what } => {
                mail(expense.employee.clone(), format!("{by} wants a change: {what}")).await;
                expense = signal!("resubmission" as Expense, 2w, fresh).await?;
                version += 1;
            }
        }
    }
}
// ANCHOR_END: workflow

pub(crate) async fn play(story: &Story) -> Played {
    let stage = story.stage(EngineBuilder::workflow::<modification>).await?;
    let first = Expense { receipt: false, ..Expense::of("alice", 25_000) };
    let run = stage.start("exp-1", modification(first)).await?;

    let change = Review::ChangeWanted { by: "bob".into(), what: "where is the receipt?".into() };
    run.signal(modification::REVIEW, &change).await?;
    stage.report(&run).await?;

    stage.tell("bob changes his mind, about the version without a receipt");
    run.signal(modification::REVIEW, &Review::Approved { by: "bob".into() }).await?;
    stage.hours(30).await;
    run.signal(modification::RESUBMISSION, &Expense::of("alice", 24_000)).await?;
    stage.report(&run).await?;

    run.signal(modification::REVIEW, &Review::Approved { by: "bob".into() }).await?;
    stage.report(&run).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crashed::{Letter, crashed_everywhere};

    #[tokio::test]
    async fn a_yes_to_an_earlier_version_does_not_pay_the_later_one() {
        let story = Story::told();
        play(&story).await.expect("it plays");
        assert_eq!(
            story.lines(),
            [
                "   0h  mail to the manager: version 1 wants a review",
                "   0h  exp-1 waits for review",
                "   0h  mail to alice: bob wants a change: where is the receipt?",
                "   0h  exp-1 waits for resubmission",
                "   0h  bob changes his mind, about the version without a receipt",
                "  30h  mail to the manager: version 2 wants a review",
                "  30h  exp-1 waits for review",
                "  30h  paid 240.00 to alice",
                "  30h  exp-1 ended: \"version 2 approved by bob, paid as T-24000\"",
            ]
        );
    }

    #[tokio::test]
    async fn whatever_commit_a_crash_hits_the_outcome_is_the_same() {
        let change = Review::ChangeWanted { by: "bob".into(), what: "where is the receipt?".into() };
        let approved = Review::Approved { by: "bob".into() };
        let letters = [
            Letter::sent(0, "bob", modification::REVIEW, &change),
            Letter::sent(1, "bob", modification::REVIEW, &approved),
            Letter::sent(30, "alice", modification::RESUBMISSION, &Expense::of("alice", 24_000)),
            Letter::sent(31, "bob", modification::REVIEW, &approved),
        ];
        let outcome = crashed_everywhere(|| modification(Expense::of("alice", 25_000)), &letters).await;
        assert_eq!(outcome, "\"version 2 approved by bob, paid as T-24000\"");
    }
}
