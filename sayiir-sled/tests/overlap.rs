//! A group is applied while the one before it is synced: what holds for both until the device has answered.
#![cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64", feature = "real-fsync"))]

mod gate;

use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use gate::{Call, Gate};
use jiff::Timestamp;
use sayiir_core::backend::{Answer, Backend, BackendError, Commit, Query, RunChange};
use sayiir_core::ids::{Incarnation, Revision, RunId};
use sayiir_core::record::{Phase, Record};
use sayiir_sled::SledBackend;
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking, yield_now};
use tokio::time::timeout;

/// More than two groups hold.
const RUNS: u64 = 600;
/// As many commits as a group holds.
const GROUP: u64 = 256;

/// How often a race is run.
const ROUNDS: usize = 20;
/// A commit without an answer by then will have none.
const LONGEST: Duration = Duration::from_secs(20);

fn run(number: u64) -> RunId {
    RunId::new(&format!("run-{number}")).expect("a good id")
}

fn record(number: u64, revision: u64) -> Record {
    Record {
        revision: Revision(revision),
        phase: Phase::Cancelled { reason: String::new() },
        ..Record::new(run(number), Incarnation(1), "expense_approval", Timestamp::UNIX_EPOCH)
    }
}

/// Brings a run to a revision from the one before it.
fn commit(number: u64, revision: u64) -> Commit {
    let before = (revision > 1).then(|| record(number, revision - 1));
    RunChange::new(before.as_ref(), Some(record(number, revision))).into()
}

type Commits = Vec<JoinHandle<Result<(), BackendError>>>;

/// Sends commits, in this order.
fn send(backend: &SledBackend, commits: impl Iterator<Item = Commit>) -> Commits {
    let sent = commits.map(|commit| {
        let backend = backend.clone();
        let mut answer: Answer<'static, ()> = Answer::later(async move { backend.commit(&commit).await });
        assert!(!is_answered(&mut answer));
        tokio::spawn(answer)
    });
    sent.collect()
}

/// How many commits were answered, and how many runs are visible.
fn place(backend: &SledBackend) -> (u64, u64) {
    let commits = backend.stats().commits;
    (commits, backend.check().expect("it reads").runs)
}

/// Two groups are visible and neither is durable: one is being synced, the other is behind it.
async fn two_groups_applied(gate: &Gate, path: &Path) -> (SledBackend, Commits) {
    let backend = SledBackend::open(path).expect("it opens");
    gate.close();
    let mut sent = send(&backend, [commit(RUNS, 1)].into_iter());
    // sled writes a group as two buffers.
    gate.wait(2);
    // These wait behind the first.
    sent.extend(send(&backend, (0..RUNS).map(|number| commit(number, 1))));
    gate.pass();
    loop {
        let (answered, visible) = place(&backend);
        if visible > answered + GROUP {
            return (backend, sent);
        }
        yield_now().await;
    }
}

/// Whether a read has an answer at once.
fn is_answered<T>(read: &mut Answer<'_, T>) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    matches!(Pin::new(read).poll(&mut context), Poll::Ready(_))
}

