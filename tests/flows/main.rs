//! Flows of the builder: in the foreground and under an engine, through edits, crashes and a store that is opened again.

mod branches;
mod crashes;
mod edits;
mod engine;
#[cfg(all(unix, feature = "sled"))]
mod killed;
mod runner;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sayiir::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Expense {
    employee: String,
    amount: u32,
}

fn expense(amount: u32) -> Expense {
    Expense { employee: "alice".into(), amount }
}

const TWO_DAYS: Duration = Duration::from_hours(48);

/// How often something happened.
#[derive(Debug, Clone, Default)]
struct Count(Arc<AtomicU32>);

impl Count {
    fn up(&self) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn get(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Submit, wait two days for `approved`, report who approved.
fn approval(submitted: &Count) -> WorkflowBuilder<Expense, String> {
    let submitted = submitted.clone();
    WorkflowBuilder::new(WorkflowContext::new())
        .then("submit", move |expense: Expense| {
            submitted.up();
            async move { Ok(expense) }
        })
        .wait_for_signal("wait", "approved", Some(TWO_DAYS))
        .then("report", |by: String| async move { Ok(format!("approved by {by}")) })
}
