//! What the system took and could not write: it tells each handle once, and sled's own thread, which syncs twice a second through
//! sled's handle, tells nobody. No commit is acknowledged for that, and no copy counts.
//!
//! The disk is a file without room for its blocks, with a file system on it, mounted in a name space of the child's own; there
//! is room as soon as sled's thread was told. Only root may do that: elsewhere the test says so and passes.
#![cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64", feature = "real-fsync"))]

mod late;

use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use jiff::Timestamp;
use sayiir_core::backend::{Backend, BackendError, Commit, RunChange};
use sayiir_core::ids::{Incarnation, Revision, RunId};
use sayiir_core::record::{Phase, Record};
use sayiir_sled::SledBackend;

const DISK: &str = "SAYIIR_UNWRITABLE_DISK";
/// The file system takes more than the memory below it holds. It is written by single blocks, since the system counts a write as
/// done of which one block could be written.
const SETUP: &str = r#"
cd "$DISK" && mkdir memory disk && mount -t tmpfs -o size=16m none memory && truncate -s 128m memory/blocks &&
mkfs.ext4 -q -F -O ^has_journal -b 4096 -E nodiscard memory/blocks && mount -o loop memory/blocks disk &&
device=$(losetup -nO NAME -j memory/blocks) && echo 4 > "/sys/block/${device#/dev/}/queue/max_sectors_kb" || exit 77
exec "$0" --exact "$1" --nocapture
"#;

/// Runs one of the children below.
fn on_such_a_disk(child: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    let program = env::current_exe().expect("this program");
    let output = Command::new("unshare")
        .args(["-m", "sh", "-c", &SETUP.replace("DISK", DISK)])
        .arg(program)
        .arg(child)
        .env(DISK, directory.path())
        .output();
    match output {
        Ok(output) if output.status.success() => {}
        Ok(output) if output.status.code() == Some(77) || output.stdout.is_empty() => {
            println!("not tried: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(output) => {
            panic!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
        }
        Err(error) => println!("not tried: {error}"),
    }
}

#[test]
fn a_commit_is_not_acknowledged_when_sleds_own_thread_was_told_that_it_is_not_written() {
    on_such_a_disk("child_that_commits");
}

#[test]
fn a_compaction_does_not_count_when_sleds_own_thread_was_told_that_it_is_not_written() {
    on_such_a_disk("child_that_compacts");
}

/// Creates a run whose record does not fit the blocks that are there already.
fn commit(number: usize) -> Commit {
    let run = RunId::new(&format!("run-{number}")).expect("a good id");
    let record = Record {
        revision: Revision(1),
        phase: Phase::Cancelled { reason: "r".repeat(200_000) },
        ..Record::new(run, Incarnation(1), "expense_approval", Timestamp::UNIX_EPOCH)
    };
    RunChange::new(None, Some(record)).into()
}

async fn opened(disk: &Path) -> SledBackend {
    let backend = SledBackend::open(disk.join("disk/store")).expect("it opens");
    for number in 0..5 {
        backend.commit(&commit(number)).await.expect("it commits");
    }
    backend
}

/// Takes all the memory below, until sled's own thread is told that something was not written.
fn fill(disk: &Path) {
    let path = disk.join("memory/filler");
    let mut filler = fs::File::create(&path).expect("it is created");
    let full = loop {
        if let Err(error) = filler.write_all(&[1; 4096]) {
            break error;
        }
    };
    assert_eq!(full.kind(), ErrorKind::StorageFull);
    late::begin(move || fs::remove_file(path).expect("it is removed"));
}

/// A child: not a test of its own.
#[tokio::test]
async fn child_that_commits() {
    let Ok(disk) = env::var(DISK) else { return };
    let disk = Path::new(&disk);
    let backend = opened(disk).await;
    fill(disk);
    let answer = backend.commit(&commit(5)).await;
    assert!(matches!(answer, Err(BackendError::StorageFull { .. } | BackendError::Io { .. })), "{answer:?}");
}

/// A child: not a test of its own.
#[tokio::test]
async fn child_that_compacts() {
    let Ok(disk) = env::var(DISK) else { return };
    let disk = Path::new(&disk);
    let backend = opened(disk).await;
    let current = || fs::read(disk.join("disk/store/current")).expect("it reads");
    let before = current();
    fill(disk);
    let answer = backend.compact().await;
    assert!(matches!(answer, Err(BackendError::StorageFull { .. } | BackendError::Io { .. })), "{answer:?}");
    assert_eq!(current(), before);
}
