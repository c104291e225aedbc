//! Runs whose whole content follows from how far they have come, so that a test can say of any store it finds whether it is
//! whole, without having kept a copy.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use sayiir_core::backend::{Accepted, Backend, RunChange};
use sayiir_core::durable::Stored;
use sayiir_core::history::{Chain, Digest, Event, HistoryEntry, HistoryHead, IdempotencyKey};
use sayiir_core::ids::{Incarnation, LeafPath, Revision, RunId, StepNumber};
use sayiir_core::record::{LeafKind, LeafRecord, Phase, Queue, Record, StoredPlace};
use sayiir_core::signal::Message;
use sayiir_sled::SledBackend;

/// How many revisions a life has; then the run is removed, and starts again.
pub(crate) const LIFE: u64 = 24;
/// How many messages wait at a time.
const WAITING: u64 = 3;
/// The signal that comes with every commit.
pub(crate) const SIGNAL: &str = "go\0on";

/// How far a run has come: which life, and which revision of it; revision 0: it is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Place {
    pub(crate) life: u32,
    pub(crate) revision: u64,
}

impl Place {
    /// Where the run is after its next commit.
    pub(crate) fn next(self) -> Self {
        if self.revision == LIFE {
            Self { life: self.life + 1, revision: 0 }
        } else {
            Self { revision: self.revision + 1, ..self }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.life, self.revision)
    }
}

impl FromStr for Place {
    type Err = Box<dyn std::error::Error>;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (life, revision) = text.split_once('.').ok_or("no dot")?;
        Ok(Self { life: life.parse()?, revision: revision.parse()? })
    }
}

/// Ids with everything that could confuse a key.
pub(crate) fn run(number: usize) -> RunId {
    let id = match number % 6 {
        0 => format!("run-{number}"),
        1 => format!("\0{number}"),
        2 => format!("run-{number}\0\u{1}"),
        3 => format!("\u{10ffff}{number}"),
        4 => format!("{number}{}", "x".repeat(250 - number.to_string().len())),
        _ => format!("été {number}/…\n\""),
    };
    RunId::new(&id).expect("a good id")
}

/// The commit that takes a run to its next place.
pub(crate) fn change(run: &RunId, from: Place) -> RunChange {
    let to = from.next();
    let removed = to.revision.checked_sub(WAITING + 1).filter(|_| to.revision > 0);
    let before = (from.revision > 0).then(|| record(run, from));
    let after = (to.revision > 0).then(|| record(run, to));
    RunChange {
        history: history(run, to).1.into_iter().skip(usize_of(from.revision)).collect(),
        accepted: (to.revision > 0).then(|| accepted(to)).into_iter().collect(),
        removed: removed.map(|position| (SIGNAL.into(), position)).into_iter().collect(),
        ..RunChange::new(before.as_ref(), after)
    }
}

/// Where the store has a run, after everything in it was compared with what must be there.
///
/// # Panics
/// If anything is missing, left over or changed.
pub(crate) async fn verify(backend: &SledBackend, run: &RunId) -> Place {
    let found = backend.record(run).await.expect("the record reads");
    let Some(found) = found else {
        let left = backend.history(run, 0, 1).await.expect("the history reads");
        assert_eq!(left, [], "{run:?} is gone, its history is not");
        assert!(!backend.is_delivered(run, "key 1").await.expect("it reads"));
        return Place::default();
    };
    let place =
        Place { life: u32::try_from(found.incarnation.0 >> 64).expect("a life"), revision: found.revision.0 };
    assert_eq!(*found, record(run, place), "the record of {run:?} at {place}");
    let entries = backend.history(run, 0, usize::MAX).await.expect("the history reads");
    assert_eq!(entries, history(run, place).1, "the history of {run:?} at {place}");
    for position in 0..place.revision + 2 {
        let there = position < place.revision && position + WAITING >= place.revision;
        let message = backend.message(run, SIGNAL, position).await.expect("the inbox reads");
        let expected = accepted(Place { revision: position + 1, ..place }).message;
        assert_eq!(message, there.then_some(expected), "message {position} of {run:?} at {place}");
        let key = key(position + 1);
        let delivered = backend.is_delivered(run, &key).await.expect("the key reads");
        assert_eq!(delivered, position < place.revision, "key {key} of {run:?} at {place}");
    }
    place
}

