//! Cancellation request: the employee withdraws the expense while somebody decides on it.
//!
//! A request is a signal, and the run decides what becomes of it: here it counts until the approval, and no longer. `run.cancel(..)`
//! is for those who need not ask. Either way what was done is undone: money that was set aside is released.

use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;

use crate::desk::{Approval, Expense, euros, mail, pay};
use crate::stage::{Played, Story};

// ANCHOR: workflow
#[task]
async fn set_aside(#[inject] story: &Story, cents: u64) {
    story.tell(format_args!("set aside {}", euros(cents)));
}

#[task]
async fn release(#[inject] story: &Story, cents: u64) {
    story.tell(format_args!("released {}", euros(cents)));
}

#[workflow]
async fn cancellation(expense: Expense) -> Result<String, Timeout> {
    set_aside(expense.cents).await;
    // If the run is cancelled or fails from here on.
    compensate!(release(expense.cents));
    let approval = select! {
        approval = signal!("approval" as Approval, 48h) => approval?,
        reason = signal!("withdrawal" as String) => {
            release(expense.cents).await;
            return Ok(format!("withdrawn: {reason}"));
        }
    }
    .await;
    mail(expense.employee.clone(), format!("approved by {}", approval.approver)).await;
    sleep!(1d).await;
    let receipt = pay(expense.employee, expense.cents).await;
    Ok(format!("paid as {receipt}"))
}
// ANCHOR_END: workflow

pub(crate) async fn play(story: &Story) -> Played {
    let stage = story.stage(EngineBuilder::workflow::<cancellation>).await?;
    let run = stage.start("exp-1", cancellation(Expense::of("alice", 25_000))).await?;
    run.signal(cancellation::WITHDRAWAL, &"paid it by card".to_owned()).by("alice").await?;
    stage.report(&run).await?;

    let run = stage.start("exp-2", cancellation(Expense::of("carol", 1_250))).await?;
    run.signal(cancellation::APPROVAL, &Approval::yes("bob")).await?;
    stage.report(&run).await?;
    let late = run.signal(cancellation::WITHDRAWAL, &"oh no".to_owned()).only_if_waiting().await;
    stage.refused("carol is late", &late);
    run.cancel("carol has left the company").await?;
    stage.report(&run).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crashed::{Letter, crashed_everywhere};

    #[tokio::test]
    async fn what_was_set_aside_is_released_and_nothing_is_paid() {
        let story = Story::told();
        play(&story).await.expect("it plays");
        assert_eq!(
            story.lines(),
            [
                "   0h  set aside 250.00",
                "   0h  exp-1 waits for approval, withdrawal",
                "   0h  released 250.00",
                "   0h  exp-1 ended: \"withdrawn: paid it by card\"",
                "   0h  set aside 12.50",
                "   0h  exp-2 waits for approval, withdrawal",
                "   0h  mail to carol: approved by bob",
                "   0h  exp-2 sleeping until 2026-01-02T00:00:00Z",
                "   0h  carol is late: run exp-2 does not wait for signal `withdrawal`: it is sleeping",
                "   0h  released 12.50",
                "   0h  exp-2 cancelled: carol has left the company",
            ]
        );
    }

    #[tokio::test]
    async fn whatever_commit_a_crash_hits_the_outcome_is_the_same() {
        let letters = [Letter::sent(1, "alice", cancellation::WITHDRAWAL, &"paid it by card".to_owned())];
        let outcome = crashed_everywhere(|| cancellation(Expense::of("alice", 25_000)), &letters).await;
        assert_eq!(outcome, "\"withdrawn: paid it by card\"");
        // Nobody decides: it fails, and what was set aside is released.
        let outcome = crashed_everywhere(|| cancellation(Expense::of("alice", 25_000)), &[]).await;
        assert_eq!(outcome, "failed: timeout: signal `approval` was not received within 48h");
    }
}
