//! What an `upgrade` builds goes on as if the body had come there: what has not begun begins, what has is left alone.

#![expect(
    clippy::needless_pass_by_value,
    reason = "an `upgrade` is handed the state, whether it needs it or not"
)]

use std::sync::Arc;
use std::time::Duration;

use sayiir::engine::EngineBuilder;
use sayiir::operation::{Branch, Child, Join, Select, SignalWait, Sleep};
use sayiir::prelude::*;
use sayiir::testing::TestEngine;
use sayiir::versions::{StoredState, UpgradeError};

/// Waits for its own signal.
#[workflow]
async fn legal(case: u32) -> String {
    let by = signal!("legal" as String, 24h).await;
    format!("case {case} {}", by.unwrap_or_else(|_| "not looked at".into()))
}

/// Waits for a signal, of which each of several takes one.
#[workflow]
async fn review(item: u32) -> String {
    let by = signal!("reviewed" as String).await;
    format!("{item} by {by}")
}

/// The version that parked the runs.
mod old {
    use super::*;

    #[workflow]
    pub(super) async fn expense(amount: u32) -> String {
        let by = signal!("approval" as String).await;
        format!("{amount} by {by}")
    }

    #[workflow]
    pub(super) async fn race(amount: u32) -> String {
        let by = signal!("approval" as String).await;
        format!("{amount} by {by}")
    }

    #[workflow]
    pub(super) async fn both(amount: u32) -> String {
        let by = signal!("approval" as String).await;
        format!("{amount} by {by}")
    }

    #[workflow]
    pub(super) async fn each(amount: u32) -> String {
        let first = review(amount).await;
        first
    }

    #[workflow]
    pub(super) async fn reminder(amount: u32) -> u32 {
        sleep!(30d).await;
        amount
    }

    #[workflow]
    pub(super) async fn limited(amount: u32) -> String {
        let by = signal!("approval" as String, 24h).await;
        format!("{amount} by {}", by.unwrap_or_else(|_| "nobody".into()))
    }
}

/// The one that waits otherwise.
mod new {
    use super::*;

    fn with_limit(old: StoredState) -> Result<ExpenseState, UpgradeError> {
        let awaiting = SignalWait::new("approval").within(Duration::from_hours(48));
        Ok(ExpenseState::Approval { amount: old.field("amount")?, awaiting })
    }

    #[workflow(upgrade = with_limit)]
    pub(super) async fn expense(amount: u32) -> String {
        let by = signal!("approval" as String, 48h).await;
        format!("{amount} by {}", by.unwrap_or_else(|_| "nobody".into()))
    }

    fn with_sleep(old: StoredState) -> Result<RaceState, UpgradeError> {
        let awaiting = Select::new((old.field("awaiting")?, Sleep::For(Duration::from_hours(1))));
        Ok(RaceState::ApprovalOrSleep { amount: old.field("amount")?, awaiting })
    }

    #[workflow(upgrade = with_sleep)]
    pub(super) async fn race(amount: u32) -> String {
        select! {
            by = signal!("approval" as String) => format!("{amount} by {by}"),
            _ = sleep!(1h) => "too late".to_owned(),
        }
        .await
    }

    fn with_child(old: StoredState) -> Result<BothState, UpgradeError> {
        let amount = old.field("amount")?;
        let branches = (Branch::Waiting(old.field("awaiting")?), Branch::Waiting(Child::new((7,))));
        Ok(BothState::ApprovalAndLegal { amount, awaiting: Join::new(branches) })
    }

    #[workflow(upgrade = with_child)]
    pub(super) async fn both(amount: u32) -> String {
        let (by, legal) = join!(signal!("approval" as String), legal(amount)).await;
        format!("{amount} by {by}, {legal}")
    }

    fn with_second(mut old: StoredState) -> Result<EachState, UpgradeError> {
        let waiting: serde_json::Value = old.field("awaiting")?;
        let branches = serde_json::json!([{ "waiting": waiting }, { "waiting": { "Start": { "item": 2 } } }]);
        old.move_to("EachReview");
        old.set("awaiting", &serde_json::json!({ "branches": branches, "max": null }))?;
        old.decode()
    }

    #[workflow(upgrade = with_second)]
    pub(super) async fn each(amount: u32) -> String {
        let items = vec![amount, amount + 1];
        join_all!(item in items => review(item)).await.join(", ")
    }

