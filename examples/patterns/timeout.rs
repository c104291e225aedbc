//! Timeout: nobody answers. With `?` the run fails, and says what did not come; with a `match` it is one more answer.
//!
//! An answer that was stored before the time was over counts, however late the run gets to see it.

use sayiir::prelude::*;

use crate::desk::{Approval, Expense, mail, pay};
use crate::stage::{Played, Story};

// ANCHOR: workflow
/// Fails when the time is over.
#[workflow]
async fn strict(expense: Expense) -> Result<String, Timeout> {
    let approval = signal!("approval" as Approval, 48h).await?;
    let receipt = pay(expense.employee, expense.cents).await;
    Ok(format!("approved by {}, paid as {receipt}", approval.approver))
}

/// Ends well, without a payment.
#[workflow]
async fn lenient(expense: Expense) -> String {
    match signal!("approval" as Approval, 48h).await {
        Ok(approval) => {
            let receipt = pay(expense.employee, expense.cents).await;
            format!("approved by {}, paid as {receipt}", approval.approver)
        }
        Err(timeout) => {
            mail(expense.employee, "nobody answered, hand it in again".into()).await;
            format!("expired: {timeout}")
        }
    }
}
// ANCHOR_END: workflow

pub(crate) async fn play(story: &Story) -> Played {
    let stage = story.stage(|engine| engine.workflow::<strict>().workflow::<lenient>()).await?;
    let run = stage.start("exp-1", strict(Expense::of("alice", 25_000))).await?;
    stage.hours(48).await;
    stage.report(&run).await?;
    let late = run.signal(strict::APPROVAL, &Approval::yes("bob")).await;
    stage.refused("bob is late", &late);

    let run = stage.start("exp-2", lenient(Expense::of("carol", 1_250))).await?;
    stage.hours(48).await;
    stage.report(&run).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crashed::{Letter, crashed_everywhere};

    #[tokio::test]
    async fn one_fails_and_the_other_ends_without_a_payment() {
        let story = Story::told();
        play(&story).await.expect("it plays");
        assert_eq!(
            story.lines(),
            [
                "   0h  exp-1 waits for approval",
                "  48h  exp-1 failed: timeout: signal `approval` was not received within 48h",
                "  48h  bob is late: run exp-1 takes no more signals: it is failed",
                "  48h  exp-2 waits for approval",
                "  96h  mail to carol: nobody answered, hand it in again",
                "  96h  exp-2 ended: \"expired: timeout: signal `approval` was not received within 48h\"",
            ]
        );
    }

    #[tokio::test]
    async fn whatever_commit_a_crash_hits_the_outcome_is_the_same() {
        let outcome = crashed_everywhere(|| strict(Expense::of("alice", 25_000)), &[]).await;
        assert_eq!(outcome, "failed: timeout: signal `approval` was not received within 48h");
        let outcome = crashed_everywhere(|| lenient(Expense::of("alice", 25_000)), &[]).await;
        assert_eq!(outcome, "\"expired: timeout: signal `approval` was not received within 48h\"");
        let letters = [Letter::sent(47, "bob", lenient::APPROVAL, &Approval::yes("bob"))];
        let outcome = crashed_everywhere(|| lenient(Expense::of("alice", 25_000)), &letters).await;
        assert_eq!(outcome, "\"approved by bob, paid as T-25000\"");
    }
}
