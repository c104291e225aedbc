//! The program as it was when the runs were parked: every edit before it was made.
//!
//! `before park DATABASE RUNS` and `before schema DIRECTORY`.
#![forbid(unsafe_code)]

use std::path::Path;

use sayiir::prelude::*;
use sayiir_deploys::{Approval, Edit, Error, Expense};

#[task]
async fn submit(expense: Expense) -> Expense {
    expense
}

#[task]
async fn pay(amount: u32) -> u32 {
    amount
}

#[task]
async fn remit(amount: u32) -> u32 {
    amount
}

/// The same for most edits.
macro_rules! approvals {
    ($($edit:ident)*) => {
        $(
            #[workflow]
            async fn $edit(expense: Expense) -> String {
                let pending = submit(expense).await;
                let approval = match signal!("approval" as Approval, 48h).await {
                    Ok(approval) => approval,
                    Err(timeout) => return timeout.to_string(),
                };
                let paid = pay(pending.amount).await;
                format!("{paid} by {}", approval.by)
            }
        )*
    };
}

approvals! { logic more_steps limits named_wait wait_renamed signal_renamed binding_renamed type_of_a_field field_required newly_needed }

#[workflow(name = "renamed_function")]
async fn old_name(expense: Expense) -> String {
    let pending = submit(expense).await;
    let approval = signal!("approval" as Approval).await;
    let paid = remit(pending.amount).await;
    format!("{paid} by {}", approval.by)
}

#[workflow]
async fn fewer_saved(expense: Expense) -> String {
    let pending = submit(expense).await;
    let note = format!("for {}", pending.employee);
    let approval = signal!("approval" as Approval).await;
    let paid = pay(pending.amount).await;
    format!("{paid} by {} {note}", approval.by)
}

#[workflow]
async fn annotated(expense: Expense) -> String {
    let parts = (0..3).map(|part| expense.amount + part).collect::<Vec<_>>();
    let approval = signal!("approval" as Approval).await;
    let paid = pay(parts[0]).await;
    format!("{paid} by {}", approval.by)
}

#[workflow]
async fn field_defaulted(expense: Expense) -> String {
    let approval = signal!("approval" as Approval).await;
    let paid = pay(expense.amount).await;
    format!("{paid} by {}", approval.by)
}

#[workflow]
async fn wait_inserted(expense: Expense) -> String {
    let approval = signal!("approval" as Approval).await;
    let paid = pay(expense.amount).await;
    format!("{paid} by {}", approval.by)
}

#[workflow]
async fn wait_removed(expense: Expense) -> String {
    let approval = signal!("approval" as Approval, 48h).await;
    let by = approval.map_or_else(|timeout| timeout.to_string(), |approval| approval.by);
    let paid = pay(expense.amount).await;
    format!("{paid} by {by}")
}

macro_rules! all {
    ($with:ident: $($workflow:ident)*) => {
        $($with!($workflow);)*
    };
}

fn edits() -> Vec<Edit> {
    let mut edits = Vec::new();
    macro_rules! list {
        ($workflow:ident) => {
            edits.push(Edit::of::<$workflow>())
        };
    }
    all! { list: logic more_steps limits named_wait wait_renamed signal_renamed binding_renamed type_of_a_field field_required newly_needed
    old_name fewer_saved annotated field_defaulted wait_inserted wait_removed }
    edits
}

async fn park(database: &Path, runs: usize) -> Result<(), Error> {
    let engine = sayiir_deploys::engine(database, &edits()).await?;
    macro_rules! start {
        ($workflow:ident) => {
            for number in 0..runs {
                let expense = Expense { employee: "alice".into(), amount: 7 };
                let id = format!("{}-{number}", <$workflow as Workflow>::NAME);
                let run = engine.start(id, $workflow(expense)).await?;
                run.settled().await?;
            }
        };
    }
    all! { start: logic more_steps limits named_wait wait_renamed signal_renamed binding_renamed type_of_a_field field_required newly_needed
    old_name fewer_saved annotated field_defaulted wait_removed }
    engine.shutdown().await;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["park", database, runs] => park(database.as_ref(), runs.parse()?).await,
        ["schema", directory] => {
            sayiir_deploys::schema(directory.as_ref(), &edits());
            Ok(())
        }
        _ => Err("before park DATABASE RUNS | before schema DIRECTORY".into()),
    }
}
