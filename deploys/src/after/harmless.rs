//! Edits that parked runs survive by themselves.

use sayiir::prelude::*;
use sayiir_deploys::{Approval, Edit, Expense};
use serde::{Deserialize, Serialize};

#[task(max_concurrent = 4)]
pub(crate) async fn submit(expense: Expense) -> Expense {
    expense
}

#[task]
pub(crate) async fn pay(amount: u32) -> u32 {
    amount
}

/// Called otherwise, and stored under the old name.
#[task(name = "remit")]
async fn transfer(amount: u32) -> u32 {
    amount
}

#[task]
async fn audit(words: String) -> String {
    format!("audited: {words}")
}

#[workflow]
async fn logic(expense: Expense) -> String {
    let pending = submit(expense).await;
    let approval = match signal!("approval" as Approval, 48h).await {
        Ok(approval) => approval,
        Err(_timeout) => return "nobody wanted it".into(),
    };
    let paid = pay(pending.amount * 2).await;
    format!("{paid} from now on by {}", approval.by)
}

#[workflow]
async fn more_steps(expense: Expense) -> String {
    let checked = audit(expense.employee.clone()).await;
    let pending = if checked.is_empty() { expense } else { submit(expense).await };
    let approval = match signal!("approval" as Approval, 48h).await {
        Ok(approval) => approval,
        Err(timeout) => return audit(timeout.to_string()).await,
    };
    let paid = pay(pending.amount).await;
    audit(format!("{paid} by {}", approval.by)).await
}

#[workflow(timeout = 90d)]
async fn limits(expense: Expense) -> String {
    let pending = submit(expense).await;
    let approval = match signal!("approval" as Approval, 72h).await {
        Ok(approval) => approval,
        Err(timeout) => return timeout.to_string(),
    };
    let paid = pay(pending.amount).await;
    format!("{paid} by {}", approval.by)
}

/// A wait of the same name before the old one, which keeps its name.
#[workflow]
async fn named_wait(expense: Expense) -> String {
    let pending = submit(expense).await;
    #[at("first_approval")]
    let first = signal!("approval" as Approval, 48h).await;
    if let Err(timeout) = first {
        return timeout.to_string();
    }
    #[at("approval")]
    let second = signal!("approval" as Approval, 48h).await;
    let approval = match second {
        Ok(approval) => approval,
        Err(timeout) => return timeout.to_string(),
    };
    let paid = pay(pending.amount).await;
    format!("{paid} by {}", approval.by)
}

#[workflow(name = "renamed_function")]
async fn new_name(expense: Expense) -> String {
    let pending = submit(expense).await;
    let approval = signal!("approval" as Approval).await;
    #[at("remit")]
    let paid = transfer(pending.amount).await;
    format!("{paid} by {}", approval.by)
}

#[workflow]
async fn fewer_saved(expense: Expense) -> String {
    let pending = submit(expense).await;
    let approval = signal!("approval" as Approval).await;
    let paid = pay(pending.amount).await;
    format!("{paid} by {}", approval.by)
}

#[workflow]
async fn annotated(expense: Expense) -> String {
    let parts: Vec<u32> = (0..3).map(|part| expense.amount + part).collect();
    let approval = signal!("approval" as Approval).await;
    let paid = pay(parts[0]).await;
    format!("{paid} by {}", approval.by)
}

/// With one thing more that runs need not know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ExpenseWithCurrency {
    employee: String,
    amount: u32,
    #[serde(default = "euro")]
    currency: String,
}

fn euro() -> String {
    "EUR".into()
}

#[workflow]
async fn field_defaulted(expense: ExpenseWithCurrency) -> String {
    let approval = signal!("approval" as Approval).await;
    let amount = if expense.currency == "EUR" { expense.amount } else { 0 };
    let paid = pay(amount).await;
    format!("{paid} by {}", approval.by)
}

pub(crate) fn edits() -> Vec<Edit> {
    vec![
        Edit::of::<logic>(),
        Edit::of::<more_steps>(),
        Edit::of::<limits>(),
        Edit::of::<named_wait>(),
        Edit::of::<new_name>(),
        Edit::of::<fewer_saved>(),
        Edit::of::<annotated>(),
        Edit::of::<field_defaulted>(),
    ]
}
