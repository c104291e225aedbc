//! The whole database as JSON lines, so that an operator can always get the data out.
//!
//! ```text
//! {"format":1}
//! {"record":{..}}                                 once for each run, before the lines that belong to it
//! {"history":{"run":"..","entries":[..]}}
//! {"message":{"run":"..","message":{..}}}         in an inbox
//! {"delivered":{"run":"..","key":".."}}           an idempotency key of a signal
//! {"end":{"runs":2}}
//! ```

use std::io::Write;

use sayiir_core::backend::BackendError;
use sayiir_core::history::HistoryEntry;
use sayiir_core::ids::RunId;
use sayiir_core::record::Record;
use sayiir_core::signal::Message;
use serde::{Deserialize, Serialize};

use crate::SledBackend;
use crate::check::Report;
use crate::walk::{Contents, walk};

/// The format of the lines that is written.
pub(crate) const FORMAT: u32 = 1;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    Format(u32),
    Record(Box<Record>),
    History { run: RunId, entries: Vec<HistoryEntry> },
    Message { run: RunId, message: Message },
    Delivered { run: RunId, key: String },
    End { runs: u64 },
}

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The database cannot be read at all.
    #[error(transparent)]
    Store(#[from] BackendError),
    /// A line could not be written.
    #[error("the export cannot be written")]
    Write(#[from] std::io::Error),
}

impl SledBackend {
    /// Writes every run with all that belongs to it as JSON lines. Each run is as it stands at one moment; other commits go
    /// on meanwhile. What does not read is named in the report and left out. Blocks until it is done.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn export(&self, mut out: impl Write) -> Result<Report, ExportError> {
        let mut report = Report::default();
        put(&mut out, &Line::Format(FORMAT))?;
        walk::<ExportError>(self.store(), |found| {
            if let Some(contents) = report.take(found) {
                put_run(&mut out, contents)?;
            }
            Ok(())
        })?;
        put(&mut out, &Line::End { runs: report.runs })?;
        out.flush()?;
        Ok(report)
    }
}

/// Without its record the rest of a run would find no place to go, so it is left out.
fn put_run(out: &mut impl Write, contents: Contents) -> Result<(), ExportError> {
    let Contents { run, record, history, messages, delivered, damage: _ } = contents;
    let Some(record) = record else { return Ok(()) };
    put(out, &Line::Record(Box::new(record)))?;
    for entries in history {
        put(out, &Line::History { run: run.clone(), entries })?;
    }
    for message in messages {
        put(out, &Line::Message { run: run.clone(), message })?;
    }
    for key in delivered {
        put(out, &Line::Delivered { run: run.clone(), key })?;
    }
    Ok(())
}

fn put(out: &mut impl Write, line: &Line) -> Result<(), ExportError> {
    serde_json::to_writer(&mut *out, line).map_err(std::io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}
