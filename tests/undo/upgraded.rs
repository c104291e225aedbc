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
