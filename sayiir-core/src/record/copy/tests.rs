//! Records of every kind, copied over one another, and looked for by one another's entries.

use jiff::Timestamp;

use crate::durable::Stored;
use crate::history::{Digest, HistoryHead};
use crate::ids::{Incarnation, LeafPath, Revision, RunId, StepNumber};
use crate::record::{
    BlockReason, Compensation, Ending, LeafKind, LeafRecord, Phase, Queue, Record, StoredPlace,
};

fn run(id: &str) -> RunId {
    RunId::new(id).expect("a valid id")
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a valid time")
}

fn json(number: u8) -> Stored {
    Stored::encode(&number).expect("a number encodes")
}

fn leaf(path: &[u32], kind: LeafKind) -> LeafRecord {
    LeafRecord { path: LeafPath(path.to_vec()), scheduled: StepNumber(1), kind }
}

fn signal(name: &str, deadline: Option<Timestamp>) -> LeafKind {
    LeafKind::Signal { name: name.into(), deadline, from: 0 }
}

fn new() -> Record {
    Record::new(run("a"), Incarnation(1), "approval", at(0))
}

fn live(leaves: Vec<LeafRecord>) -> Record {
    Record { phase: Phase::Live { leaves: leaves.into() }, ..new() }
}

fn records() -> Vec<Record> {
    let queue = |tail| Queue { signal: "go".into(), head: 0, tail, keyed: 0 };
    let place = |schema| Some(StoredPlace { name: "Go".into(), schema });
    let refund = Compensation { task: "refund".into(), input: json(1), owner: None, scheduled: None };
    let too_deep = Phase::Blocked { reason: BlockReason::TooDeep, cause: None };
    let cancelled = Some(Ending::Cancelled { reason: "late".into() });
    vec![
        new(),
        Record { revision: Revision(2), updated: at(3), steps: StepNumber(7), ..new() },
        Record {
            history: HistoryHead { length: 1, hash: Digest([1; 32]) },
            input_digest: Digest([2; 32]),
            ..new()
        },
        Record {
            run: run("b"),
            incarnation: Incarnation(2),
            parent: Some(run("a")),
            created: at(1),
            ..new()
        },
        Record { workflow: "payment".into(), deadline: Some(at(9)), ..new() },
        Record { ending: cancelled, deadline: Some(at(9)), place: place(1), ..new() },
        Record { place: place(1), state: Some(json(1)), compensations: vec![refund], ..new() },
        Record { place: place(2), inbox: [queue(0)].into(), ..new() },
        live(vec![leaf(&[], signal("go", None))]),
        Record { inbox: [queue(1)].into(), ..live(vec![leaf(&[], signal("go", None))]) },
        live(vec![leaf(&[1], signal("stop", None))]),
        live(vec![leaf(&[0], signal("stop", Some(at(5)))), leaf(&[1], signal("go", Some(at(4))))]),
        live(vec![leaf(&[0], signal("go", None)), leaf(&[1], signal("go", None))]),
        live(vec![leaf(&[], LeafKind::task("pay"))]),
        live(vec![leaf(&[0], LeafKind::task("pay")), leaf(&[1], signal("go", None))]),
        live(vec![leaf(&[], LeafKind::Timer { until: at(8) })]),
        live(vec![leaf(&[], LeafKind::Spawn { run: run("c") })]),
        Record { phase: Phase::Completed { output: json(2) }, ..new() },
        Record { phase: Phase::Failed { error: "no money".into(), cause: None }, ..new() },
        Record { phase: Phase::Cancelled { reason: "late".into() }, ..new() },
        Record { phase: too_deep, place: place(1), ..new() },
    ]
}

#[test]
fn a_copy_over_any_record_is_the_other() {
    for from in records() {
        for to in records() {
            let mut copy = from.clone();
            copy.copy_from(&to);
            assert_eq!(copy, to);
        }
    }
}

#[test]
fn a_record_is_found_by_its_own_entry_and_by_no_other() {
    for one in records() {
        for other in records() {
            let entry = other.index();
            assert_eq!(one.is_found_by(&entry), one.index() == entry, "{one:?} by {entry:?}");
        }
    }
}
