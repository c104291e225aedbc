//! What the chain of a history shows, without a key and with one.

use std::sync::Arc;

use sayiir_core::backend::{Backend, RunChange};
use sayiir_core::durable::Stored;
use sayiir_core::engine::{EngineBuilder, RunHistory};
use sayiir_core::history::{Chain, Digest, Event, HistoryEntry, HistoryHead, HistoryKey, Tampered};
use sayiir_core::ids::RunId;
use sayiir_core::record::{Phase, Record};
use sayiir_core::testing::{Database, TestEngine, VirtualClock, crash_everywhere_on};

use crate::Disk;
use crate::promises::scripted::{Op, Scripted, wait, work};
use crate::promises::world::World;
use crate::promises::{engine_on, in_world};

fn key() -> HistoryKey {
    HistoryKey::from_secret(b"from the safe")
}

fn with(key: HistoryKey) -> impl Fn(EngineBuilder) -> EngineBuilder {
    move |builder| in_world(&World::default())(builder).history_key(key)
}

/// The next engine on a disk, under a key if there is one.
async fn next(disk: &Disk, key: Option<HistoryKey>) -> TestEngine {
    let (backend, clock) = (disk.open().await, VirtualClock::default());
    match key {
        None => engine_on(backend, clock, &World::default()).await,
        Some(key) => TestEngine::start_on(backend, clock, with(key)).await.expect("the engine starts"),
    }
}

async fn history_of(disk: &Disk, key: Option<HistoryKey>) -> RunHistory {
    let engine = next(disk, key).await;
    let history = engine.history("exp-001").await.expect("a history");
    engine.crash().await;
    history
}

/// A run that has ended, written under this key.
async fn written(key: Option<HistoryKey>) -> Disk {
    let disk = Disk::default();
    let engine = next(&disk, key).await;
    let run = engine.start("exp-001", Scripted::call([work("a"), work("b")])).await.expect("it starts");
    run.result().await.expect("a value");
    drop(run);
    engine.crash().await;
    disk
}

async fn verified(disk: &Disk, key: Option<HistoryKey>) -> Result<(), Tampered> {
    history_of(disk, key).await.verify()
}

/// Somebody who can write to the database and knows its format edits the entries, and makes all hashes and the record's head
/// anew, without the key.
async fn forge(disk: &Disk, edit: impl FnOnce(&mut Vec<HistoryEntry>)) {
    let (record, mut entries) = stored(disk).await;
    edit(&mut entries);
    let mut chain = Chain::new(&record.run, record.incarnation, HistoryHead::default());
    let history = entries.into_iter().map(|entry| chain.append(entry.at, entry.event)).collect();
    replace(disk, &record, history, chain.head()).await;
}

async fn stored(disk: &Disk) -> (Arc<Record>, Vec<HistoryEntry>) {
    let backend = disk.open().await;
    let run = RunId::new("exp-001").expect("a valid id");
    let record = backend.record(&run).await.expect("a read").expect("it is there");
    (record, backend.history(&run, 0, 1_000).await.expect("a read"))
}

/// Takes the run out and puts it back with another history.
async fn replace(disk: &Disk, record: &Record, history: Vec<HistoryEntry>, history_head: HistoryHead) {
    let backend = disk.open().await;
    let forged = Record { history: history_head, ..record.clone() };
    let removal = RunChange::new(Some(record), None);
    let put_back = RunChange { history, ..RunChange::new(None, Some(forged)) };
    for change in [removal, put_back] {
        backend.commit(&change.into()).await.expect("a commit");
    }
}

/// Somebody else did it, in another time.
fn whitewash(entries: &mut Vec<HistoryEntry>) {
    for entry in entries {
        if let Event::StepDone { micros, .. } = &mut entry.event {
            *micros = 1;
        }
    }
}

#[tokio::test]
async fn an_edit_with_all_hashes_made_anew_passes_without_a_key_and_is_caught_with_one() {
    let unkeyed = written(None).await;
    forge(&unkeyed, whitewash).await;
    assert_eq!(verified(&unkeyed, None).await, Ok(()), "an unkeyed chain shows careless edits only");
    let keyed = written(Some(key())).await;
    assert_eq!(verified(&keyed, Some(key())).await, Ok(()));
    forge(&keyed, whitewash).await;
    let caught = verified(&keyed, Some(key())).await.expect_err("it was changed");
    assert!(matches!(caught, Tampered::Unkeyed { first: 0, count: 4, .. }), "{caught}");
}

/// Somebody gives the approved run the id of the one that was refused: two that have ended change places, all else as it was.
#[tokio::test]
async fn two_runs_that_exchanged_their_ids_do_not_verify() {
    for key in [None, Some(key())] {
        let disk = written(key).await;
        let engine = next(&disk, key).await;
        let other = engine.start("exp-002", Scripted::call([work("c"), work("d")])).await.expect("it starts");
        other.result().await.expect("a value");
        drop(other);
        engine.crash().await;
        let [first, second] = ["exp-001", "exp-002"].map(|id| RunId::new(id).expect("a valid id"));
        let backend = disk.open().await;
        let mut moved = Vec::new();
        for (from, to) in [(&first, &second), (&second, &first)] {
            let record = backend.record(from).await.expect("a read").expect("it is there");
            let history = backend.history(from, 0, 1_000).await.expect("a read");
            let forged = Record { run: to.clone(), ..(*record).clone() };
            moved.push(RunChange { history, ..RunChange::new(None, Some(forged)) });
            let removal = RunChange::new(Some(&record), None);
            backend.commit(&removal.into()).await.expect("a commit");
        }
        for change in moved {
            backend.commit(&change.into()).await.expect("a commit");
        }
        drop(backend);
        let told = verified(&disk, key).await;
        assert!(matches!(told, Err(Tampered::Changed { position: 0, .. })), "{told:?}");
    }
}

