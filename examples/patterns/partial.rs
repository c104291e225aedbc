//! Partial approval: a part of the amount is granted, and the employee hears what is not.
//!
//! More than was asked for is an answer that does not count: its sender is told, and the wait goes on.

use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;
use serde::{Deserialize, Serialize};

use crate::desk::{Expense, euros, mail, pay};
use crate::stage::{Played, Story};

// ANCHOR: workflow
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Grant {
    by: String,
    cents: u64,
    reason: String,
}

#[workflow]
async fn partial(expense: Expense) -> Result<String, Timeout> {
    let grant = loop {
        let grant = signal!("grant" as Grant, 48h).await?;
        if grant.cents <= expense.cents {
            break grant;
        }
        mail(grant.by, format!("{} is all that was asked for", euros(expense.cents))).await;
    };
    let refused = expense.cents - grant.cents;
    if refused > 0 {
        let text = format!("{} refuses {}: {}", grant.by, euros(refused), grant.reason);
        mail(expense.employee.clone(), text).await;
    }
    if grant.cents == 0 {
        return Ok(format!("rejected by {}", grant.by));
    }
    let receipt = pay(expense.employee, grant.cents).await;
    Ok(format!("{} granted by {}, paid as {receipt}", euros(grant.cents), grant.by))
}
// ANCHOR_END: workflow

fn grant(cents: u64, reason: &str) -> Grant {
    Grant { by: "bob".into(), cents, reason: reason.into() }
}

pub(crate) async fn play(story: &Story) -> Played {
    let stage = story.stage(EngineBuilder::workflow::<partial>).await?;
    let run = stage.start("exp-1", partial(Expense::of("alice", 25_000))).await?;
    run.signal(partial::GRANT, &grant(30_000, "")).await?;
    stage.report(&run).await?;
    run.signal(partial::GRANT, &grant(18_000, "no first class")).await?;
    stage.report(&run).await?;

    let run = stage.start("exp-2", partial(Expense::of("carol", 1_250))).await?;
    run.signal(partial::GRANT, &grant(0, "private")).await?;
    stage.report(&run).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crashed::{Letter, crashed_everywhere};

    #[tokio::test]
    async fn what_is_granted_is_paid_and_never_more_than_was_asked_for() {
        let story = Story::told();
        play(&story).await.expect("it plays");
        assert_eq!(
            story.lines(),
            [
                "   0h  exp-1 waits for grant",
                "   0h  mail to bob: 250.00 is all that was asked for",
                "   0h  exp-1 waits for grant",
                "   0h  mail to alice: bob refuses 70.00: no first class",
                "   0h  paid 180.00 to alice",
                "   0h  exp-1 ended: \"180.00 granted by bob, paid as T-18000\"",
                "   0h  exp-2 waits for grant",
                "   0h  mail to carol: bob refuses 12.50: private",
                "   0h  exp-2 ended: \"rejected by bob\"",
            ]
        );
    }

    #[tokio::test]
    async fn whatever_commit_a_crash_hits_the_outcome_is_the_same() {
        let letters = [(0, 30_000), (1, 18_000)]
            .map(|(hour, cents)| Letter::sent(hour, "bob", partial::GRANT, &grant(cents, "no first class")));
        let outcome = crashed_everywhere(|| partial(Expense::of("alice", 25_000)), &letters).await;
        assert_eq!(outcome, "\"180.00 granted by bob, paid as T-18000\"");
    }
}
