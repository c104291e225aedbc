//! The tutorial's first program: an approval that is parked, signalled, and resumed.
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
    employee: String,
    amount: f64,
    category: String,
    description: String,
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
    decision: String,
    notes: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let backend = InMemoryBackend::new();
    let ctx = WorkflowContext::new();

    // Build workflow
    let workflow = WorkflowBuilder::new(ctx)
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
        .build();

    let runner = CheckpointingRunner::new(backend.clone());

    // Step 1: Submit expense
    let expense = Expense {
        employee: "Alice Smith".into(),
        amount: 250.00,
        category: "travel".into(),
        description: "Client meeting transportation".into(),
    };

    let status = runner.run(&workflow, "exp-001", expense).await?;
    println!("Workflow parked, awaiting signal...");

    // Step 2: Manager approves
    let approval = Approval {
        approver: "Bob Johnson".into(),
        decision: "approved".into(),
        notes: "Valid expense, approved".into(),
    };

    backend.send_event("exp-001", "manager_approval", serde_json::to_value(approval)?).await?;
    println!("Signal sent!");

    // Step 3: Resume workflow
    let status = runner.resume(&workflow, "exp-001").await?;

    match status {
        WorkflowStatus::Completed(output) => {
            println!("Completed: {}", output);
        }
        _ => {
            println!("Status: {:?}", status);
        }
    }

    Ok(())
}
