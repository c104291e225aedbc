//! What a check finds: every key that is gone, and every one that was taken away and is there again.
//!
//! Sled loses changes of single pages when bytes of its log are changed: a page is then as it was some time before, and what
//! has been put there since is gone, what has been removed is back.

mod files;
mod script;

use std::collections::BTreeMap;
use std::path::Path;

use files::tree;
use sayiir_core::backend::{Backend, BackendError};
use sayiir_sled::SledBackend;

/// A record, a history entry and messages in pieces are among what these have.
const RUNS: [(usize, u64); 3] = [(0, 7), (1, 11), (2, 14)];
/// Within so many revisions a run waits for a timer, a task and a signal.
const SOON: u64 = 3;
/// Pieces belong to a value, and are read with it.
const PIECE: u8 = 4;
/// The number of the last group is compared with one in a file of its own, which these databases have not.
const SEQUENCE: &[u8] = b"\0s";

type Pairs = BTreeMap<Vec<u8>, Vec<u8>>;

/// Takes the runs to where they are to be, less so many revisions; gives what is stored then.
async fn filled(path: &Path, before: u64) -> Pairs {
    let backend = SledBackend::open(path).expect("it opens");
    for (number, revision) in RUNS {
        let run = script::run(number);
        let mut place = script::verify(&backend, &run).await;
        while place.revision < revision - before {
            backend.commit(&script::change(&run, place).into()).await.expect("it commits");
            place = place.next();
        }
    }
    drop(backend);
    let pairs = tree(path).iter().map(|pair| pair.expect("it reads"));
    pairs.map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
}

/// What a check says of exactly these pairs; one line if the database does not even open.
fn said_of(pairs: &Pairs) -> Vec<String> {
    let directory = tempfile::tempdir().expect("a directory");
    let db = sled::open(directory.path().join("data-1")).expect("sled opens");
    let mut batch = sled::Batch::default();
    for (key, value) in pairs {
        batch.insert(key.as_slice(), value.as_slice());
    }
    db.apply_batch(batch).and_then(|()| db.flush()).expect("it is written");
    drop(db);
    let damage = match SledBackend::open(directory.path()) {
        Ok(backend) => backend.check().expect("it reads").damage,
        Err(error) => vec![error],
    };
    assert!(damage.iter().all(|error| matches!(error, BackendError::Damaged { .. })), "{damage:?}");
    damage.iter().map(ToString::to_string).collect()
}

/// Whether the key is that of a piece: `01 length run 04 ..`.
fn is_piece(key: &[u8]) -> bool {
    key[0] == 1 && key[2 + usize::from(key[1])] == PIECE
}

#[tokio::test]
async fn every_key_that_is_gone_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let pairs = filled(directory.path(), 0).await;
    assert_eq!(said_of(&pairs), Vec::<String>::new());
    for key in pairs.keys().filter(|key| *key != SEQUENCE) {
        let mut fewer = pairs.clone();
        fewer.remove(key);
        let said = said_of(&fewer);
        assert!(!said.is_empty(), "without {} nothing is said", key.escape_ascii());
    }
}

#[tokio::test]
async fn every_key_that_is_back_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut gone = Pairs::new();
    for before in (1..=SOON).rev() {
        gone.append(&mut filled(directory.path(), before).await);
    }
    let pairs = filled(directory.path(), 0).await;
    gone.retain(|key, _| !pairs.contains_key(key) && !is_piece(key));
    let kinds: Vec<_> = gone.keys().map(|key| key[0]).collect();
    assert!((1..=6).all(|kind| kinds.contains(&kind)), "nothing of some kind was removed: {kinds:?}");
    for (key, value) in gone {
        let mut more = pairs.clone();
        more.insert(key.clone(), value);
        let said = said_of(&more);
        assert!(!said.is_empty(), "with {} nothing is said", key.escape_ascii());
    }
}

/// A value that is older than the rest of its run.
#[tokio::test]
async fn every_value_that_is_an_older_one_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let old = filled(directory.path(), 1).await;
    let pairs = filled(directory.path(), 0).await;
    let differs = |key: &[u8], value: &[u8]| pairs.get(key).is_some_and(|now| now != value);
    let changed: Vec<_> =
        old.into_iter().filter(|(key, value)| key != SEQUENCE && differs(key, value)).collect();
    assert!(changed.len() > RUNS.len(), "the records at least");
    for (key, value) in changed {
        let mut older = pairs.clone();
        older.insert(key.clone(), value);
        let said = said_of(&older);
        assert!(!said.is_empty(), "with an older {} nothing is said", key.escape_ascii());
    }
}
