//! A full disk: the caller is told, nothing is half-written, and the store goes on once there is room.
//!
//! The disk is a small file system in memory, mounted in a name space of the child's own. Where the system does not allow
//! that, the test says so and passes.

mod script;

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use sayiir_core::backend::{Backend, BackendError, Commit};
use sayiir_sled::SledBackend;
use script::Place;

const DISK: &str = "SAYIIR_SMALL_DISK";

#[test]
fn a_full_disk_is_reported_and_room_lets_the_store_go_on() {
    let directory = tempfile::tempdir().expect("a directory");
    let script = "mount -t tmpfs -o size=6m none \"$SAYIIR_SMALL_DISK\" || exit 77; exec \"$0\" --exact child --nocapture";
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", script])
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

/// The child: not a test of its own.
#[tokio::test]
async fn child() {
    let Ok(disk) = env::var(DISK) else { return };
    let disk = Path::new(&disk);
    let filler = disk.join("filler");
    fs::write(&filler, vec![1; 3 * 1024 * 1024]).expect("there is room for it");
    let backend = SledBackend::open(disk.join("store")).expect("it opens");
    let mut places = Vec::new();
    let error = fill(&backend, &mut places).await;
    assert!(matches!(error, BackendError::StorageFull { .. }), "{error:?}");
    assert!(error.is_retryable());
    // Nobody is told anything but that until there is room.
    let error = backend.record(&script::run(0)).await.expect_err("it does not know");
    assert!(matches!(error, BackendError::StorageFull { .. }), "{error:?}");
    fs::remove_file(filler).expect("it is removed");
    go_on(&backend, &mut places).await;
    for (number, place) in places.iter().enumerate() {
        assert_eq!(script::verify(&backend, &script::run(number)).await, *place);
    }
    assert_eq!(backend.check().expect("it reads").damage.len(), 0);
}

/// Starts run after run until a commit is refused; `places` holds what was acknowledged.
async fn fill(backend: &SledBackend, places: &mut Vec<Place>) -> BackendError {
    loop {
        let run = script::run(places.len());
        places.push(Place::default());
        let place = places.last_mut().expect("it was just put there");
        while place.revision < 7 {
            let changes = vec![script::change(&run, *place)];
            match backend.commit(Commit { changes }).await {
                Ok(()) => *place = place.next(),
                Err(error) => return error,
            }
        }
    }
}

/// Commits until one is accepted, as an engine does that was told to try again.
async fn go_on(backend: &SledBackend, places: &mut [Place]) {
    loop {
        let changes = vec![script::change(&script::run(0), places[0])];
        match backend.commit(Commit { changes }).await {
            Ok(()) => {
                places[0] = places[0].next();
                return;
            }
            Err(BackendError::StorageFull { .. }) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}