#[tokio::test]
async fn a_wrong_key_and_a_missing_one_are_told_from_a_changed_entry() {
    let keyed = written(Some(key())).await;
    for wrong in [Some(HistoryKey::from_secret(b"another")), None] {
        let told = verified(&keyed, wrong).await.expect_err("it is not the key");
        assert!(matches!(told, Tampered::OtherKey { .. }), "{told}");
        assert!(told.to_string().contains("another key"), "{told}");
    }
    let (record, mut entries) = stored(&keyed).await;
    whitewash(&mut entries);
    replace(&keyed, &record, entries, record.history).await;
    let told = verified(&keyed, Some(key())).await;
    assert!(matches!(told, Err(Tampered::Changed { position: 1, .. })), "{told:?}");
}

#[tokio::test]
async fn a_database_that_was_begun_without_a_key_says_so() {
    let disk = written(None).await;
    let told = verified(&disk, Some(key())).await.expect_err("nobody signed it");
    assert_eq!(
        told.to_string(),
        "run exp-001 has entries that were written without the key and may have been changed: 4, the first of them 0"
    );
}

#[tokio::test]
async fn a_run_that_gets_a_key_on_the_way_says_which_entries_have_none() {
    let disk = Disk::default();
    let first = next(&disk, None).await;
    let ops: [Op; 2] = [wait("go"), work("a")];
    first.start("exp-001", Scripted::call(ops)).await.expect("it starts");
    first.crash().await;
    let second = next(&disk, Some(key())).await;
    second.signal("exp-001", "go", "x").await.expect("accepted");
    second.idle().await;
    second.crash().await;
    let told = verified(&disk, Some(key())).await;
    assert!(matches!(told, Err(Tampered::Unkeyed { first: 0, count: 1, .. })), "{told:?}");
}

#[tokio::test]
async fn a_head_kept_elsewhere_shows_that_the_end_was_cut_off() {
    let disk = written(None).await;
    let history = history_of(&disk, None).await;
    let anchor = history.head();
    assert!(history.contains(anchor) && history.contains(HistoryHead::default()));
    forge(&disk, |entries| entries.truncate(3)).await;
    let history = history_of(&disk, None).await;
    assert_eq!(history.verify(), Ok(()), "in itself it holds");
    assert!(!history.contains(anchor));
}

#[tokio::test]
async fn a_history_is_verified_without_the_values_that_it_tells_of() {
    const SECRET: &str = "IBAN DE02";
    let disk = Disk::default();
    let engine = next(&disk, Some(key())).await;
    let run = engine.start("exp-001", Scripted::call([work(SECRET), wait("go")])).await.expect("it starts");
    run.signal(Scripted::GO, &SECRET.into()).await.expect("accepted");
    run.result().await.expect("a value");
    drop(run);
    engine.crash().await;
    let (record, entries) = stored(&disk).await;
    let history = format!("{entries:?} {}", serde_json::to_string(&entries).expect("it encodes"));
    assert!(!history.contains(SECRET), "{history}");
    let payload = Digest::of(format!("\"{SECRET}\"").as_bytes());
    let is_it =
        |event: &Event| matches!(event, Event::SignalReceived { payload: found, .. } if *found == payload);
    assert!(
        entries.iter().any(|entry| is_it(&entry.event)),
        "who has the value can show that it was this one"
    );

    // What is left of the values is the result. Somebody erases it.
    let Phase::Completed { output } = &record.phase else { panic!("not completed: {:?}", record.phase) };
    assert!(output.as_str().contains(SECRET));
    let phase = Phase::Completed { output: Stored::encode(&Vec::<String>::new()).expect("JSON") };
    let erased = Record { phase, ..(*record).clone() };
    assert!(!format!("{erased:?}").contains(SECRET), "{erased:?}");
    replace(&disk, &erased, entries, record.history).await;
    assert_eq!(verified(&disk, Some(key())).await, Ok(()));
}

#[tokio::test]
async fn histories_under_a_key_hold_through_crashes_spawned_runs_included() {
    let (lines, _) = crash_everywhere_on(Disk::default, with(key()), async |engine| {
        let ops = [work("a"), Op::Spawn("exp-002".into(), vec![work("b")]), wait("go")];
        let run = engine.start("exp-001", Scripted::call(ops)).or_attach().await.expect("it starts");
        engine.signal("exp-001", "go", "x").idempotency_key("go").await.expect("accepted");
        run.result().await.expect("a value")
    })
    .await;
    assert_eq!(lines, ["a done", "exp-002", "x"]);
}
