//! Copying a record over another one: of two revisions of one run most is the same, and what the older one holds is kept.

use std::sync::Arc;

use super::{LeafRecord, Phase, Record};

impl Record {
    /// Becomes a copy of another one.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        // All fields by name: one that is added and forgotten here does not compile.
        let Self {
            run,
            incarnation,
            workflow,
            revision,
            created,
            updated,
            input_digest,
            steps,
            deadline,
            state,
            place,
            phase,
            inbox,
            history,
            parent,
            compensations,
            ending,
        } = other;
        (self.incarnation, self.revision, self.created) = (*incarnation, *revision, *created);
        (self.updated, self.input_digest, self.steps) = (*updated, *input_digest, *steps);
        (self.deadline, self.history) = (*deadline, *history);
        if self.run != *run {
            self.run.clone_from(run);
        }
        if !Arc::ptr_eq(&self.inbox, inbox) {
            self.inbox.clone_from(inbox);
        }
        self.workflow.clone_from(workflow);
        self.state.clone_from(state);
        self.place.clone_from(place);
        self.phase.copy_from(phase);
        self.parent.clone_from(parent);
        self.compensations.clone_from(compensations);
        self.ending.clone_from(ending);
    }
}

impl Phase {
    fn copy_from(&mut self, other: &Self) {
        match (self, other) {
            (Self::Live { leaves }, Self::Live { leaves: new }) if leaves.len() == new.len() => {
                leaves.iter_mut().zip(new).for_each(|(leaf, new)| leaf.copy_from(new));
            }
            (phase, new) => *phase = new.clone(),
        }
    }
}

impl LeafRecord {
    fn copy_from(&mut self, other: &Self) {
        let Self { path, scheduled, kind } = other;
        self.path.0.clone_from(&path.0);
        self.scheduled = *scheduled;
        self.kind.clone_from(kind);
    }
}

#[cfg(test)]
mod tests {
    use crate::durable::Stored;
    use crate::ids::{Incarnation, LeafPath, Revision, RunId, StepNumber};
    use crate::record::{Ending, LeafKind, LeafRecord, Phase, Queue, Record, StoredPlace};
    use jiff::Timestamp;

    fn some() -> Vec<Record> {
        let run = |id: &str| RunId::new(id).expect("valid");
        let at = |second| Timestamp::from_second(second).expect("valid");
        let new = || Record::new(run("a"), Incarnation(1), "w", at(0));
        let leaf = |path: Vec<u32>, kind| LeafRecord { path: LeafPath(path), scheduled: StepNumber(1), kind };
        let signal = |name: &str, deadline| LeafKind::Signal { name: name.into(), deadline, from: 0 };
        let live = |leaves: Vec<LeafRecord>| Record { phase: Phase::Live { leaves: leaves.into() }, ..new() };
        let queue = |tail| Queue { signal: "go".into(), head: 0, tail };
        let place = |schema| Some(StoredPlace { name: "At".into(), schema });
        let bare = |phase| Record { phase, ..new() };
        vec![
            new(),
            Record { revision: Revision(2), updated: at(3), steps: StepNumber(7), ..new() },
            Record {
                run: run("b"),
                incarnation: Incarnation(2),
                parent: Some(run("a")),
                created: at(1),
                ..new()
            },
            Record { workflow: "v".into(), deadline: Some(at(9)), ..new() },
            Record {
                ending: Some(Ending::Cancelled { reason: "x".into() }),
                deadline: Some(at(9)),
                place: place(1),
                ..new()
            },
            Record { place: place(1), state: Stored::encode(&1).ok(), ..new() },
            Record { place: place(2), inbox: [queue(0)].into(), ..new() },
            live(vec![leaf(vec![], signal("go", None))]),
            Record { inbox: [queue(1)].into(), ..live(vec![leaf(vec![], signal("go", None))]) },
            live(vec![leaf(vec![1], signal("stop", None))]),
            live(vec![leaf(vec![0], signal("stop", Some(at(5)))), leaf(vec![1], signal("go", Some(at(4))))]),
            live(vec![leaf(vec![0], signal("go", None)), leaf(vec![1], signal("go", None))]),
            live(vec![leaf(vec![], LeafKind::task("t"))]),
            live(vec![leaf(vec![], LeafKind::Timer { until: at(8) })]),
            live(vec![leaf(vec![], LeafKind::Spawn { run: run("c") })]),
            bare(Phase::Completed { output: Stored::encode(&2).expect("json") }),
            bare(Phase::Failed { error: "e".into(), cause: None }),
            bare(Phase::Cancelled { reason: "r".into() }),
        ]
    }

    #[test]
    fn a_copy_over_any_record_is_the_other() {
        for from in some() {
            for to in some() {
                let mut copy = from.clone();
                copy.copy_from(&to);
                assert_eq!(copy, to);
            }
        }
    }

    #[test]
    fn a_record_is_found_by_its_own_entry_and_by_no_other() {
        for one in some() {
            for other in some() {
                let entry = other.index();
                assert_eq!(one.is_found_by(&entry), one.index() == entry, "{one:?} by {entry:?}");
            }
        }
    }
}
