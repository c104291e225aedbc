//! Promises about the counters of places.

use super::fixture::{Sketch, commit, json};
use crate::backend::{Backend, PlaceCount};
use crate::record::{BlockReason, Ending, Phase, StoredPlace};

async fn counted(backend: &impl Backend) -> Vec<(String, String, u32, u64)> {
    let counts = backend.places().await.expect("the counters can be read");
    let tuple = |count: PlaceCount| (count.workflow, count.place, count.schema, count.runs);
    counts.into_iter().map(tuple).collect()
}

fn count(place: &str, schema: u32, runs: u64) -> (String, String, u32, u64) {
    ("expense_approval".into(), place.into(), schema, runs)
}

fn at_place(id: &str, place: &str, schema: u32) -> Sketch {
    let mut sketch = Sketch::new(id, 1);
    sketch.record.state = Some(json(&format!("{{\"{place}\":{{}}}}")));
    sketch.record.place = Some(StoredPlace { name: place.to_owned().into(), schema });
    sketch
}

/// Unfinished runs are counted by workflow, place and schema, in that order; a blocked one is unfinished.
pub async fn runs_are_counted_where_they_wait(backend: &impl Backend) {
    assert_eq!(counted(backend).await, []);
    for (id, place, schema) in [("a", "Review", 7), ("b", "Pay", 3), ("c", "Review", 7), ("d", "Review", 6)] {
        at_place(id, place, schema).write(backend).await;
    }
    let mut blocked = at_place("e", "Pay", 3);
    blocked.record.phase =
        Phase::Blocked { reason: BlockReason::Incompatible { detail: "no such place".into() }, cause: None };
    blocked.write(backend).await;
    assert_eq!(counted(backend).await, [count("Pay", 3, 2), count("Review", 6, 1), count("Review", 7, 2)]);
}

/// A run that moves on is counted at its new place only; one that undoes what it did, has ended or is removed at none.
pub async fn a_run_is_counted_once(backend: &impl Backend) {
    let (mut first, mut second) = (at_place("a", "Review", 7), at_place("b", "Review", 7));
    first.write(backend).await;
    second.write(backend).await;
    first.record.place = Some(StoredPlace { name: "Pay".into(), schema: 7 });
    first.write(backend).await;
    assert_eq!(counted(backend).await, [count("Pay", 7, 1), count("Review", 7, 1)]);
    first.record.ending = Some(Ending::Completed { output: json("1") });
    first.write(backend).await;
    assert_eq!(counted(backend).await, [count("Review", 7, 1)]);
    first.record.phase = Phase::Completed { output: json("1") };
    first.write(backend).await;
    assert_eq!(counted(backend).await, [count("Review", 7, 1)]);
    commit(backend, vec![first.removal(), second.removal()]).await;
    assert_eq!(counted(backend).await, []);
}
