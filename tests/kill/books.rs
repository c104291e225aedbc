//! What the database and the bank say in the end.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sayiir::SledBackend;
use sayiir::backend::Backend;
use sayiir::history::{Event, HistoryEntry};
use sayiir::prelude::*;
use sayiir::testing::assert_each_step_once;

use super::{Expense, Fate};

/// Compares the histories with what each expense had to go through, and the bank's ledger with the histories.
pub(super) fn audit(directory: &Path, expenses: &[Expense]) {
    let database = directory.join("expenses.db");
    let backend = SledBackend::open(database.join("workflows")).expect("the database opens");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut paid = BTreeMap::new();
    runtime.block_on(async {
        assert_each_step_once(&backend).await;
        for expense in expenses {
            let run = RunId::new(&expense.id).expect("a valid id");
            let history = backend.history(&run, 0, 100).await.expect("the history is there");
            let found: Vec<String> = history.iter().filter_map(event).collect();
            assert_eq!(found, expected(expense.fate), "{}", expense.id);
            paid.extend(payment(&history).map(|key| (expense.id.clone(), key)));
        }
    });
    assert_eq!(ledger(&database), paid, "the bank paid what was approved, once");
}

/// What had to happen, and nothing else.
fn expected(fate: Fate) -> &'static [&'static str] {
    match fate {
        Fate::Paid => &[
            "started",
            "submit_expense done",
            "manager_approval received",
            "manager_approval taken",
            "reimburse done",
            "completed",
        ],
        Fate::Escalated => &[
            "started",
            "submit_expense done",
            "manager_approval timed out",
            "notify_director done",
            "director_approval received",
            "director_approval taken",
            "reimburse done",
            "completed",
        ],
        Fate::Rejected => &[
            "started",
            "submit_expense done",
            "manager_approval received",
            "manager_approval taken",
            "completed",
        ],
    }
}

/// An entry in words; an attempt that failed is no step.
fn event(entry: &HistoryEntry) -> Option<String> {
    Some(match &entry.event {
        Event::Started { .. } => "started".into(),
        Event::StepDone { task, .. } => format!("{task} done"),
        Event::SignalReceived { signal, .. } => format!("{signal} received"),
        Event::SignalTaken { signal, .. } => format!("{signal} taken"),
        Event::TimerFired { signal: Some(signal), .. } => format!("{signal} timed out"),
        Event::Completed { .. } => "completed".into(),
        Event::StepFailed { .. } => return None,
        other => format!("{other:?}"),
    })
}

/// The key under which a run paid.
fn payment(history: &[HistoryEntry]) -> Option<String> {
    history.iter().find_map(|entry| match &entry.event {
        Event::StepDone { task, key, .. } if task == "reimburse" => Some(key.to_string()),
        _ => None,
    })
}

/// The keys of the bank's transfers by expense.
fn ledger(database: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(database.join("bank.jsonl")).expect("there is a ledger");
    let mut transfers = BTreeMap::new();
    for line in text.lines() {
        let transfer: serde_json::Value = serde_json::from_str(line).expect("a transfer");
        let word = |name: &str| transfer[name].as_str().expect("text").to_owned();
        let twice = transfers.insert(word("expense"), word("key"));
        assert_eq!(twice, None, "paid twice: {line}");
    }
    transfers
}
