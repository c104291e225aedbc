//! A run is upgraded while a workflow that it awaits is undone, and not once it is itself.

use std::sync::Arc;
use std::time::Duration;

use sayiir::prelude::*;
use sayiir::testing::TestEngine;

use super::{Ledger, release, reserve, with};

/// Reserves a flight, and fails.
#[workflow]
async fn flight() -> Result<u32, String> {
    let booked = reserve("flight".to_owned()).await;
    compensate!(release(booked));
    let price = reserve("seat".to_owned()).await;
    Err(format!("no {price}"))
}

mod old {
    use super::*;

    #[workflow]
    pub(super) async fn holiday(fails: bool) -> Result<String, String> {
        let name = "by plane".to_owned();
        if fails {
            let booked = reserve("flight".to_owned()).await;
            compensate!(release(booked));
            return Err("no money".into());
        }
        let went = flight().await.is_ok();
        Ok(format!("{name}: {went}"))
    }
}

mod new {
    use sayiir::versions::{StoredState, UpgradeError};

    use super::*;

    fn upgrade(mut old: StoredState) -> Result<HolidayState, UpgradeError> {
        old.rename("name", "means")?;
        old.decode()
    }

    #[workflow(upgrade = upgrade)]
    pub(super) async fn holiday(fails: bool) -> Result<String, String> {
        let means = "by plane".to_owned();
        if fails {
            let booked = reserve("flight".to_owned()).await;
            compensate!(release(booked));
            return Err("no money".into());
        }
        let went = flight().await.is_ok();
        Ok(format!("{means}: {went}"))
    }
}

#[tokio::test]
async fn a_run_is_upgraded_while_a_child_is_undone_and_not_once_it_is_ending() {
    let ledger = Arc::new(Ledger::default());
    let first = super::engine::<old::holiday>(&ledger).await;
    for (id, fails) in [("child", false), ("ending", true)] {
        let run = first.start(id, old::holiday(fails)).await.expect("it starts");
        first.idle().await;
        // The airline is busy at first.
        assert!(matches!(run.status().await, Ok(WorkflowStatus::Compensating { .. })), "{id}");
    }
    let (store, clock) = (first.backend().clone(), first.clock().clone());
    first.crash().await;

    let second = TestEngine::start_on(store, clock, with::<new::holiday>(&ledger)).await.expect("it starts");
    assert_eq!(second.upgrade_runs().await.expect("the store reads"), 1);
    assert_eq!(second.upgrade_runs().await.expect("the store reads"), 0);
    second.advance(Duration::from_secs(5)).await;
    let run = second.run::<new::holiday>("child").await.expect("it is there");
    assert_eq!(run.result().await.expect("a value"), "by plane: false");
    let run = second.run::<new::holiday>("ending").await.expect("it is there");
    assert!(run.result().await.expect_err("it fails").to_string().contains("no money"));
}

/// Waits beside another workflow.
#[workflow]
async fn visa() -> String {
    signal!("visa" as String).await
}

/// The versions of a run that stops behind a child that was undone.
mod behind {
    use sayiir::versions::{StoredState, UpgradeError};

    use super::*;

    pub(super) mod old {
        use super::*;

        #[workflow]
        pub(in super::super) async fn alone(days: u32) -> String {
            let name = format!("{days} days");
            let went = flight().await;
            assert!(went.is_ok(), "not thought of");
            name
        }

        #[workflow]
        async fn by_plane() -> String {
            let went = flight().await;
            assert!(went.is_ok(), "not thought of");
            "went".to_owned()
        }

        #[workflow]
        pub(in super::super) async fn beside(days: u32) -> String {
            let name = format!("{days} days");
            let (went, visa) = join!(by_plane(), visa()).await;
            format!("{name}: {went}, {visa}")
        }
    }

    pub(super) mod new {
        use super::*;

        fn to_alone(mut old: StoredState) -> Result<AloneState, UpgradeError> {
            old.rename("name", "title")?;
            old.decode()
        }

        #[workflow(upgrade = to_alone)]
        pub(in super::super) async fn alone(days: u32) -> String {
            let title = format!("{days} days");
            let went = flight().await;
            format!("{title}: {}", went.is_ok())
        }

        #[workflow]
        async fn by_plane() -> String {
            let went = flight().await;
            format!("went: {}", went.is_ok())
        }

        fn to_beside(mut old: StoredState) -> Result<BesideState, UpgradeError> {
            old.rename("name", "title")?;
            old.decode()
        }

        #[workflow(upgrade = to_beside)]
        pub(in super::super) async fn beside(days: u32) -> String {
            let title = format!("{days} days");
            let (went, visa) = join!(by_plane(), visa()).await;
            format!("{title}: {went}, {visa}")
        }
    }
}

