//! The tutorial's last program: submitting, approving and processing in one.
#![expect(unused_variables, reason = "the tutorial's listing names statuses that it does not read")]
#![expect(
    clippy::uninlined_format_args,
    clippy::duration_suboptimal_units,
    reason = "the tutorial's listing, word for word"
)]

use sayiir::prelude::*;
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Expense {
    id: u32,
    employee: String,
    amount: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Approval {
    approver: String,
    decision: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let backend = InMemoryBackend::new();
    let runner = CheckpointingRunner::new(backend.clone());

    // Build workflow
    let ctx = WorkflowContext::new();
    let workflow = WorkflowBuilder::new(ctx)
        .then("submit", |expense: Expense| async move {
            println!("Submitted expense {} by {}", expense.id, expense.employee);
            Ok(expense)
        })
        .wait_for_signal("wait", "manager_approval", Some(Duration::from_secs(48 * 3600)))
        .then("process", |approval: Approval| async move { Ok(format!("Approved by {}", approval.approver)) })
        .build();

    let expense = Expense { id: 1001, employee: "Alice Smith".into(), amount: 250.00 };

    // Submit
    let status = runner.run(&workflow, "exp-1001", expense).await?;
    println!("Workflow waiting for approval...");

    // Approve
    let approval = Approval { approver: "Bob Johnson".into(), decision: "approved".into() };
    backend.send_event("exp-1001", "manager_approval", serde_json::to_value(approval)?).await?;

    // Resume
    let status = runner.resume(&workflow, "exp-1001").await?;

    if let WorkflowStatus::Completed(output) = status {
        println!("Result: {}", output);
    }

    Ok(())
}
