//! A run that stopped, and is retried under a newer version of its workflow: what had come goes to who waited for it, to nobody
//! else, and is not lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;
use sayiir::record::BlockReason;
use sayiir::testing::TestEngine;
use sayiir::versions::{StoredState, UpgradeError};

#[task]
async fn reserve(amount: u32) -> u32 {
    amount + 1
}

#[task]
async fn charge(amount: u32) -> u32 {
    amount * 100
}

/// The version that stopped.
mod old {
    use super::*;

    #[workflow]
    pub(super) async fn order(amount: u32) -> u32 {
        let reserved = reserve(amount).await;
        assert!(reserved == 0, "not thought of");
        reserved
    }

    #[workflow]
    pub(super) async fn expense(amount: u32) -> String {
        let by: String = signal!("approved").await;
        assert!(amount == 0, "not thought of");
        by
    }

    #[workflow]
    pub(super) async fn refund(amount: u32) -> u32 {
        assert!(amount == 0, "not thought of");
        charge(amount).await
    }
}

/// The one that is mended, and waits elsewhere or saves more.
mod new {
    use super::*;

    /// While it is so, nothing can be taken up.
    pub(super) static UNWILLING: AtomicBool = AtomicBool::new(false);

    fn to_charge(mut old: StoredState) -> Result<OrderState, UpgradeError> {
        old.move_to("Charge");
        old.decode()
    }

    #[workflow(upgrade = to_charge)]
    pub(super) async fn order(amount: u32) -> u32 {
        charge(amount).await
    }

    fn with_currency(mut old: StoredState) -> Result<ExpenseState, UpgradeError> {
        if UNWILLING.load(Ordering::SeqCst) {
            return Err(UpgradeError::refused("not yet"));
        }
        old.set("currency", "EUR")?;
        old.decode()
    }

    #[workflow(upgrade = with_currency)]
    pub(super) async fn expense(amount: u32) -> String {
        let currency = format!("EUR {amount}");
        let by: String = signal!("approved").await;
        format!("{currency} by {by}")
    }

    fn with_reason(mut old: StoredState) -> Result<RefundState, UpgradeError> {
        old.set("reason", "late")?;
        old.decode()
    }

    #[workflow(upgrade = with_reason)]
    pub(super) async fn refund(amount: u32, reason: String) -> String {
        let paid = charge(amount).await;
        format!("{paid} since {reason}")
    }
}

#[tokio::test]
async fn a_message_that_no_longer_reads_is_set_aside_in_the_history() {
    use sayiir::history::Event;

    mod unread {
        use super::*;

        #[workflow]
        pub(super) async fn expense(amount: u32) -> u32 {
            let by = signal!("approved" as u32).await;
            amount + by
        }
    }
    let first = TestEngine::start(EngineBuilder::workflow::<old::expense>).await.expect("it starts");
    first.start("e-1", old::expense(7)).await.expect("it starts");
    first.signal("e-1", "approved", &"bob").await.expect("accepted");
    first.idle().await;
    let engine = restarted(first, EngineBuilder::workflow::<unread::expense>).await;
    let run = engine.run::<unread::expense>("e-1").await.expect("it is there");
    run.retry().await.expect("it is blocked");
    engine.idle().await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::WaitingForSignal { .. })));
    let history = run.history().await.expect("it reads");
    let last = history.entries().last().map(|entry| &entry.event);
    assert!(
        matches!(last, Some(Event::SignalRejected { signal, position: 0, .. }) if signal == "approved"),
        "{last:?}"
    );
}

/// The engine of another version, on what the first one left.
async fn restarted(first: TestEngine, configure: impl FnOnce(EngineBuilder) -> EngineBuilder) -> TestEngine {
    let (store, clock) = (Arc::clone(first.backend()), first.clock().clone());
    first.crash().await;
    TestEngine::start_on(store, clock, configure).await.expect("it starts")
}

#[tokio::test]
async fn what_one_task_returned_is_not_handed_to_another_that_stands_in_its_place() {
    let first = TestEngine::start(EngineBuilder::workflow::<old::order>).await.expect("it starts");
    first.start("o-1", old::order(7)).await.expect("it starts");
    first.idle().await;
    let engine = restarted(first, EngineBuilder::workflow::<new::order>).await;
    let run = engine.run::<new::order>("o-1").await.expect("it is there");
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Blocked { .. })));
    run.retry().await.expect("it is blocked");
    assert_eq!(run.result().await.expect("it completes"), 700);
}

#[tokio::test]
async fn a_run_that_stopped_before_its_first_wait_is_taken_up_from_its_start() {
    let first = TestEngine::start(EngineBuilder::workflow::<old::refund>).await.expect("it starts");
    first.start("r-1", old::refund(7)).await.expect("it starts");
    first.idle().await;
    let engine = restarted(first, EngineBuilder::workflow::<new::refund>).await;
    let run = engine.run::<new::refund>("r-1").await.expect("it is there");
    run.retry().await.expect("it is blocked");
    assert_eq!(run.result().await.expect("it completes"), "700 since late");
}

#[tokio::test]
async fn a_signal_that_was_taken_outlives_a_retry_that_no_upgrade_fits() {
    let first = TestEngine::start(EngineBuilder::workflow::<old::expense>).await.expect("it starts");
    let run = first.start("e-1", old::expense(7)).await.expect("it starts");
    run.signal(old::expense::APPROVED, &"bob".to_owned()).await.expect("accepted");
    first.idle().await;
    drop(run);
    new::UNWILLING.store(true, Ordering::SeqCst);
    let engine = restarted(first, EngineBuilder::workflow::<new::expense>).await;
    let run = engine.run::<new::expense>("e-1").await.expect("it is there");
    run.retry().await.expect("it is blocked");
    engine.idle().await;
    let status = run.status().await.expect("it reads");
    assert!(
        matches!(&status, WorkflowStatus::Blocked { reason: BlockReason::Incompatible { detail } } if detail == "not yet"),
        "{status}"
    );
    new::UNWILLING.store(false, Ordering::SeqCst);
    run.retry().await.expect("it is blocked");
    assert_eq!(run.result().await.expect("it completes"), "EUR by bob");
}