/// An engine of the second version, in which the run that stopped under the first was retried.
async fn retried<Old, New>(invocation: Invocation<Old>) -> (TestEngine, Arc<Ledger>)
where
    Old: sayiir::Workflow,
    New: sayiir::Workflow,
{
    let ledger = Arc::new(Ledger::default());
    let first = super::engine::<Old>(&ledger).await;
    let run = first.start("h", invocation).await.expect("it starts");
    first.advance(Duration::from_secs(5)).await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Blocked { .. })));
    drop(run);
    let (store, clock) = (first.backend().clone(), first.clock().clone());
    first.crash().await;
    let second = TestEngine::start_on(store, clock, with::<New>(&ledger)).await.expect("it starts");
    second.run::<New>("h").await.expect("it is there").retry().await.expect("it is blocked");
    second.idle().await;
    (second, ledger)
}

#[tokio::test]
async fn a_run_that_stopped_behind_a_child_that_was_undone_goes_on_under_an_upgrade() {
    let (engine, ledger) = retried::<behind::old::alone, behind::new::alone>(behind::old::alone(3)).await;
    let run = engine.run::<behind::new::alone>("h").await.expect("it is there");
    let status = run.status().await.expect("it reads");
    assert!(matches!(status, WorkflowStatus::Completed { .. }), "{status}");
    assert_eq!(run.result().await.expect("it completes"), "3 days: false");
    assert_eq!(ledger.words(), ["reserve flight", "reserve seat", "release flight"]);
}

#[tokio::test]
async fn a_branch_that_stopped_behind_a_child_that_was_undone_goes_on_under_an_upgrade() {
    let (engine, _) = retried::<behind::old::beside, behind::new::beside>(behind::old::beside(3)).await;
    engine.signal("h", "visa", &"granted").await.expect("it is taken");
    engine.idle().await;
    let run = engine.run::<behind::new::beside>("h").await.expect("it is there");
    let status = run.status().await.expect("it reads");
    assert!(matches!(status, WorkflowStatus::Completed { .. }), "{status}");
    assert_eq!(run.result().await.expect("it completes"), "3 days: went: false, granted");
}

/// The versions of a run that is taken out of a child.
mod left {
    use sayiir::operation::SignalWait;
    use sayiir::versions::{StoredState, UpgradeError};

    use super::*;

    /// Reserves a hotel, and waits to be told to pay.
    #[workflow]
    async fn hotel() -> Result<String, String> {
        let booked = reserve("hotel".to_owned()).await;
        compensate!(release(booked));
        Ok(signal!("pay" as String).await)
    }

    pub(super) mod old {
        use super::*;

        #[workflow]
        pub(in super::super) async fn holiday(days: u32) -> Result<String, String> {
            let paid = hotel().await?;
            Ok(format!("{days}: {paid}"))
        }
    }

    pub(super) mod new {
        use super::*;

        #[expect(
            clippy::needless_pass_by_value,
            reason = "an `upgrade` is handed the state, whether it needs it or not"
        )]
        fn to_camping(old: StoredState) -> Result<HolidayState, UpgradeError> {
            Ok(HolidayState::Camping { days: old.field("days")?, awaiting: SignalWait::new("camping") })
        }

        #[workflow(upgrade = to_camping)]
        pub(in super::super) async fn holiday(days: u32) -> Result<String, String> {
            let place = signal!("camping" as String).await;
            if days == 0 {
                compensate!(release(place.clone()));
            }
            Ok(format!("{days}: {place}"))
        }
    }
}

#[tokio::test]
async fn what_a_child_remembered_is_undone_when_an_upgrade_leaves_it() {
    let ledger = Arc::new(Ledger::default());
    let first = super::engine::<left::old::holiday>(&ledger).await;
    first.start("h", left::old::holiday(3)).await.expect("it starts");
    first.idle().await;
    let (store, clock) = (first.backend().clone(), first.clock().clone());
    first.crash().await;
    let second =
        TestEngine::start_on(store, clock, with::<left::new::holiday>(&ledger)).await.expect("it starts");
    assert_eq!(second.upgrade_runs().await.expect("the store reads"), 1);
    second.idle().await;
    assert_eq!(ledger.words(), ["reserve hotel", "release hotel"]);
    second.signal("h", "camping", &"by the lake").await.expect("it is taken");
    let run = second.run::<left::new::holiday>("h").await.expect("it is there");
    assert_eq!(run.result().await.expect("it completes"), "3: by the lake");
    assert_eq!(ledger.words(), ["reserve hotel", "release hotel"]);
}
