//! The approval: ask the manager, after that the director, and pay what is approved.

use std::io;
use std::time::Duration;

use sayiir::prelude::*;
use serde::{Deserialize, Serialize};

use crate::bank::{Bank, BankError, Receipt};
use crate::desk::{Desk, Role};

// ANCHOR: workflow
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Expense {
    pub(crate) id: String,
    pub(crate) employee: String,
    pub(crate) amount: f64,
}

/// What an approver says. Who it was comes with the signal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Decision {
    pub(crate) approved: bool,
    pub(crate) notes: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Paid { approver: String, receipt: String },
    Rejected { approver: String, notes: String },
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ExpenseError {
    #[error(transparent)]
    Timeout(#[from] Timeout),
    #[error("the mail was not sent")]
    Mail(#[from] io::Error),
    #[error("the bank did not pay")]
    Bank(#[from] BankError),
}

/// Sends a mail with links that expire with the wait, and says how long that is.
#[task(retries = 5)]
async fn ask(#[inject] desk: &Desk, role: Role, expense: Expense) -> Result<Duration, ExpenseError> {
    Ok(desk.ask(role, &expense).await?)
}

#[task(retries = 5, timeout = 10s)]
async fn reimburse(
    #[inject] bank: &Bank,
    cx: &TaskContext,
    expense: Expense,
) -> Result<Receipt, ExpenseError> {
    // The same key for every attempt, also after a crash: the bank pays once.
    Ok(bank.transfer(cx.idempotency_key(), &expense).await?)
}

#[workflow]
pub(crate) async fn expense_approval(expense: Expense) -> Result<Outcome, ExpenseError> {
    let limit = ask(Role::Manager, expense.clone()).await?;
    let answer: Result<Received<Decision>, Timeout> = signal!("manager_approval", limit).await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(_timeout) => {
            let limit = ask(Role::Director, expense.clone()).await?;
            signal!("director_approval" as Received<Decision>, limit).await?
        }
    };
    let approver = answer.by.unwrap_or_default();
    if !answer.payload.approved {
        return Ok(Outcome::Rejected { approver, notes: answer.payload.notes });
    }
    let receipt = reimburse(expense).await?;
    Ok(Outcome::Paid { approver, receipt: receipt.number })
}
// ANCHOR_END: workflow

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::sync::Arc;

    use sayiir::clock::Clock;
    use sayiir::engine::EngineBuilder;
    use sayiir::testing::{TestEngine, VirtualClock, crash_everywhere};

    use super::*;
    use crate::desk::{Approver, Approvers};
    use crate::link::{LinkError, Links};
    use crate::outbox::Outbox;

    fn desk(directory: &Path, clock: &VirtualClock) -> (Desk, Links) {
        let links = Links::open(&directory.join("link.key"), Arc::new(clock.clone())).expect("a key");
        let approver =
            |address: &str, hours| Approver { address: address.into(), limit: Duration::from_hours(hours) };
        let desk = Desk {
            outbox: Outbox::open(&directory.join("outbox.jsonl")).expect("an outbox"),
            links: links.clone(),
            approvers: Approvers { manager: approver("bob", 48), director: approver("dora", 72) },
            url: "http://test".into(),
        };
        (desk, links)
    }

    fn expense() -> Expense {
        Expense { id: "exp-1".into(), employee: "alice".into(), amount: 250.0 }
    }

    /// The tokens of the approving links, in the order of the mails.
    fn sent(directory: &Path) -> Vec<String> {
        let text = fs::read_to_string(directory.join("outbox.jsonl")).expect("there are mails");
        let mails = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a mail"));
        let token = |mail: serde_json::Value| {
            let link = mail["approve"].as_str().expect("a link").to_owned();
            link.rsplit('/').next().expect("a token").to_owned()
        };
        mails.map(token).collect()
    }

    #[tokio::test]
    async fn a_link_lasts_as_long_as_the_wait_that_it_is_for() {
        let directory = tempfile::tempdir().expect("a directory");
        let clock = VirtualClock::default();
        let (desk, links) = desk(directory.path(), &clock);
        let bank = Bank::open(&directory.path().join("bank.jsonl")).expect("a bank");
        let engine = TestEngine::start_on(InMemoryBackend::new(), clock.clone(), |builder| {
            builder.workflow::<expense_approval>().provide(desk).provide(bank)
        });
        let engine = engine.await.expect("the engine starts");
        let run = engine.start("exp-1", expense_approval(expense())).await.expect("started");
        run.settled().await.expect("the manager is asked");

        engine.advance(Duration::from_hours(48) - Duration::from_millis(1)).await;
        let manager = links.open_link(&sent(directory.path())[0]).expect("it is in time");
        assert_eq!((&*manager.approver, &*manager.signal), ("bob", "manager_approval"));
        engine.advance(Duration::from_millis(1)).await;
        run.settled().await.expect("the director is asked");
        let mails = sent(directory.path());
        assert_eq!(links.open_link(&mails[0]), Err(LinkError::Expired(manager.expires)));
        let director = links.open_link(&mails[1]).expect("it is in time");
        assert_eq!((&*director.approver, &*director.signal), ("dora", "director_approval"));

        engine.advance(Duration::from_hours(72)).await;
        let error = run.result().await.expect_err("nobody answered").to_string();
        assert!(error.contains("timeout") && error.contains("director_approval"), "{error}");
        assert!(links.open_link(&mails[1]).is_err());
    }

    /// What a client does that knows nothing of earlier tries. The manager does not answer.
    async fn ask_the_director(engine: &TestEngine) -> Outcome {
        let run = engine.start("exp-1", expense_approval(expense())).or_attach().await.expect("started");
        run.settled().await.expect("the manager is asked");
        // By the wall clock: a process after a crash waits no second time.
        engine.advance_to(VirtualClock::default().now() + Duration::from_hours(48)).await;
        run.settled().await.expect("the director is asked");
        let decision = Decision { approved: true, notes: String::new() };
        let sent =
            run.signal(expense_approval::DIRECTOR_APPROVAL, &decision).by("dora").idempotency_key("click");
        sent.await.expect("accepted, now or before the crash");
        run.result().await.expect("decided")
    }

    #[tokio::test]
    async fn whatever_commit_a_crash_hits_somebody_is_asked_and_the_bank_pays_once() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path();
        let bank = Bank::open(&path.join("bank.jsonl")).expect("a bank");
        let configure = |builder: EngineBuilder| {
            let (desk, _) = desk(path, &VirtualClock::default());
            builder.workflow::<expense_approval>().provide(desk).provide(bank.clone())
        };
        let (approver, crashes) = crash_everywhere(configure, async |engine| {
            // The receipt's number is the bank's, which pays for all tries.
            match ask_the_director(engine).await {
                Outcome::Paid { approver, .. } => Some(approver),
                Outcome::Rejected { .. } => None,
            }
        })
        .await;
        assert_eq!(approver.as_deref(), Some("dora"));
        // Started, asked, out of time, asked, signalled, paid; before and after.
        assert!(crashes >= 12, "{crashes}");
        let paid = fs::read_to_string(path.join("bank.jsonl")).expect("a ledger").lines().count() as u64;
        assert_eq!(paid, crashes + 1, "one payment for each try, crashed or not");
        assert!(sent(path).len() as u64 >= 2 * paid, "two were asked in each");
    }
}