#[tokio::test]
async fn a_sync_that_fails_takes_the_group_behind_it_along() {
    let gate = gate::alone();
    let directory = tempfile::tempdir().expect("a directory");
    let (backend, sent) = two_groups_applied(&gate, directory.path()).await;
    let (answered, visible) = place(&backend);
    gate.break_down();
    let (mut acknowledged, mut told) = (0, 0);
    for sent in sent {
        match sent.await.expect("no panic") {
            Ok(()) => acknowledged += 1,
            Err(BackendError::Io { .. }) => told += 1,
            Err(BackendError::Stopped { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(acknowledged, answered);
    assert!(told >= visible - answered, "{told} were told the cause, {} were applied", visible - answered);
    let refused = backend.commit(&commit(RUNS + 1, 1)).await;
    assert!(matches!(refused, Err(BackendError::Stopped { .. })), "{refused:?}");
    drop(backend);
    drop(gate);
    let backend = SledBackend::open(directory.path()).expect("it opens");
    assert!(backend.record(&run(RUNS)).await.expect("it reads").is_some(), "it was acknowledged");
}

/// What fails of the two buffers that sled writes a batch as, and which of them goes through. Whether sled is done with that one
/// when the other fails is a matter of luck.
fn halves() -> Vec<(Call, usize)> {
    [(Call::Write, 0), (Call::Write, 1), (Call::Sync, 0), (Call::Sync, 1)].repeat(ROUNDS)
}

/// sled tells nobody of some of these failures by itself.
#[tokio::test]
async fn a_commit_is_answered_when_only_one_of_its_two_buffers_fails_whichever_it_is() {
    let gate = gate::alone();
    for (call, succeeds) in halves() {
        let directory = tempfile::tempdir().expect("a directory");
        let backend = SledBackend::open(directory.path()).expect("it opens");
        gate.close_to(call);
        let mut sent = send(&backend, [commit(1, 1)].into_iter());
        gate.wait(2);
        gate.pass_alone(succeeds);
        gate.break_down();
        let sent = sent.pop().expect("there is one");
        let answer = timeout(LONGEST, sent).await;
        if answer.is_err() {
            // Its drop would wait for ever.
            std::mem::forget(backend.clone());
        }
        let answer =
            answer.unwrap_or_else(|_| panic!("{call:?}, {succeeds} succeeds: no answer")).expect("no panic");
        assert!(matches!(answer, Err(BackendError::Io { .. })), "{answer:?}");
        gate.mend();
    }
}

/// So it is with the copy that a compaction writes.
#[tokio::test]
async fn a_compaction_is_answered_when_only_one_of_two_buffers_fails_whichever_it_is() {
    let gate = gate::alone();
    for (call, succeeds) in halves() {
        let directory = tempfile::tempdir().expect("a directory");
        let backend = SledBackend::open(directory.path()).expect("it opens");
        for sent in send(&backend, (0..RUNS).map(|number| commit(number, 1))) {
            sent.await.expect("no panic").expect("it commits");
        }
        gate.close_to(call);
        let compacted = spawn_blocking({
            let (backend, here) = (backend.clone(), Handle::current());
            // It is over before two meet if one of them comes late.
            move || loop {
                if let Err(error) = here.block_on(backend.compact()) {
                    return error;
                }
            }
        });
        gate.gather(2);
        gate.pass_alone(succeeds);
        gate.break_down();
        let answer = timeout(LONGEST, compacted).await;
        if answer.is_err() {
            // Its drop would wait for ever.
            std::mem::forget(backend.clone());
        }
        let error =
            answer.unwrap_or_else(|_| panic!("{call:?}, {succeeds} succeeds: no answer")).expect("no panic");
        assert!(matches!(error, BackendError::Io { .. }), "{error:?}");
        gate.mend();
    }
}

#[tokio::test]
async fn a_reader_waits_for_what_it_saw_also_two_groups_behind() {
    let gate = gate::alone();
    let directory = tempfile::tempdir().expect("a directory");
    let (backend, sent) = two_groups_applied(&gate, directory.path()).await;
    let (answered, visible) = place(&backend);
    // Runs become visible in this order, the first of all is the last number.
    let (first, last) = (run(answered - 1), run(visible - 2));
    let query = Query { limit: usize::MAX, ..Query::default() };
    let (mut of_first, mut of_last, mut of_all) =
        (backend.record(&first), backend.record(&last), backend.list(&query));
    assert!(!is_answered(&mut of_first) && !is_answered(&mut of_last) && !is_answered(&mut of_all));
    let (durable, unseen) = (run(RUNS), run(RUNS + 1));
    assert!(is_answered(&mut backend.record(&durable)), "it was acknowledged");
    assert!(is_answered(&mut backend.record(&unseen)), "there is no such run");
    gate.open();
    assert!(of_first.await.expect("it reads").is_some());
    assert!(of_last.await.expect("it reads").is_some());
    assert!(of_all.await.expect("it reads").runs.len() as u64 >= visible);
    for sent in sent {
        sent.await.expect("no panic").expect("it commits");
    }
}

#[tokio::test]
async fn commits_of_one_run_that_do_not_wait_for_each_other_are_written_in_order() {
    let gate = gate::alone();
    let directory = tempfile::tempdir().expect("a directory");
    let backend = SledBackend::open(directory.path()).expect("it opens");
    gate.close();
    // Between them, others fill the groups.
    let commits = (1..=RUNS).flat_map(|revision| [commit(0, revision), commit(revision, 1)]);
    let sent = send(&backend, commits);
    gate.open();
    for sent in sent {
        sent.await.expect("no panic").expect("it commits");
    }
    let found = backend.record(&run(0)).await.expect("it reads").expect("it is there");
    assert_eq!(found.revision, Revision(RUNS));
}

#[tokio::test]
async fn a_conflict_with_what_is_not_durable_is_told_once_it_is() {
    let gate = gate::alone();
    let directory = tempfile::tempdir().expect("a directory");
    let (backend, sent) = two_groups_applied(&gate, directory.path()).await;
    let (answered, _) = place(&backend);
    let again = commit(answered, 1);
    let mut conflict = backend.commit(&again);
    assert!(!is_answered(&mut conflict));
    gate.open();
    let conflict = conflict.await;
    assert!(matches!(conflict, Err(BackendError::Conflict { .. })), "{conflict:?}");
    for sent in sent {
        sent.await.expect("no panic").expect("it commits");
    }
}

#[tokio::test]
async fn a_drop_waits_for_the_sync_that_runs() {
    let gate = gate::alone();
    let directory = tempfile::tempdir().expect("a directory");
    let (backend, sent) = two_groups_applied(&gate, directory.path()).await;
    // The handles in these go as well; what was sent is written.
    for sent in sent {
        sent.abort();
        let _ = sent.await;
    }
    let dropping = spawn_blocking(move || drop(backend));
    let second = SledBackend::open(directory.path());
    assert!(matches!(second, Err(BackendError::InUse { .. })), "{second:?}");
    gate.open();
    dropping.await.expect("no panic");
    let backend = SledBackend::open(directory.path()).expect("it is free");
    assert_eq!(place(&backend).1, RUNS + 1);
}
