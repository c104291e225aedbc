//! The bank: a file with one line for each transfer.
//!
//! It does what a payment provider does: a transfer with a key that it has seen is answered with the receipt of then, and not made
//! again. A line that a crash cut short is not a transfer, and is cut off when the ledger is opened.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::Expense;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Receipt {
    pub(crate) number: String,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum BankError {
    #[error("its ledger")]
    Ledger(#[from] io::Error),
    #[error("line {line} of its ledger is not a transfer")]
    Damaged { line: usize, source: serde_json::Error },
    #[error("it was closed")]
    Closed(#[from] tokio::task::JoinError),
}

/// A handle on the ledger.
#[derive(Debug, Clone)]
pub(crate) struct Bank {
    ledger: Arc<Mutex<Ledger>>,
}

#[derive(Debug)]
struct Ledger {
    file: File,
    paid: BTreeMap<String, Receipt>,
}

/// A line of the ledger.
#[derive(Debug, Serialize, Deserialize)]
struct Transfer {
    receipt: String,
    expense: String,
    employee: String,
    amount: f64,
    key: String,
}

impl Bank {
    /// Opens the ledger, which is created if it is not there.
    pub(crate) fn open(path: &Path) -> Result<Self, BankError> {
        let ledger = Arc::new(Mutex::new(Ledger::open(path)?));
        Ok(Self { ledger })
    }

    /// Pays an expense, once for each key.
    pub(crate) async fn transfer(&self, key: &str, expense: &Expense) -> Result<Receipt, BankError> {
        let (ledger, key, expense) = (Arc::clone(&self.ledger), key.to_owned(), expense.clone());
        // Waiting for the disk is not for the threads that run the tasks.
        tokio::task::spawn_blocking(move || {
            let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
            ledger.transfer(key, expense)
        })
        .await?
    }
}

impl Ledger {
    fn open(path: &Path) -> Result<Self, BankError> {
        let mut file = File::options().read(true).append(true).create(true).open(path)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64)?;
        let mut paid = BTreeMap::new();
        for (index, line) in text[..whole].lines().enumerate() {
            let transfer: Transfer = serde_json::from_str(line)
                .map_err(|source| BankError::Damaged { line: index + 1, source })?;
            paid.insert(transfer.key, Receipt { number: transfer.receipt });
        }
        Ok(Self { file, paid })
    }

    fn transfer(&mut self, key: String, expense: Expense) -> Result<Receipt, BankError> {
        if let Some(receipt) = self.paid.get(&key) {
            return Ok(receipt.clone());
        }
        let receipt = Receipt { number: format!("T-{:04}", self.paid.len() + 1) };
        self.append(&Transfer {
            receipt: receipt.number.clone(),
            expense: expense.id,
            employee: expense.employee,
            amount: expense.amount,
            key: key.clone(),
        })?;
        self.paid.insert(key, receipt.clone());
        Ok(receipt)
    }

    /// Writes a line, whole or not at all.
    fn append(&mut self, transfer: &Transfer) -> io::Result<()> {
        let end = self.file.seek(SeekFrom::End(0))?;
        let line = format!("{}\n", serde_json::to_string(transfer)?);
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_all());
        if written.is_err() {
            self.file.set_len(end)?;
        }
        written
    }
}
