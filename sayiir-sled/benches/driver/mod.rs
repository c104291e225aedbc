//! A run as its driver holds it between two steps: it waits for a signal with a limit, and each step moves the limit.

use std::error::Error;

use jiff::{SignedDuration, Timestamp};
use sayiir_core::backend::RunChange;
use sayiir_core::durable::Stored;
use sayiir_core::history::{Chain, Digest, Event, IdempotencyKey};
use sayiir_core::ids::{Incarnation, LeafPath, RunId};
use sayiir_core::record::{LeafKind, LeafRecord, Phase, Record};

/// The run.
pub(crate) struct Driver {
    pub(crate) record: Record,
}

impl Driver {
    pub(crate) fn new(number: usize) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let created = Timestamp::from_second(1_700_000_000)?;
        let record = Record {
            input_digest: Digest([7; 32]),
            state: Some(Stored::encode(&"x".repeat(298))?),
            ..Record::new(
                RunId::new(&format!("expense-{number:08}"))?,
                Incarnation(u128::MAX / 3),
                "expense_approval",
                created,
            )
        };
        Ok(Self { record })
    }

    pub(crate) fn step(&mut self) -> RunChange {
        let before = (self.record.revision.0 > 0).then(|| self.record.clone());
        let record = &mut self.record;
        record.revision.0 += 1;
        record.steps.0 += 1;
        record.updated += SignedDuration::from_millis(3);
        let due = record.updated + SignedDuration::from_hours(48);
        record.phase = Phase::Live {
            leaves: vec![LeafRecord {
                path: LeafPath::default(),
                scheduled: record.steps,
                kind: LeafKind::Signal { name: "manager_approval".into(), deadline: Some(due), from: 0 },
            }]
            .into(),
        };
        let mut chain = Chain::new(&record.run, record.incarnation, record.history);
        let entry = chain.append(record.updated, event(record));
        record.history = chain.head();
        RunChange { history: vec![entry], ..RunChange::new(before.as_ref(), Some(record.clone())) }
    }
}

fn event(record: &Record) -> Event {
    let path = LeafPath(vec![0, 1]);
    let key = IdempotencyKey { incarnation: record.incarnation, step: record.steps, path };
    Event::StepDone { task: "reimburse".into(), key, attempt: 1, micros: 12_345, output: Digest([3; 32]) }
}
