//! The database's directory: what lies in it, who holds it, and which generation of the data counts.
//!
//! ```text
//! <path>/lock      held while the database is open
//! <path>/current   the number of the generation that counts
//! <path>/tip       the last acknowledged sequence
//! <path>/data-7/   that generation: a sled database
//! ```
//!
//! Compaction and import write the next generation beside the current one and switch by renaming one small file, so that
//! at every moment one whole database counts.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use sayiir_core::backend::BackendError;

use crate::error::At;

/// A database's directory, locked for this process.
#[derive(Debug)]
pub(crate) struct Layout {
    root: PathBuf,
    _lock: File,
}

impl Layout {
    /// Creates the directory if it is not there, and takes the lock.
    ///
    /// # Errors
    /// `InUse`, or what the system says.
    pub(crate) fn open(root: &Path) -> Result<Self, BackendError> {
        fs::create_dir_all(root).at("creating", root)?;
        let path = root.join("lock");
        let mut options = File::options();
        let file = options.write(true).create(true).truncate(false).open(&path);
        let lock = file.at("opening", &path)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { root: root.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(BackendError::InUse { path: root.display().to_string() }),
            Err(TryLockError::Error(error)) => Err(error).at("locking", &path),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn tip(&self) -> PathBuf {
        self.root.join("tip")
    }

    /// Where a generation lies.
    pub(crate) fn generation(&self, number: u64) -> PathBuf {
        self.root.join(format!("data-{number}"))
    }

    /// The generation that counts; `None` in a new directory.
    ///
    /// # Errors
    /// `Damaged` if the file says nothing, or it is missing and several generations are there.
    pub(crate) fn current(&self) -> Result<Option<u64>, BackendError> {
        let path = self.root.join("current");
        match fs::read_to_string(&path) {
            Ok(text) => match text.trim().parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => {
                    Err(BackendError::Damaged { detail: format!("{} names no generation", path.display()) })
                }
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).at("reading", &path),
        }
    }

    /// Every generation that lies there, whole or not.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn generations(&self) -> Result<Vec<u64>, BackendError> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.root).at("reading", &self.root)? {
            let name = entry.at("reading", &self.root)?.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix("data-"));
            found.extend(number.and_then(|number| number.parse::<u64>().ok()));
        }
        Ok(found)
    }

    /// Makes a generation the one that counts. Whole or not at all, and durable.
    ///
    /// # Errors
    /// What the system says; then the one before counts.
    pub(crate) fn switch(&self, number: u64) -> Result<(), BackendError> {
        let before = self.current()?;
        let (path, next) = (self.root.join("current"), self.root.join("current.next"));
        let mut file = File::create(&next).at("creating", &next)?;
        writeln!(file, "{number}").at("writing", &next)?;
        file.sync_all().at("syncing", &next)?;
        fs::rename(&next, &path).at("renaming", &next)?;
        sync_directory(&self.root).inspect_err(|_| {
            // The error stands, whatever comes of this.
            let _ = match before {
                Some(before) => {
                    fs::write(&next, format!("{before}\n")).and_then(|()| fs::rename(&next, &path))
                }
                None => fs::remove_file(&path),
            };
        })
    }

    /// Removes every generation but the one that counts: what a compaction, or an interrupted import, left.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn remove_others(&self) -> Result<(), BackendError> {
        let Some(current) = self.current()? else { return Ok(()) };
        for number in self.generations()? {
            if number != current {
                let path = self.generation(number);
                fs::remove_dir_all(&path).at("removing", &path)?;
            }
        }
        Ok(())
    }
}

/// How many bytes the files below a directory have, apart from copies of damaged ones that were set aside.
pub(crate) fn bytes(directory: &Path) -> u64 {
    let mut sum = 0;
    // What cannot be read has just been removed.
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let set_aside =
            path.extension().is_some_and(|extension| extension.as_encoded_bytes().starts_with(b"damaged-"));
        sum += match entry.metadata() {
            Ok(metadata) if metadata.is_file() => metadata.len(),
            Ok(metadata) if metadata.is_dir() && !set_aside => bytes(&path),
            Ok(_) | Err(_) => 0,
        };
    }
    sum
}

/// Makes the names in a directory durable.
///
/// # Errors
/// What the system says.
pub(crate) fn sync_directory(path: &Path) -> Result<(), BackendError> {
    if cfg!(unix) {
        let directory = File::open(path).at("opening", path)?;
        directory.sync_all().at("syncing", path)?;
    }
    Ok(())
}