/// Whether the store's indexes hold these runs as they are, and no others.
///
/// # Panics
/// If they do not.
pub(crate) async fn verify_indexes(backend: &SledBackend, runs: &[(RunId, Place)]) {
    use sayiir_core::backend::Query;
    let there = || runs.iter().filter(|(_, place)| place.revision > 0);
    let records = || there().map(|(run, place)| record(run, *place));
    let mut listed: Vec<_> = records().map(|record| (record.created, record.run)).collect();
    listed.sort();
    let query = Query { limit: usize::MAX, ..Query::default() };
    let page = backend.list(&query).await.expect("the listing reads");
    assert!(page.damage.is_empty(), "{:?}", page.damage);
    let found: Vec<_> = page.runs.iter().map(|record| (record.created, record.run.clone())).collect();
    assert_eq!(found, listed, "the listing");
    let mut due: Vec<_> = records().filter_map(|record| Some((record.index().due?, record.run))).collect();
    due.sort();
    let found = backend.due(Timestamp::MAX, usize::MAX).await.expect("the timers read");
    assert_eq!(found, due, "the timers");
    let mut ready: Vec<_> =
        records().filter(|record| record.index().ready).map(|record| record.run).collect();
    ready.sort();
    let found = backend.ready(None, usize::MAX).await.expect("the ready runs read");
    assert_eq!(found, ready, "the ready runs");
    let mut waiting = BTreeMap::new();
    for record in records() {
        let place = record.index().place.expect("a live run waits somewhere");
        *waiting.entry((record.workflow.to_string(), place)).or_insert(0) += 1;
    }
    let counted = backend.places().await.expect("the counters read").into_iter();
    let counted = counted.map(|count| {
        let place = StoredPlace { name: count.place.into(), schema: count.schema };
        ((count.workflow, place), count.runs)
    });
    assert_eq!(counted.collect::<BTreeMap<_, _>>(), waiting, "the counters of places");
}

fn record(run: &RunId, place: Place) -> Record {
    let revision = place.revision;
    let workflow = if place.life.is_multiple_of(2) { "expense_approval" } else { "onboarding" };
    Record {
        revision: Revision(revision),
        updated: at(revision),
        input_digest: Digest([7; 32]),
        steps: StepNumber(revision),
        state: Some(text(match revision {
            revision if revision.is_multiple_of(7) => 20_000,
            revision if revision.is_multiple_of(5) => 4_100,
            revision => usize_of(revision) * 10,
        })),
        place: Some(StoredPlace { name: waits_at(revision).into(), schema: 7 }),
        phase: Phase::Live { leaves: vec![leaf(place)].into() },
        inbox: vec![queue(revision)].into(),
        history: history(run, place).0,
        ..Record::new(run.clone(), incarnation(place), workflow, at(u64::from(place.life)))
    }
}

/// Every revision brings a message with a key, and the last few of them wait.
fn queue(revision: u64) -> Queue {
    let head = revision.saturating_sub(WAITING);
    Queue { signal: SIGNAL.into(), head, tail: revision, keyed: revision }
}

/// The name of the place where a run of this revision waits.
fn waits_at(revision: u64) -> &'static str {
    match revision % 3 {
        0 => "Reimburse",
        1 => "ManagerApproval",
        _ => "Sleep",
    }
}

fn leaf(place: Place) -> LeafRecord {
    let kind = match place.revision % 3 {
        0 => LeafKind::task("reimburse"),
        1 => LeafKind::Signal { name: SIGNAL.into(), deadline: Some(at(place.revision * 100)), from: 0 },
        _ => LeafKind::Timer { until: at(place.revision * 10) },
    };
    LeafRecord { path: LeafPath::default(), scheduled: StepNumber(place.revision), kind }
}

/// The whole history up to a place.
fn history(run: &RunId, place: Place) -> (HistoryHead, Vec<HistoryEntry>) {
    let mut chain = Chain::new(run, incarnation(place), HistoryHead::default());
    let entries = (1..=place.revision).map(|revision| {
        let error = "e".repeat(if revision == 11 { 9_000 } else { 20 });
        let event = match revision % 4 {
            0 => Event::Failed { error },
            1 => done(place, revision),
            _ => Event::Completed { output: Digest([1; 32]) },
        };
        chain.append(at(revision), event)
    });
    let entries = entries.collect();
    (chain.head(), entries)
}

fn done(place: Place, revision: u64) -> Event {
    let path = LeafPath(vec![0; usize_of(revision % 3)]);
    let key = IdempotencyKey { incarnation: incarnation(place), step: StepNumber(revision), path };
    Event::StepDone { task: "reimburse".into(), key, attempt: 1, micros: 300, output: Digest([2; 32]) }
}

/// The message that comes with the commit that reaches a place.
fn accepted(place: Place) -> Accepted {
    let large = place.revision.is_multiple_of(6);
    Accepted {
        message: Message {
            signal: SIGNAL.into(),
            position: place.revision - 1,
            payload: text(if large { 9_000 } else { 40 }),
            by: Some("bob@corp.example".into()),
            at: at(place.revision),
        },
        idempotency_key: Some(key(place.revision)),
        taken: false,
    }
}

fn key(revision: u64) -> String {
    let long = revision.is_multiple_of(9);
    format!("key {revision}{}", "k".repeat(if long { 5_000 } else { 0 }))
}

fn incarnation(place: Place) -> Incarnation {
    Incarnation(u128::from(place.life) << 64 | 5)
}

fn text(bytes: usize) -> Stored {
    Stored::encode(&"s".repeat(bytes)).expect("text encodes")
}

fn at(second: u64) -> Timestamp {
    let second = i64::try_from(second).expect("a small number");
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
}

fn usize_of(number: u64) -> usize {
    usize::try_from(number).expect("a small number")
}
