//! Two of three: an expense is approved when two of three approvers say so, and rejected when two say no.
//!
//! Who votes is who sent the signal, `Received::by`, as the service that took it in has made sure of: not what the payload says.
//! Nobody counts twice; who votes again changes the vote. The deadline is for the whole vote, so it races the counting.

use std::collections::BTreeMap;

use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;
use serde::{Deserialize, Serialize};

use crate::desk::{Expense, pay};
use crate::stage::{Played, Stage, Story};

// ANCHOR: workflow
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Vote {
    approved: bool,
}

const APPROVERS: [&str; 3] = ["bob", "carol", "dora"];

#[workflow]
async fn two_of_three(expense: Expense) -> String {
    let approved = select! {
        approved = count_votes(expense.employee.clone()) => approved,
        _ = sleep!(1w) => return "expired".to_owned(),
    }
    .await;
    if !approved {
        return "rejected".to_owned();
    }
    let receipt = pay(expense.employee, expense.cents).await;
    format!("approved, paid as {receipt}")
}

/// Waits until two approvers agree, and says on what.
#[workflow]
async fn count_votes(employee: String) -> bool {
    let mut votes = BTreeMap::new();
    loop {
        let vote = signal!("vote" as Received<Vote>).await;
        let Some(by) = vote.by else { continue };
        // Nobody decides on an expense of their own.
        if !APPROVERS.contains(&by.as_str()) || by == employee {
            continue;
        }
        votes.insert(by, vote.payload.approved);
        for decision in [true, false] {
            if votes.values().filter(|vote| **vote == decision).count() == 2 {
                return decision;
            }
        }
    }
}
// ANCHOR_END: workflow

async fn vote(stage: &Stage, run: &Run<two_of_three>, by: &str, approved: bool) -> Played {
    stage.tell(format_args!("{by} votes {}", if approved { "yes" } else { "no" }));
    run.signal(count_votes::VOTE, &Vote { approved }).by(by).await?;
    stage.report(run).await
}

pub(crate) async fn play(story: &Story) -> Played {
    let stage = story.stage(EngineBuilder::workflow::<two_of_three>).await?;
    let run = stage.start("exp-1", two_of_three(Expense::of("alice", 25_000))).await?;
    vote(&stage, &run, "bob", true).await?;
    vote(&stage, &run, "bob", true).await?;
    vote(&stage, &run, "alice", true).await?;
    vote(&stage, &run, "carol", false).await?;
    vote(&stage, &run, "dora", true).await?;

    let run = stage.start("exp-2", two_of_three(Expense::of("dora", 1_250))).await?;
    vote(&stage, &run, "dora", true).await?;
    vote(&stage, &run, "bob", true).await?;
    stage.hours(7 * 24).await;
    stage.report(&run).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crashed::{Letter, crashed_everywhere};

    #[tokio::test]
    async fn only_two_different_approvers_who_agree_decide() {
        let story = Story::told();
        play(&story).await.expect("it plays");
        assert_eq!(
            story.lines(),
            [
                "   0h  exp-1 waits for vote",
                "   0h  bob votes yes",
                "   0h  exp-1 waits for vote",
                "   0h  bob votes yes",
                "   0h  exp-1 waits for vote",
                "   0h  alice votes yes",
                "   0h  exp-1 waits for vote",
                "   0h  carol votes no",
                "   0h  exp-1 waits for vote",
                "   0h  dora votes yes",
                "   0h  paid 250.00 to alice",
                "   0h  exp-1 ended: \"approved, paid as T-25000\"",
                "   0h  exp-2 waits for vote",
                "   0h  dora votes yes",
                "   0h  exp-2 waits for vote",
                "   0h  bob votes yes",
                "   0h  exp-2 waits for vote",
                " 168h  exp-2 ended: \"expired\"",
            ]
        );
    }

    #[tokio::test]
    async fn whatever_commit_a_crash_hits_the_outcome_is_the_same() {
        let letters = [("bob", true), ("bob", true), ("alice", true), ("carol", false), ("dora", true)]
            .map(|(by, approved)| Letter::sent(1, by, count_votes::VOTE, &Vote { approved }));
        let outcome = crashed_everywhere(|| two_of_three(Expense::of("alice", 25_000)), &letters).await;
        assert_eq!(outcome, "\"approved, paid as T-25000\"");
        let outcome = crashed_everywhere(|| two_of_three(Expense::of("alice", 25_000)), &letters[..3]).await;
        assert_eq!(outcome, "\"expired\"");
    }
}
