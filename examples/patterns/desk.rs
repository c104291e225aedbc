//! What all patterns speak of: an expense, a mail and a payment. The tasks tell the story what they would do.

use sayiir::prelude::*;
use serde::{Deserialize, Serialize};

use crate::stage::Story;

/// What an employee wants to be paid, in cents.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Expense {
    pub(crate) employee: String,
    pub(crate) cents: u64,
    pub(crate) receipt: bool,
}

impl Expense {
    pub(crate) fn of(employee: &str, cents: u64) -> Self {
        Self { employee: employee.into(), cents, receipt: true }
    }
}

/// A yes or no.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Approval {
    pub(crate) approver: String,
    pub(crate) approved: bool,
}

impl Approval {
    pub(crate) fn yes(approver: &str) -> Self {
        Self { approver: approver.into(), approved: true }
    }
}

/// Sends a mail.
#[task]
pub(crate) async fn mail(#[inject] story: &Story, to: String, text: String) {
    story.tell(format_args!("mail to {to}: {text}"));
}

/// Pays, and gives the receipt's number. A real one hands `TaskContext::idempotency_key` to the bank.
#[task]
pub(crate) async fn pay(#[inject] story: &Story, employee: String, cents: u64) -> String {
    story.tell(format_args!("paid {} to {employee}", euros(cents)));
    format!("T-{cents}")
}

/// An amount for people.
pub(crate) fn euros(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
