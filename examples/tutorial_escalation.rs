//! The tutorial's second program: an approval that goes to the director when the manager's time is over. Nobody sends a signal
//! and no time passes, so that it ends as its last arm says.
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
    escalated: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Approval {
    approver: String,
    decision: String,
}

async fn run_with_escalation(
    expense: Expense,
    workflow_id: &str,
    backend: InMemoryBackend,
) -> anyhow::Result<String> {
    let ctx = WorkflowContext::new();
    let runner = CheckpointingRunner::new(backend.clone());

    // Manager approval workflow (48h timeout)
    let manager_workflow = WorkflowBuilder::new(ctx.clone())
        .then("submit", |e: Expense| async move { Ok(e) })
        .wait_for_signal("wait", "manager_approval", Some(Duration::from_secs(48 * 3600)))
        .then("process", |a: Approval| async move { Ok(format!("Approved by manager: {}", a.approver)) })
        .build();

    // Try manager approval
    let status = runner.run(&manager_workflow, workflow_id, expense.clone()).await?;

    // Wait for signal...
    let status = runner.resume(&manager_workflow, workflow_id).await?;

    match status {
        WorkflowStatus::Completed(output) => Ok(output),
        WorkflowStatus::Failed(err) if err.contains("timeout") => {
            println!("Manager timeout — escalating to director");

            // Director approval workflow (72h timeout)
            let director_workflow = WorkflowBuilder::new(ctx)
                .then("escalate", |mut e: Expense| async move {
                    e.escalated = true;
                    Ok(e)
                })
                .wait_for_signal("wait", "director_approval", Some(Duration::from_secs(72 * 3600)))
                .then(
                    "process",
                    |a: Approval| async move { Ok(format!("Approved by director: {}", a.approver)) },
                )
                .build();

            let escalation_id = format!("{}-escalated", workflow_id);
            let status = runner.run(&director_workflow, &escalation_id, expense).await?;

            // In production, wait for director signal...
            Ok("Escalated to director".into())
        }
        _ => Err(anyhow::anyhow!("Unexpected workflow state")),
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let backend = InMemoryBackend::new();

    let expense = Expense {
        employee: "Alice Smith".into(),
        amount: 1500.00, // High amount requiring director approval
        escalated: false,
    };

    let result = run_with_escalation(expense, "exp-high-001", backend).await?;
    println!("Result: {}", result);

    Ok(())
}
