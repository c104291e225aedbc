//! What is stored is read by every later version: `format-1.txt` holds the keys and values of a database as they were written
//! when format 1 was fixed. A newer format is refused by its number.

mod files;
mod script;

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use files::tree;
use sayiir_core::backend::{Backend, BackendError};
use sayiir_sled::SledBackend;
use script::Place;

/// Runs, and the revision each is at: with a timer, a task, a signal to wait for.
const RUNS: [(usize, u64); 3] = [(0, 2), (1, 3), (2, 4)];
const FORMAT: &[u8] = &[0, b'f'];

async fn filled(path: &Path) {
    let backend = SledBackend::open(path).expect("it opens");
    for (number, revision) in RUNS {
        let mut place = Place::default();
        while place.revision < revision {
            let change = script::change(&script::run(number), place);
            backend.commit(&change.into()).await.expect("it commits");
            place = place.next();
        }
    }
}

async fn verify(path: &Path) {
    let backend = SledBackend::open(path).expect("it opens");
    let mut runs = Vec::new();
    for (number, revision) in RUNS {
        let run = script::run(number);
        assert_eq!(script::verify(&backend, &run).await, Place { life: 0, revision });
        runs.push((run, Place { life: 0, revision }));
    }
    script::verify_indexes(&backend, &runs).await;
    assert_eq!(backend.check().expect("it reads").damage.len(), 0);
}

/// Every key and value, a pair to a line.
fn dump(path: &Path) -> String {
    let db = tree(path);
    let mut text = String::new();
    for pair in db.iter() {
        let (key, value) = pair.expect("it reads");
        writeln!(text, "{} {}", hex(&key), hex(&value)).expect("a string takes it");
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes it");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("text"));
    digits.map(|digits| u8::from_str_radix(digits, 16).expect("two digits")).collect()
}

#[tokio::test]
async fn what_was_written_when_the_format_was_fixed_is_read() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    let db = sled::open(path.join("data-1")).expect("sled opens");
    for line in include_str!("format-1.txt").lines() {
        let (key, value) = line.split_once(' ').expect("a key and a value");
        db.insert(unhex(key), unhex(value)).expect("it is written");
    }
    drop(db);
    verify(path).await;
}

/// If this fails, what is stored has changed: databases of users would not be read. Either it can be avoided, or it is a new
/// format, with a file of its own beside this one. `SAYIIR_FORMAT=write` writes the file.
#[tokio::test]
async fn what_is_written_is_still_that_format() {
    let directory = tempfile::tempdir().expect("a directory");
    filled(directory.path()).await;
    let written = dump(directory.path());
    if env::var("SAYIIR_FORMAT").is_ok_and(|asked| asked == "write") {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/format-1.txt");
        fs::write(file, &written).expect("it is written");
        return;
    }
    assert!(written == include_str!("format-1.txt"), "written now:\n{written}");
}

/// Puts a value in the place of another, framed as the store does it: version, checksum, what is checked.
fn replace(path: &Path, key: &[u8], version: u8, checked: &[u8]) {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(&[version]);
    hasher.update(checked);
    let crc = hasher.finalize().to_le_bytes();
    let value = [&[version], crc.as_slice(), checked].concat();
    let db = tree(path);
    db.insert(key, value).and_then(|_| db.flush()).expect("it is written");
}

#[tokio::test]
async fn a_newer_format_is_refused_by_its_number() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    filled(path).await;
    // No pieces, the number, what it is.
    replace(path, FORMAT, 1, &[&[0, 7], b"sayiir".as_slice()].concat());
    let opened = SledBackend::open(path);
    let error = opened.expect_err("it is newer");
    assert!(matches!(error, BackendError::NewerFormat { found: 7, supported: 1 }), "{error:?}");
    let words = "the database has format 7, this version reads up to 1: open it with a newer one";
    assert_eq!(error.to_string(), words);
}

#[tokio::test]
async fn a_value_of_a_newer_format_is_refused_by_its_number_and_the_rest_reads() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    filled(path).await;
    let run = script::run(0);
    let id = run.as_str().as_bytes();
    let key = [&[1, u8::try_from(id.len()).expect("short")], id, &[0]].concat();
    replace(path, &key, 2, b"whatever it may be");
    let backend = SledBackend::open(path).expect("it opens");
    let read = backend.record(&run).await;
    assert!(matches!(read, Err(BackendError::NewerFormat { found: 2, supported: 1 })), "{read:?}");
    assert_eq!(script::verify(&backend, &script::run(1)).await.revision, 3);
}