    fn sooner(mut old: StoredState) -> Result<ReminderState, UpgradeError> {
        let Sleep::Until(until) = old.field("awaiting")? else {
            return Err(old.unknown());
        };
        old.set("currency", "EUR")?;
        old.set("awaiting", &Sleep::Until(until - Duration::from_hours(29 * 24)))?;
        old.decode()
    }

    #[workflow(upgrade = sooner)]
    pub(super) async fn reminder(amount: u32) -> String {
        let currency = "EUR".to_owned();
        sleep!(1d).await;
        format!("{amount} {currency}")
    }

    fn unlimited(old: StoredState) -> Result<LimitedState, UpgradeError> {
        let (amount, currency) = (old.field("amount")?, "EUR".into());
        Ok(LimitedState::Approval { amount, currency, awaiting: SignalWait::new("approval") })
    }

    #[workflow(upgrade = unlimited)]
    pub(super) async fn limited(amount: u32) -> String {
        let currency: String = "EUR".to_owned();
        let by = signal!("approval" as String).await;
        format!("{amount} {currency} by {by}")
    }
}

/// The engine of the second version, on a run that the first one parked.
async fn upgraded<Old, New>(invocation: Invocation<Old>) -> TestEngine
where
    Old: sayiir::Workflow,
    New: sayiir::Workflow,
{
    let first = TestEngine::start(EngineBuilder::workflow::<Old>).await.expect("it starts");
    first.start("r", invocation).await.expect("it starts");
    first.idle().await;
    let (store, clock) = (Arc::clone(first.backend()), first.clock().clone());
    first.crash().await;
    let second = TestEngine::start_on(store, clock, EngineBuilder::workflow::<New>).await.expect("it starts");
    assert_eq!(second.upgrade_runs().await.expect("the store reads"), 1);
    assert_eq!(second.upgrade_runs().await.expect("the store reads"), 0);
    second
}

#[tokio::test]
async fn a_limit_that_an_upgrade_gives_a_wait_counts_from_the_upgrade() {
    let engine = upgraded::<old::expense, new::expense>(old::expense(7)).await;
    let run = engine.run::<new::expense>("r").await.expect("it is there");
    engine.advance(Duration::from_hours(47)).await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::WaitingForSignal { .. })));
    engine.advance(Duration::from_hours(1)).await;
    assert_eq!(run.result().await.expect("it completes"), "7 by nobody");
}

#[tokio::test]
async fn a_sleep_that_an_upgrade_puts_beside_a_wait_ends() {
    let engine = upgraded::<old::race, new::race>(old::race(7)).await;
    engine.advance(Duration::from_hours(1)).await;
    let run = engine.run::<new::race>("r").await.expect("it is there");
    assert_eq!(run.result().await.expect("it completes"), "too late");
}

#[tokio::test]
async fn a_workflow_that_an_upgrade_puts_beside_a_wait_begins() {
    let engine = upgraded::<old::both, new::both>(old::both(7)).await;
    engine.advance(Duration::from_hours(24)).await;
    engine.signal("r", "approval", &"bob").await.expect("it is taken");
    let run = engine.run::<new::both>("r").await.expect("it is there");
    assert_eq!(run.result().await.expect("it completes"), "7 by bob, case 7 not looked at");
}

#[tokio::test]
async fn a_branch_that_an_upgrade_adds_to_a_join_all_begins() {
    let engine = upgraded::<old::each, new::each>(old::each(1)).await;
    for by in ["ann", "bob"] {
        engine.signal("r", "reviewed", &by).await.expect("it is taken");
    }
    let run = engine.run::<new::each>("r").await.expect("it is there");
    assert_eq!(run.result().await.expect("it completes"), "1 by ann, 2 by bob");
}

#[tokio::test]
async fn a_time_that_an_upgrade_changes_is_the_one_that_counts() {
    let engine = upgraded::<old::reminder, new::reminder>(old::reminder(7)).await;
    engine.advance(Duration::from_hours(24)).await;
    let run = engine.run::<new::reminder>("r").await.expect("it is there");
    assert_eq!(run.result().await.expect("it completes"), "7 EUR");
}

#[tokio::test]
async fn a_limit_that_an_upgrade_takes_away_is_gone() {
    let engine = upgraded::<old::limited, new::limited>(old::limited(7)).await;
    engine.advance(Duration::from_hours(48)).await;
    engine.signal("r", "approval", &"bob").await.expect("it is taken");
    let run = engine.run::<new::limited>("r").await.expect("it is there");
    assert_eq!(run.result().await.expect("it completes"), "7 EUR by bob");
}
