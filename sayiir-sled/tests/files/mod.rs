//! The files of a database, for tests that copy and change them.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// How long files may stay locked.
const LONGEST: Duration = Duration::from_secs(5);

/// sled's own directory, the one that counts.
pub(crate) fn data(path: &Path) -> PathBuf {
    let current = fs::read_to_string(path.join("current")).expect("it names the generation");
    path.join(format!("data-{}", current.trim()))
}

/// sled itself on a database that has been closed. Its threads may hold the files a moment longer.
pub(crate) fn tree(path: &Path) -> sled::Db {
    let patience = Instant::now() + LONGEST;
    loop {
        match sled::open(data(path)) {
            Err(error) if error.to_string().contains("acquire lock") && Instant::now() < patience => {
                thread::yield_now();
            }
            opened => return opened.expect("sled opens"),
        }
    }
}

/// Copies a directory with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
