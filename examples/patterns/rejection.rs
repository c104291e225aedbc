//! Rejection: a no is an answer like any other, and brings its reason.
//!
//! The payload is an enum, so that nobody can reject without a reason, and nothing after the `match` can forget that there was a no.

use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;
use serde::{Deserialize, Serialize};

use crate::desk::{Expense, mail, pay};
use crate::stage::{Played, Story};

// ANCHOR: workflow
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Decision {
    Approved { by: String },
    Rejected { by: String, reason: String },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Outcome {
    Paid { receipt: String, approved_by: String },
    Rejected { by: String, reason: String },
}

#[workflow]
async fn rejection(expense: Expense) -> Outcome {
    match signal!("decision" as Decision).await {
        Decision::Approved { by } => {
            let receipt = pay(expense.employee, expense.cents).await;
            Outcome::Paid { receipt, approved_by: by }
        }
        Decision::Rejected { by, reason } => {
            mail(expense.employee, format!("{by} says no: {reason}")).await;
            Outcome::Rejected { by, reason }
        }
    }
}
// ANCHOR_END: workflow

pub(crate) async fn play(story: &Story) -> Played {
    let stage = story.stage(EngineBuilder::workflow::<rejection>).await?;

    let run = stage.start("exp-1", rejection(Expense::of("alice", 25_000))).await?;
    stage.hours(5).await;
    let no = Decision::Rejected { by: "bob".into(), reason: "no receipt".into() };
    run.signal(rejection::DECISION, &no).by("bob").await?;
    stage.report(&run).await?;

    let run = stage.start("exp-2", rejection(Expense::of("carol", 1_250))).await?;
    run.signal(rejection::DECISION, &Decision::Approved { by: "bob".into() }).by("bob").await?;
    stage.report(&run).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crashed::{Letter, crashed_everywhere};

    #[tokio::test]
    async fn the_employee_hears_why_and_is_not_paid() {
        let story = Story::told();
        play(&story).await.expect("it plays");
        assert_eq!(
            story.lines(),
            [
                "   0h  exp-1 waits for decision",
                "   5h  mail to alice: bob says no: no receipt",
                "   5h  exp-1 ended: Rejected { by: \"bob\", reason: \"no receipt\" }",
                "   5h  exp-2 waits for decision",
                "   5h  paid 12.50 to carol",
                "   5h  exp-2 ended: Paid { receipt: \"T-1250\", approved_by: \"bob\" }",
            ]
        );
    }

    #[tokio::test]
    async fn whatever_commit_a_crash_hits_the_outcome_is_the_same() {
        let no = Decision::Rejected { by: "bob".into(), reason: "no receipt".into() };
        let letters = [Letter::sent(5, "bob", rejection::DECISION, &no)];
        let outcome = crashed_everywhere(|| rejection(Expense::of("alice", 25_000)), &letters).await;
        assert_eq!(outcome, "Rejected { by: \"bob\", reason: \"no receipt\" }");
        let letters = [Letter::sent(5, "bob", rejection::DECISION, &Decision::Approved { by: "bob".into() })];
        let outcome = crashed_everywhere(|| rejection(Expense::of("alice", 25_000)), &letters).await;
        assert_eq!(outcome, "Paid { receipt: \"T-25000\", approved_by: \"bob\" }");
    }
}
