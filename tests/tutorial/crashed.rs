//! The tutorial's flows through every crash, under an engine.
//!
//! In the tutorial they stand in the midst of programs, where nobody can call them. So they are repeated here, and each is
//! compared with what the reader sees.
#![expect(clippy::duration_suboptimal_units, reason = "the tutorial's listings, word for word")]

use std::path::Path;
use std::time::Duration;

use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;
use sayiir::testing::{TestEngine, crash_everywhere};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Expense {
    id: u32,
    employee: String,
    amount: f64,
    escalated: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct PendingExpense {
    employee: String,
    amount: f64,
    status: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Approval {
    approver: String,
    notes: String,
}

/// A part of an example, word for word.
macro_rules! listed {
    ($example:literal, $($part:tt)*) => {{
        assert_listed($example, stringify!($($part)*));
        $($part)*
    }};
}

fn assert_listed(example: &str, part: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(format!("{example}.rs"));
    let listing = std::fs::read_to_string(path).expect("the example is there");
    assert!(words(&listing).contains(&words(part)), "{example} has no such part: {part}");
}

/// The text without comments, and without what only the layout wants.
fn words(text: &str) -> String {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let words: String = code.flat_map(str::chars).filter(|char| !char.is_whitespace()).collect();
    words.replace(",)", ")").replace(",}", "}")
}

/// What becomes of an expense that gets this signal after an hour, if any: the same, whatever commit a crash hits.
async fn crashed_everywhere(flow: Flow<Expense, String>, signal: Option<&str>) -> WorkflowStatus<String> {
    let scenario = async |engine: &TestEngine| {
        let expense = Expense { id: 1001, employee: "Alice Smith".into(), amount: 250.0, escalated: false };
        let run = engine.start("exp-001", flow.invoke(expense)).or_attach().await.expect("it starts");
        engine.advance(Duration::from_hours(1)).await;
        if let Some(signal) = signal {
            let sent = engine.signal("exp-001", signal, &approval()).idempotency_key("mail-1");
            sent.await.expect("accepted, now or before the crash");
        }
        engine.advance(Duration::from_hours(100)).await;
        run.status().await.expect("a status")
    };
    let (outcome, crashes) = crash_everywhere(|builder: EngineBuilder| builder.flow(&flow), scenario).await;
    // Started, submitted, at the end of the wait; before and after.
    assert!(crashes >= 6, "{crashes}");
    outcome
}

fn approval() -> Value {
    json!({"approver": "Bob Johnson", "decision": "approved", "notes": "Valid expense"})
}

fn completed(with: &str) -> WorkflowStatus<String> {
    WorkflowStatus::Completed(with.into())
}

#[tokio::test]
async fn the_first_program() {
    let ctx = WorkflowContext::new();
    let flow = listed!(
        "tutorial_approval",
        WorkflowBuilder::new(ctx)
            .then("submit_expense", |expense: Expense| async move {
                Ok(PendingExpense {
                    employee: expense.employee,
                    amount: expense.amount,
                    status: "pending_approval".into(),
                })
            })
            .wait_for_signal(
                "approval_wait",
                "manager_approval",
                Some(Duration::from_secs(48 * 3600)), // 48 hours
            )
            .then("process_approved", |approval: Approval| async move {
                Ok(format!(
                    "Expense approved by {} — processing reimbursement. Notes: {}",
                    approval.approver, approval.notes
                ))
            })
    );
    let status = crashed_everywhere(flow.name("approval").build(), Some("manager_approval")).await;
    let words = "Expense approved by Bob Johnson — processing reimbursement. Notes: Valid expense";
    assert_eq!(status, completed(words));
}

#[tokio::test]
async fn the_escalation() {
    let ctx = WorkflowContext::new();
    let manager = listed!(
        "tutorial_escalation",
        WorkflowBuilder::new(ctx.clone())
            .then("submit", |e: Expense| async move { Ok(e) })
            .wait_for_signal("wait", "manager_approval", Some(Duration::from_secs(48 * 3600)))
            .then("process", |a: Approval| async move { Ok(format!("Approved by manager: {}", a.approver)) })
    );
    let manager = manager.name("manager").build();
    let director = listed!(
        "tutorial_escalation",
        WorkflowBuilder::new(ctx)
            .then("escalate", |mut e: Expense| async move {
                e.escalated = true;
                Ok(e)
            })
            .wait_for_signal("wait", "director_approval", Some(Duration::from_secs(72 * 3600)))
            .then(
                "process",
                |a: Approval| async move { Ok(format!("Approved by director: {}", a.approver)) }
            )
    );
    let status = crashed_everywhere(manager, None).await;
    assert!(matches!(&status, WorkflowStatus::Failed(error) if error.contains("timeout")), "{status}");
    let status = crashed_everywhere(director.name("director").build(), Some("director_approval")).await;
    assert_eq!(status, completed("Approved by director: Bob Johnson"));
}

#[tokio::test]
async fn the_complete_program() {
    let ctx = WorkflowContext::new();
    let flow = listed!(
        "tutorial_complete",
        WorkflowBuilder::new(ctx)
            .then("submit", |expense: Expense| async move {
                println!("Submitted expense {} by {}", expense.id, expense.employee);
                Ok(expense)
            })
            .wait_for_signal("wait", "manager_approval", Some(Duration::from_secs(48 * 3600)))
            .then(
                "process",
                |approval: Approval| async move { Ok(format!("Approved by {}", approval.approver)) }
            )
    );
    let status = crashed_everywhere(flow.name("expense").build(), Some("manager_approval")).await;
    assert_eq!(status, completed("Approved by Bob Johnson"));
}
