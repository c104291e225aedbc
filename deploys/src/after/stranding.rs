//! Edits that parked runs do not survive by themselves. Included by both edited versions: `with_upgrade!` is what each makes
//! of an upgrade.

use sayiir::prelude::*;
use sayiir_deploys::{Approval, Edit, Expense};
use serde::{Deserialize, Serialize};

use super::harmless::{pay, submit};
use super::with_upgrade;

with_upgrade! { from_approval |old| {
    old.move_to("Decision");
    old.decode()
} =>
async fn wait_renamed(expense: Expense) -> String {
    let pending = submit(expense).await;
    #[at("decision")]
    let decision = signal!("approval" as Approval, 48h).await;
    let approval = match decision {
        Ok(approval) => approval,
        Err(timeout) => return timeout.to_string(),
    };
    let paid = pay(pending.amount).await;
    format!("{paid} by {}", approval.by)
}}

with_upgrade! { from_approval_to_decision |old| {
    let mut wait: serde_json::Value = old.field("awaiting")?;
    wait["signal"] = "decision".into();
    old.set("awaiting", &wait)?;
    old.decode()
} =>
async fn signal_renamed(expense: Expense) -> String {
    let pending = submit(expense).await;
    #[at("approval")]
    let decision = signal!("decision" as Approval, 48h).await;
    let approval = match decision {
        Ok(approval) => approval,
        Err(timeout) => return timeout.to_string(),
    };
    let paid = pay(pending.amount).await;
    format!("{paid} by {}", approval.by)
}}

with_upgrade! { from_pending |old| {
    old.rename("pending", "submitted")?;
    old.decode()
} =>
async fn binding_renamed(expense: Expense) -> String {
    let submitted = submit(expense).await;
    let approval = match signal!("approval" as Approval, 48h).await {
        Ok(approval) => approval,
        Err(timeout) => return timeout.to_string(),
    };
    let paid = pay(submitted.amount).await;
    format!("{paid} by {}", approval.by)
}}

/// The amount is a text now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ExpenseInWords {
    employee: String,
    amount: String,
}

#[task]
async fn submit_in_words(expense: ExpenseInWords) -> ExpenseInWords {
    expense
}

with_upgrade! { from_numbers |old| {
    let Expense { employee, amount } = old.field("pending")?;
    old.set("pending", &ExpenseInWords { employee, amount: amount.to_string() })?;
    old.decode()
} =>
async fn type_of_a_field(expense: ExpenseInWords) -> String {
    let pending = submit_in_words(expense).await;
    let approval = match signal!("approval" as Approval, 48h).await {
        Ok(approval) => approval,
        Err(timeout) => return timeout.to_string(),
    };
    let amount = pending.amount.parse().unwrap_or_default();
    let paid = pay(amount).await;
    format!("{paid} by {}", approval.by)
}}

/// With one thing more that every run needs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ExpenseOfDepartment {
    employee: String,
    amount: u32,
    department: String,
}

#[task]
async fn submit_for_department(expense: ExpenseOfDepartment) -> ExpenseOfDepartment {
    expense
}

with_upgrade! { from_before_departments |old| {
    let Expense { employee, amount } = old.field("pending")?;
    old.set("pending", &ExpenseOfDepartment { employee, amount, department: "sales".into() })?;
    old.decode()
} =>
async fn field_required(expense: ExpenseOfDepartment) -> String {
    let pending = submit_for_department(expense).await;
    let approval = match signal!("approval" as Approval, 48h).await {
        Ok(approval) => approval,
        Err(timeout) => return timeout.to_string(),
    };
    let paid = pay(pending.amount).await;
    format!("{paid} by {} for {}", approval.by, pending.department)
}}

with_upgrade! { from_fixed_rate |old| {
    old.set("rate", &2u32)?;
    old.decode()
} =>
async fn newly_needed(expense: Expense) -> String {
    let rate: u32 = 3;
    let pending = submit(expense).await;
    let approval = match signal!("approval" as Approval, 48h).await {
        Ok(approval) => approval,
        Err(timeout) => return timeout.to_string(),
    };
    let paid = pay(pending.amount * rate).await;
    format!("{paid} by {}", approval.by)
}}

with_upgrade! { from_the_wait |old| {
    old.move_to("Start");
    old.decode()
} =>
async fn wait_removed(expense: Expense) -> String {
    let paid = pay(expense.amount).await;
    format!("{paid} by nobody")
}}

pub(crate) fn edits() -> Vec<Edit> {
    vec![
        Edit::of::<wait_renamed>(),
        Edit::of::<signal_renamed>(),
        Edit::of::<binding_renamed>(),
        Edit::of::<type_of_a_field>(),
        Edit::of::<field_required>(),
        Edit::of::<newly_needed>(),
        Edit::of::<wait_removed>(),
    ]
}
