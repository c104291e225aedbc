//! Escalation: manager, then director, then CFO, each with a time of their own.
//!
//! Every level has its own signal, so that an approval can only be one of the level that was asked. What comes after the decision
//! stands once, in a workflow that this one awaits.

use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;

use crate::desk::{Approval, Expense, mail, pay};
use crate::stage::{Played, Story};

// ANCHOR: workflow
#[workflow]
async fn escalation(expense: Expense) -> Result<String, Timeout> {
    mail("the manager".into(), "please decide within 48 hours".into()).await;
    if let Ok(approval) = signal!("manager_approval" as Approval, 48h).await {
        return Ok(settle(expense, approval).await);
    }
    mail("the director".into(), "the manager did not answer".into()).await;
    if let Ok(approval) = signal!("director_approval" as Approval, 72h).await {
        return Ok(settle(expense, approval).await);
    }
    mail("the CFO".into(), "neither manager nor director answered".into()).await;
    let approval = signal!("cfo_approval" as Approval, 1w).await?;
    Ok(settle(expense, approval).await)
}

#[workflow]
async fn settle(expense: Expense, approval: Approval) -> String {
    if !approval.approved {
        return format!("rejected by {}", approval.approver);
    }
    let receipt = pay(expense.employee, expense.cents).await;
    format!("approved by {}, paid as {receipt}", approval.approver)
}
// ANCHOR_END: workflow

pub(crate) async fn play(story: &Story) -> Played {
    let stage = story.stage(EngineBuilder::workflow::<escalation>).await?;
    let run = stage.start("exp-1", escalation(Expense::of("alice", 150_000))).await?;
    stage.hours(48).await;
    stage.report(&run).await?;
    stage.hours(72).await;
    stage.report(&run).await?;

    let late = run.signal(escalation::MANAGER_APPROVAL, &Approval::yes("bob")).only_if_waiting().await;
    stage.refused("the manager is late", &late);
    run.signal(escalation::CFO_APPROVAL, &Approval::yes("frida")).await?;
    stage.report(&run).await?;

    let run = stage.start("exp-2", escalation(Expense::of("carol", 99_900))).await?;
    stage.hours(48 + 72 + 7 * 24).await;
    stage.report(&run).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crashed::{Letter, crashed_everywhere};

    #[tokio::test]
    async fn each_level_is_asked_when_the_time_of_the_one_before_is_over() {
        let story = Story::told();
        play(&story).await.expect("it plays");
        assert_eq!(
            story.lines(),
            [
                "   0h  mail to the manager: please decide within 48 hours",
                "   0h  exp-1 waits for manager_approval",
                "  48h  mail to the director: the manager did not answer",
                "  48h  exp-1 waits for director_approval",
                " 120h  mail to the CFO: neither manager nor director answered",
                " 120h  exp-1 waits for cfo_approval",
                " 120h  the manager is late: run exp-1 does not wait for signal `manager_approval`: it is waiting for a signal",
                " 120h  paid 1500.00 to alice",
                " 120h  exp-1 ended: \"approved by frida, paid as T-150000\"",
                " 120h  mail to the manager: please decide within 48 hours",
                " 120h  exp-2 waits for manager_approval",
                " 168h  mail to the director: the manager did not answer",
                " 240h  mail to the CFO: neither manager nor director answered",
                " 408h  exp-2 failed: timeout: signal `cfo_approval` was not received within 168h",
            ]
        );
    }

    #[tokio::test]
    async fn whatever_commit_a_crash_hits_the_outcome_is_the_same() {
        let letters = [Letter::sent(121, "frida", escalation::CFO_APPROVAL, &Approval::yes("frida"))];
        let outcome = crashed_everywhere(|| escalation(Expense::of("alice", 150_000)), &letters).await;
        assert_eq!(outcome, "\"approved by frida, paid as T-150000\"");
    }
}
