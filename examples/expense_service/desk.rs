//! Who is asked, how long they have, and the mail that asks them.

use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::link::{Link, Links};
use crate::outbox::{Mail, Outbox};
use crate::workflow::{Expense, expense_approval};

/// Whose turn it is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Role {
    Manager,
    Director,
}

#[derive(Debug, Clone)]
pub(crate) struct Approvers {
    pub(crate) manager: Approver,
    pub(crate) director: Approver,
}

/// Somebody who is asked.
#[derive(Debug, Clone)]
pub(crate) struct Approver {
    pub(crate) address: String,
    /// How long the answer may take.
    pub(crate) limit: Duration,
}

/// What the task that asks is provided with.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) outbox: Outbox,
    pub(crate) links: Links,
    pub(crate) approvers: Approvers,
    /// How links begin.
    pub(crate) url: String,
}

impl Desk {
    /// Sends the mail, and gives how long the answer may take.
    pub(crate) async fn ask(&self, role: Role, expense: &Expense) -> io::Result<Duration> {
        let (approver, signal) = match role {
            Role::Manager => (&self.approvers.manager, expense_approval::MANAGER_APPROVAL),
            Role::Director => (&self.approvers.director, expense_approval::DIRECTOR_APPROVAL),
        };
        let link = |approve| {
            let link = Link {
                run: expense.id.clone(),
                signal: signal.name().into(),
                approver: approver.address.clone(),
                approve,
                expires: self.links.in_time(approver.limit),
            };
            format!("{}/links/{}", self.url, self.links.sign(&link))
        };
        let mail = Mail {
            to: approver.address.clone(),
            expense: expense.id.clone(),
            subject: format!("{} asks for {:.2}", expense.employee, expense.amount),
            approve: link(true),
            reject: link(false),
        };
        self.outbox.send(mail).await?;
        Ok(approver.limit)
    }
}
