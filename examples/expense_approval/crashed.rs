//! The approval in virtual time, with every crash, on a real ledger.

use std::fs;
use std::time::Duration;

use sayiir::clock::Clock;
use sayiir::engine::EngineBuilder;
use sayiir::testing::{TestEngine, VirtualClock, crash_everywhere};

use crate::bank::Bank;
use crate::{Approval, Expense, Limits, expense_approval};

fn expense() -> Expense {
    let limits = Limits { manager: Duration::from_hours(48), director: Duration::from_hours(72) };
    Expense { id: "exp-001".into(), employee: "alice".into(), amount: 250.0, limits }
}

/// What a client does that knows nothing of earlier tries; the manager does not answer.
async fn ask_the_director(engine: &TestEngine, approved: bool) -> String {
    let run = engine.start("exp-001", expense_approval(expense())).or_attach().await.expect("it starts");
    // By the wall clock: a process after a crash waits no second time.
    engine.advance_to(VirtualClock::default().now() + Duration::from_hours(49)).await;
    let approval = Approval { approver: "dora".into(), approved, notes: "late, but".into() };
    let sent = run.signal(expense_approval::DIRECTOR_APPROVAL, &approval).idempotency_key("mail-1");
    sent.await.expect("accepted, now or before the crash");
    run.result().await.expect("decided")
}

#[tokio::test]
async fn whatever_commit_a_crash_hits_the_bank_pays_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = directory.path().join("bank.jsonl");
    let bank = Bank::open(&ledger).expect("a bank");
    let (outcome, crashes) = crash_everywhere(
        |builder| builder.workflow::<expense_approval>().provide(bank.clone()),
        async |engine| {
            let outcome = ask_the_director(engine, true).await;
            // The number is the bank's, which pays for all tries.
            outcome.split_once(", paid as T-").map(|(approved, _)| approved.to_owned())
        },
    )
    .await;
    assert_eq!(outcome.as_deref(), Some("approved by dora"));
    // Started, submitted, out of time, told, signalled, paid; before and after.
    assert!(crashes >= 12, "{crashes}");
    let paid = fs::read_to_string(ledger).expect("a ledger").lines().count() as u64;
    assert_eq!(paid, crashes + 1, "one payment for each try, crashed or not");
}

#[tokio::test]
async fn whatever_commit_a_crash_hits_what_is_rejected_is_not_paid() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = directory.path().join("bank.jsonl");
    let bank = Bank::open(&ledger).expect("a bank");
    let configure = |builder: EngineBuilder| builder.workflow::<expense_approval>().provide(bank.clone());
    let (outcome, _) =
        crash_everywhere(configure, async |engine| ask_the_director(engine, false).await).await;
    assert_eq!(outcome, "rejected by dora: late, but");
    assert_eq!(fs::read_to_string(ledger).expect("a ledger"), "");
}
