//! A new database from the lines of an export: all of it or nothing.

use std::fs;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use sayiir_core::backend::BackendError;

use crate::SledBackend;
use crate::error::At;
use crate::export::{FORMAT, Line};
use crate::fresh::{Finished, Fresh};
use crate::keys;
use crate::layout::Layout;
use crate::options::Options;
use crate::places::Moves;
use crate::{recovery, value};

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The new database could not be written.
    #[error(transparent)]
    Store(#[from] BackendError),
    /// There is a database already.
    #[error("there is a database in {path} already")]
    NotEmpty {
        /// The directory.
        path: String,
    },
    /// The lines could not be read.
    #[error("the export cannot be read")]
    Read(#[from] std::io::Error),
    /// A line is not one of an export.
    #[error("line {number} of the export does not read")]
    Line {
        /// Which, from 1.
        number: u64,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The export is of a newer version.
    #[error("the export has format {found}, this version reads up to {FORMAT}: import it with a newer one")]
    NewerFormat {
        /// What it says.
        found: u32,
    },
    /// The export does not begin or end as one does: it was cut.
    #[error("the export is not whole: {detail}")]
    Cut {
        /// What is missing.
        detail: String,
    },
}

impl SledBackend {
    /// Makes a new database in this directory out of what [`export`](Self::export) wrote; gives the number of runs. A failure
    /// at any point leaves none.
    ///
    /// # Errors
    /// [`ImportError`].
    pub fn import(path: impl AsRef<Path>, lines: impl BufRead) -> Result<u64, ImportError> {
        let path = path.as_ref();
        let layout = Layout::open(path)?;
        if layout.current()?.is_some() || !layout.generations()?.is_empty() {
            return Err(ImportError::NotEmpty { path: path.display().to_string() });
        }
        let directory = path.join("import");
        remove(&directory)?;
        match fill(&layout, &directory, lines) {
            Ok(runs) => Ok(runs),
            Err(error) => {
                remove(&directory)?;
                remove(&layout.generation(1))?;
                Err(error)
            }
        }
    }
}

fn fill(layout: &Layout, directory: &PathBuf, lines: impl BufRead) -> Result<u64, ImportError> {
    let mut fresh = Fresh::create(directory, &Options::default())?;
    let runs = read(&mut fresh, lines)?;
    let Finished { db, .. } = fresh.finish(layout, 1)?;
    recovery::close(Some(db));
    let first = layout.generation(1);
    fs::rename(directory, &first).at("renaming", directory)?;
    layout.switch(1)?;
    Ok(runs)
}

fn read(fresh: &mut Fresh, lines: impl BufRead) -> Result<u64, ImportError> {
    let mut runs = 0;
    let mut begun = false;
    let mut waiting = Moves::default();
    for (number, text) in (1..).zip(lines.lines()) {
        let line: Line =
            serde_json::from_str(&text?).map_err(|source| ImportError::Line { number, source })?;
        match line {
            Line::Format(found) if found > FORMAT => return Err(ImportError::NewerFormat { found }),
            Line::Format(_) => begun = true,
            _ if !begun => return Err(cut("it does not begin with its format")),
            Line::End { runs: expected } if expected == runs => {
                waiting.pairs().try_for_each(|(key, value)| fresh.put(key, value))?;
                return Ok(runs);
            }
            Line::End { runs: expected } => {
                return Err(cut(&format!("it says {expected} runs and has {runs}")));
            }
            line => {
                if let Line::Record(record) = &line {
                    runs += 1;
                    waiting.count(&record.index(), 1);
                }
                put(fresh, line)?;
            }
        }
    }
    Err(cut("it has no end"))
}

/// Writes what a line says.
fn put(fresh: &mut Fresh, line: Line) -> Result<(), BackendError> {
    let mut pairs = Vec::new();
    match line {
        Line::Format(_) | Line::End { .. } => {}
        Line::Record(record) => {
            let payload = value::encode(&record);
            value::put(&keys::record(&record.run), record.revision.0, &payload, &mut pairs);
            let index = keys::index(&record.run, &record.index());
            pairs.extend(index.into_iter().map(|key| (key.into(), sled::IVec::default())));
        }
        Line::History { run, entries } => value::put_history(&run, &entries, &mut pairs),
        Line::Message { run, message } => {
            let key = keys::message(&run, &message.signal, message.position);
            value::put(&key, message.position, &value::encode(&message), &mut pairs);
        }
        Line::Delivered { run, key } => {
            value::put(&keys::delivered(&run, &key), 0, key.as_bytes(), &mut pairs);
        }
    }
    for (key, value) in pairs {
        fresh.put(key, value)?;
    }
    Ok(())
}

fn remove(directory: &Path) -> Result<(), BackendError> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).at("removing", directory),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn cut(detail: &str) -> ImportError {
    ImportError::Cut { detail: detail.into() }
}
