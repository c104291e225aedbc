//! The mails, as lines of a file: what a mail server would be given.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

/// A mail that asks for a decision. Sent again after a crash, it asks for the same one.
#[derive(Debug, Serialize)]
pub(crate) struct Mail {
    pub(crate) to: String,
    pub(crate) expense: String,
    pub(crate) subject: String,
    pub(crate) approve: String,
    pub(crate) reject: String,
}

#[derive(Debug)]
pub(crate) struct Outbox {
    file: Arc<Mutex<File>>,
}

impl Outbox {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().append(true).create(true).open(path)?;
        Ok(Self { file: Arc::new(Mutex::new(file)) })
    }

    pub(crate) async fn send(&self, mail: Mail) -> io::Result<()> {
        let file = Arc::clone(&self.file);
        let line = format!("{}\n", serde_json::to_string(&mail)?);
        // Waiting for the disk is not for the threads that run the tasks.
        let written = tokio::task::spawn_blocking(move || {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            file.write_all(line.as_bytes())
        });
        written.await?
    }
}
