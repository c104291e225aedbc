//! A full disk: the caller is told, nothing is half-written, and the store goes on once there is room.
//!
//! The disk is a small file system in memory, mounted in a name space of the child's own. Where the system does not allow
//! that, the test says so and passes.

mod script;

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use sayiir_core::backend::{Backend, BackendError};
use sayiir_sled::{ImportError, SledBackend};
use script::Place;

const DISK: &str = "SAYIIR_SMALL_DISK";

/// Runs one of the children below on a disk of so many MiB.
fn on_a_disk_of(mebibytes: u32, child: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    let script = format!(
        "mount -t tmpfs -o size={mebibytes}m none \"${DISK}\" || exit 77; exec \"$0\" --exact {child} --nocapture"
    );
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", &script])
        .arg(env::current_exe().expect("this program"))
        .env(DISK, directory.path())
        .output();
    match output {
        Ok(output) if output.status.success() => {}
        Ok(output) if output.status.code() == Some(1) && output.stdout.is_empty() => {
            println!("not tried: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(output) if output.status.code() == Some(77) => println!("not tried: no mount"),
        Ok(output) => {
            panic!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
        }
        Err(error) => println!("not tried: {error}"),
    }
}

#[test]
fn a_full_disk_is_reported_and_room_lets_the_store_go_on() {
    on_a_disk_of(6, "child_that_commits");
}

#[test]
fn a_compaction_without_room_is_reported_and_the_database_goes_on() {
    on_a_disk_of(12, "child_that_compacts");
}

#[test]
fn an_import_without_room_is_reported_and_leaves_nothing() {
    on_a_disk_of(6, "child_that_imports");
}

#[test]
fn an_opening_without_room_is_reported_and_can_be_repeated() {
    on_a_disk_of(6, "child_that_opens");
}

/// A child: not a test of its own.
#[tokio::test]
async fn child_that_commits() {
    let Ok(disk) = env::var(DISK) else { return };
    let disk = Path::new(&disk);
    let filler = filler(disk, 3 << 20);
    let backend = SledBackend::open(disk.join("store")).expect("it opens");
    let mut places = Vec::new();
    let error = fill(&backend, &mut places, usize::MAX).await.expect_err("the disk is small");
    assert!(matches!(error, BackendError::StorageFull { .. }), "{error:?}");
    assert!(error.to_string().starts_with("the disk is full: "), "{error}");
    assert!(error.is_retryable());
    fs::remove_file(filler).expect("it is removed");
    // Nobody is told anything but that until the database is open again, and a read is enough for it to be.
    while let Err(error) = backend.record(&script::run(0)).await {
        assert!(matches!(error, BackendError::StorageFull { .. }), "{error:?}");
        tokio::task::yield_now().await;
    }
    // The commit that was answered with an error may be there all the same.
    let (run, last) = (script::run(places.len() - 1), places.last_mut().expect("at least one was begun"));
    let found = script::verify(&backend, &run).await;
    assert!(found == *last || found == last.next(), "{found} after {last}");
    *last = found;
    verify(&backend, &places).await;
    go_on(&backend, &mut places).await;
    verify(&backend, &places).await;
}

/// A child: not a test of its own.
#[tokio::test]
async fn child_that_compacts() {
    let Ok(disk) = env::var(DISK) else { return };
    let disk = Path::new(&disk);
    let backend = SledBackend::open(disk.join("store")).expect("it opens");
    let mut places = Vec::new();
    while backend.stats().file_bytes < 4 << 20 {
        let runs = places.len() + 1;
        fill(&backend, &mut places, runs).await.expect("there is room");
    }
    // Room for a first segment of the copy, and not for all of it.
    let room = 1 << 20;
    let filler = filler(disk, (12 << 20) - backend.stats().file_bytes - room);
    let error = backend.compact().await.expect_err("there is no room");
    assert!(matches!(error, BackendError::StorageFull { .. }), "{error:?}");
    verify(&backend, &places).await;
    fs::remove_file(filler).expect("it is removed");
    backend.compact().await.expect("there is room");
    let runs = places.len() + 1;
    fill(&backend, &mut places, runs).await.expect("there is room");
    verify(&backend, &places).await;
}

/// A child: not a test of its own.
#[tokio::test]
async fn child_that_imports() {
    let Ok(disk) = env::var(DISK) else { return };
    let disk = Path::new(&disk);
    let elsewhere = tempfile::tempdir().expect("a directory");
    let original = SledBackend::open(elsewhere.path()).expect("it opens");
    let mut places = Vec::new();
    fill(&original, &mut places, 60).await.expect("there is room");
    let mut lines = Vec::new();
    original.export(&mut lines).expect("it exports");
    let filler = filler(disk, 5 << 20);
    let path = disk.join("store");
    let imported = SledBackend::import(&path, lines.as_slice());
    assert!(matches!(imported, Err(ImportError::Store(BackendError::StorageFull { .. }))), "{imported:?}");
    fs::remove_file(filler).expect("it is removed");
    SledBackend::import(&path, lines.as_slice()).expect("there is room, and nothing in the way");
    verify(&SledBackend::open(&path).expect("it opens"), &places).await;
}

/// A child: not a test of its own.
#[tokio::test]
async fn child_that_opens() {
    let Ok(disk) = env::var(DISK) else { return };
    let disk = Path::new(&disk);
    let path = disk.join("store");
    for left in [0, 4_096, 64 << 10, 512 << 10] {
        let filler = filler(disk, (6 << 20) - left);
        let opened = SledBackend::open(&path);
        let told = matches!(opened, Err(BackendError::StorageFull { .. }));
        // With a little room it may do.
        assert!(told || (left > 4_096 && opened.is_ok()), "{left} bytes left: {opened:?}");
        fs::remove_file(filler).expect("it is removed");
    }
    let backend = SledBackend::open(&path).expect("it opens");
    let mut places = Vec::new();
    fill(&backend, &mut places, 3).await.expect("there is room");
    verify(&backend, &places).await;
}

/// Takes at most so many bytes of the disk away.
fn filler(disk: &Path, bytes: u64) -> std::path::PathBuf {
    use std::io::Write;
    let path = disk.join("filler");
    let mut file = fs::File::create(&path).expect("a file");
    for _ in 0..bytes >> 12 {
        // The file system takes some of the disk for itself.
        if file.write_all(&[1; 4_096]).is_err() {
            break;
        }
    }
    path
}

/// Starts run after run until there are so many or a commit is refused; `places` holds what was acknowledged.
async fn fill(backend: &SledBackend, places: &mut Vec<Place>, runs: usize) -> Result<(), BackendError> {
    while places.len() < runs {
        let run = script::run(places.len());
        places.push(Place::default());
        let place = places.last_mut().expect("it was just put there");
        while place.revision < 7 {
            let change = script::change(&run, *place);
            backend.commit(&change.into()).await?;
            *place = place.next();
        }
    }
    Ok(())
}

/// Commits until one is accepted, as an engine does that was told to try again.
async fn go_on(backend: &SledBackend, places: &mut [Place]) {
    loop {
        let change = script::change(&script::run(0), places[0]);
        match backend.commit(&change.into()).await {
            Ok(()) => {
                places[0] = places[0].next();
                return;
            }
            Err(BackendError::StorageFull { .. }) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}

async fn verify(backend: &SledBackend, places: &[Place]) {
    for (number, place) in places.iter().enumerate() {
        assert_eq!(script::verify(backend, &script::run(number)).await, *place);
    }
    assert_eq!(backend.check().expect("it reads").damage.len(), 0);
}
