//! The approval of the README, written as it is there, on the engine: in virtual time, with every crash, and with every mistake
//! of its callers.
use std::sync::Mutex;
use std::time::Duration;

use sayiir::errors::{FindError, ResultError, SignalError, StartError};
use sayiir::prelude::*;
use sayiir::testing::{TestEngine, crash_everywhere};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Expense {
    employee: String,
    amount: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Approval {
    approver: String,
    approved: bool,
}

/// Counts each key once, as a bank does.
#[derive(Debug, Default)]
struct Bank {
    keys: Mutex<Vec<String>>,
}

impl Bank {
    fn transfer(&self, key: &str) -> String {
        let mut keys = self.keys.lock().expect("nobody panicked");
        let known = keys.iter().position(|known| known == key);
        let place = known.unwrap_or_else(|| {
            keys.push(key.to_owned());
            keys.len() - 1
        });
        format!("T-{}", place + 1)
    }
}

#[task]
async fn notify_director(expense: Expense) {
    assert!(expense.amount > 0.0);
}

#[task]
async fn reimburse(#[inject] bank: &Bank, cx: &TaskContext, expense: Expense) -> anyhow::Result<String> {
    anyhow::ensure!(
        expense.amount < 10_000.0,
        "the bank does not pay {:.2} to {}",
        expense.amount,
        expense.employee
    );
    Ok(bank.transfer(cx.idempotency_key()))
}

#[workflow]
async fn expense_approval(expense: Expense) -> anyhow::Result<String> {
    let decision: Result<Approval, Timeout> = signal!("manager_approval", 48h).await;
    let approval = match decision {
        Ok(approval) => approval,
        Err(_timeout) => {
            notify_director(expense.clone()).await;
            signal!("director_approval" as Approval, 72h).await?
        }
    };
    if !approval.approved {
        return Ok(format!("rejected by {}", approval.approver));
    }
    let receipt = reimburse(expense).await?;
    Ok(format!("approved by {}, paid {receipt}", approval.approver))
}

fn of(amount: f64) -> Expense {
    Expense { employee: "alice".into(), amount }
}

fn from(approver: &str, yes: bool) -> Approval {
    Approval { approver: approver.into(), approved: yes }
}

async fn engine() -> TestEngine {
    TestEngine::start(|builder| builder.workflow::<expense_approval>().provide(Bank::default()))
        .await
        .expect("the engine starts")
}

async fn waits_for(run: &Run<expense_approval>, name: &str) -> bool {
    match run.status().await.expect("a status") {
        WorkflowStatus::WaitingForSignal { signals, .. } => signals == [name],
        _ => false,
    }
}

#[tokio::test]
async fn an_approved_expense_is_paid() {
    let engine = engine().await;
    let run = engine.start("exp-001", expense_approval(of(250.0))).await.expect("started");
    let sent =
        run.signal(expense_approval::MANAGER_APPROVAL, &from("bob", true)).by("bob@corp.example").await;
    sent.expect("accepted");
    assert_eq!(run.result().await.expect("paid"), "approved by bob, paid T-1");
    run.history().await.expect("a history").verify().expect("unchanged");
}

#[tokio::test]
async fn after_48_hours_the_director_is_asked_and_after_72_more_it_fails() {
    let engine = engine().await;
    let run = engine.start("exp-001", expense_approval(of(250.0))).await.expect("started");
    engine.advance(Duration::from_hours(48) - Duration::from_millis(1)).await;
    assert!(waits_for(&run, "manager_approval").await);
    engine.advance(Duration::from_millis(1)).await;
    assert!(waits_for(&run, "director_approval").await);
    let state = run.state().await.expect("a state");
    assert!(matches!(state, ExpenseApprovalState::DirectorApproval { .. }));
    engine.advance(Duration::from_hours(72)).await;
    let error = run.result().await.expect_err("nobody answered").to_string();
    assert!(
        error.contains("timeout") && error.contains("director_approval") && error.contains("72h"),
        "{error}"
    );
}

#[tokio::test]
async fn an_error_of_the_body_reads_in_the_status_and_a_retry_repeats_the_step() {
    let engine = engine().await;
    let run = engine.start("exp-001", expense_approval(of(20_000.0))).await.expect("started");
    run.signal(expense_approval::MANAGER_APPROVAL, &from("bob", true)).await.expect("accepted");
    let error = run.result().await.expect_err("too much");
    assert!(matches!(error, ResultError::Failed { .. }));
    assert!(error.to_string().contains("the bank does not pay 20000.00 to alice"), "{error}");
    run.retry().await.expect("a failed run can be retried");
    run.result().await.expect_err("still too much");
}

#[tokio::test]
async fn whatever_commit_a_crash_hits_the_expense_is_paid_once() {
    let bank = std::sync::Arc::new(Bank::default());
    let (outcome, crashes) = crash_everywhere(
        |builder| builder.workflow::<expense_approval>().provide_arc(bank.clone()),
        async |engine| {
            let start = engine.start("exp-001", expense_approval(of(250.0))).or_attach();
            let run = start.await.expect("started");
            engine.advance(Duration::from_hours(48)).await;
            let send =
                run.signal(expense_approval::DIRECTOR_APPROVAL, &from("dora", true)).idempotency_key("d");
            // A run that an earlier engine brought to its end takes no more signals.
            assert!(matches!(send.await, Ok(()) | Err(SignalError::Finished { .. })));
            run.result().await.expect("paid").split(',').next().map(str::to_owned)
        },
    )
    .await;
    assert_eq!(outcome.as_deref(), Some("approved by dora"));
    assert!(crashes >= 8, "{crashes}");
    let paid = bank.keys.lock().expect("nobody panicked").len() as u64;
    assert_eq!(paid, crashes + 1, "one payment for each time the scenario was tried");
}

#[tokio::test]
async fn what_a_caller_gets_wrong_is_a_typed_error_and_nothing_is_stored() {
    let engine = engine().await;
    let run = engine.start("exp-001", expense_approval(of(250.0))).await.expect("started");
    let before = run.history().await.expect("a history").head();

    let unknown = engine.run::<expense_approval>("exp-404").await;
    assert!(matches!(unknown, Err(FindError::NotFound { .. })));
    let unknown = engine.signal("exp-404", "manager_approval", &from("bob", true)).await;
    assert!(matches!(unknown, Err(SignalError::NotFound { .. })));
    let taken = engine.start("exp-001", expense_approval(of(9.0))).await;
    assert!(matches!(taken, Err(StartError::AlreadyExists { .. })));
    let other = engine.start("exp-001", expense_approval(of(9.0))).or_attach().await;
    assert!(matches!(other, Err(StartError::AlreadyExists { .. })));
    let nameless = engine.signal("exp-001", "manager_aproval", &from("bob", true)).await;
    let nameless = nameless.expect_err("no such signal");
    assert!(matches!(nameless, SignalError::UnknownSignal { .. }));
    assert!(nameless.to_string().contains("manager_approval"), "{nameless}");
    let misfit = engine.signal("exp-001", "manager_approval", &json!({"approver": 7})).await;
    assert!(matches!(misfit, Err(SignalError::Payload { .. })));

    assert_eq!(run.history().await.expect("a history").head(), before);
    assert!(waits_for(&run, "manager_approval").await);
}

#[tokio::test]
async fn a_signal_that_comes_before_its_wait_is_kept() {
    let engine = engine().await;
    let run = engine.start("exp-001", expense_approval(of(250.0))).await.expect("started");
    run.signal(expense_approval::DIRECTOR_APPROVAL, &from("dora", false)).await.expect("accepted");
    assert!(waits_for(&run, "manager_approval").await);
    engine.advance(Duration::from_hours(48)).await;
    assert_eq!(run.result().await.expect("decided"), "rejected by dora");
}

#[test]
fn the_picture_in_the_readme_is_the_one_that_is_generated() {
    let readme = include_str!("../README.md");
    assert!(readme.contains(expense_approval::DIAGRAM), "{}", expense_approval::DIAGRAM);
}
