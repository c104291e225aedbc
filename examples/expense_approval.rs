//! An expense approval that takes days, as a command-line program.
//!
//! ```sh
//! cargo run --example expense_approval -- submit exp-001 --employee alice --amount 250
//! cargo run --example expense_approval -- approve exp-001 --by bob
//! cargo run --example expense_approval -- status exp-001
//! ```
//!
//! Everything is kept in the directory `expenses.db`. Kill any of these commands whenever you like and start it again: the expense
//! goes on where it was, and is paid once. With `--manager-limit 5s`, and `work` running, you can watch the manager's time run out.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use sayiir::prelude::*;
use serde::{Deserialize, Serialize};

#[path = "expense_approval/bank.rs"]
mod bank;
#[path = "expense_approval/command.rs"]
mod command;
#[cfg(test)]
#[path = "expense_approval/crashed.rs"]
mod crashed;
#[path = "expense_approval/desk.rs"]
mod desk;
#[path = "expense_approval/show.rs"]
mod show;
#[path = "expense_approval/stop.rs"]
mod stop;

use bank::{Bank, BankError, Receipt};
use show::say;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Expense {
    id: String,
    employee: String,
    amount: f64,
    limits: Limits,
}

/// How long the manager and the director have.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Limits {
    manager: Duration,
    director: Duration,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Approval {
    approver: String,
    approved: bool,
    notes: String,
}

#[derive(Debug, thiserror::Error)]
enum ExpenseError {
    #[error(transparent)]
    Timeout(#[from] Timeout),
    #[error("the bank did not pay")]
    Bank(#[from] BankError),
}

#[task]
async fn submit_expense(expense: Expense) -> Result<Expense, ExpenseError> {
    say(&expense.id, format_args!("{} submits {:.2}", expense.employee, expense.amount));
    Ok(expense)
}

#[task]
async fn notify_director(expense: Expense) {
    // Here an e-mail would be sent.
    say(&expense.id, format_args!("the manager did not answer in time: the director is asked"));
}

#[task(retries = 5, backoff = 200ms..30s, timeout = 10s)]
async fn reimburse(
    #[inject] bank: &Bank,
    cx: &TaskContext,
    expense: Expense,
) -> Result<Receipt, ExpenseError> {
    say(&expense.id, format_args!("paying {:.2} to {}", expense.amount, expense.employee));
    // The key is the same however often this is attempted, also after a crash: the bank pays once.
    let receipt = bank.transfer(cx.idempotency_key(), &expense).await?;
    say(&expense.id, format_args!("the bank has paid: {}", receipt.number));
    Ok(receipt)
}

#[workflow]
async fn expense_approval(expense: Expense) -> Result<String, ExpenseError> {
    let pending = submit_expense(expense).await?;

    // Parks the run: nothing of it stays in memory, and it survives restarts. After 48 hours, unless the expense says
    // otherwise: `Err(Timeout)`.
    let decision: Result<Approval, Timeout> = signal!("manager_approval", pending.limits.manager).await;

    let approval = match decision {
        Ok(approval) => approval,
        Err(_timeout) => {
            notify_director(pending.clone()).await;
            signal!("director_approval" as Approval, pending.limits.director).await?
        }
    };
    if !approval.approved {
        return Ok(format!("rejected by {}: {}", approval.approver, approval.notes));
    }
    let receipt = reimburse(pending).await?;
    Ok(format!("approved by {}, paid as {}", approval.approver, receipt.number))
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = command::Arguments::parse();
    match desk::perform(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
