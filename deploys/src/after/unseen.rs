//! An edit under which every state still reads, and which yet takes runs to another place: only the file of states shows it.

use sayiir::prelude::*;
use sayiir_deploys::{Approval, Edit, Expense};

use super::harmless::pay;

/// What was the first wait is the second now, and nothing says so.
#[workflow]
async fn wait_inserted(expense: Expense) -> String {
    let clerk = signal!("approval" as Approval).await;
    let approval = signal!("approval" as Approval).await;
    let paid = pay(expense.amount).await;
    format!("{paid} by {} and {}", clerk.by, approval.by)
}

pub(crate) fn edits() -> Vec<Edit> {
    vec![Edit::of::<wait_inserted>()]
}
