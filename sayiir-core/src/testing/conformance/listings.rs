//! Promises about listings.

use std::collections::BTreeMap;

use super::each;
use super::fixture::{Sketch, at, json, task, timer, wait};
use crate::backend::{Backend, Page, Query};
use crate::record::{Phase, StatusKind};

async fn list(backend: &impl Backend, query: &Query) -> Page {
    let page = backend.list(query).await.expect("runs can be listed");
    assert!(page.damage.is_empty(), "what was written reads: {:?}", page.damage);
    page
}

/// The ids that a query finds, over all its pages.
async fn ids(backend: &impl Backend, mut query: Query) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        let page = list(backend, &query).await;
        assert!(page.runs.len() <= query.limit, "a page holds at most what was asked for");
        found.extend(page.runs.iter().map(|record| record.run.to_string()));
        match page.next {
            Some(next) => query.after = Some(next),
            None => return found,
        }
    }
}

fn everything() -> Query {
    Query { limit: 100, ..Query::default() }
}

/// The oldest run comes first; of those created at the same time, the one with the smaller id.
pub async fn runs_are_listed_by_creation_then_by_id(backend: &impl Backend) {
    for (id, second) in [("c", 2), ("z", -1), ("a", 3), ("b", 2), ("d", 2)] {
        Sketch::new(id, second).write(backend).await;
    }
    assert_eq!(ids(backend, everything()).await, ["z", "b", "c", "d", "a"]);
}

/// Pages of any size together hold every run once, and the last one says that it is the last.
pub async fn pages_hold_every_run_once(backend: &impl Backend) {
    for number in 0..23_i64 {
        Sketch::new(&format!("run-{number:02}"), number / 5).write(backend).await;
    }
    let expected: Vec<String> = (0..23).map(|number| format!("run-{number:02}")).collect();
    for limit in [1, 2, 5, 22, 23, 24] {
        let query = Query { limit, ..everything() };
        assert_eq!(ids(backend, query).await, expected, "in pages of {limit}");
    }
}

/// A later commit does not move a run in the listing.
pub async fn a_rewritten_run_keeps_its_place(backend: &impl Backend) {
    let mut first = Sketch::new("z", 1);
    first.write(backend).await;
    Sketch::new("a", 2).write(backend).await;
    first.record.updated = at(50);
    first.write(backend).await;
    assert_eq!(ids(backend, everything()).await, ["z", "a"]);
}

/// Workflow, status and awaited signal narrow a listing, alone and together, page by page.
pub async fn filters_hold_together(backend: &impl Backend) {
    let mut expected = Vec::new();
    for number in 0..36_i64 {
        let id = format!("run-{number:02}");
        let phase = match number % 4 {
            0 => Phase::Live { leaves: vec![wait("go", None), wait("stop", None)].into() },
            1 => Phase::Live { leaves: vec![wait("stop", Some(at(3)))].into() },
            2 => Phase::Live { leaves: vec![task(None), wait("go", None)].into() },
            _ => Phase::Completed { output: json("1") },
        };
        let mut sketch = Sketch::new(&id, number).with_leaves(vec![timer(at(1))]);
        sketch.record.workflow = ["expense", "expense_approval"][usize::from(number % 3 == 0)].into();
        sketch.write(backend).await;
        let mut sketch = sketch.with_phase(phase);
        sketch.write(backend).await;
        expected.push((id, sketch.record.index()));
    }
    let workflows = [None, Some("expense"), Some("expense_approval"), Some("exp")];
    let statuses =
        [None, Some(StatusKind::WaitingForSignal), Some(StatusKind::Running), Some(StatusKind::Failed)];
    let signals = [None, Some("go"), Some("stop"), Some("g")];
    for workflow in workflows {
        for status in statuses {
            for signal in signals {
                let query = Query {
                    workflow: workflow.map(Into::into),
                    status,
                    waiting_for: signal.map(Into::into),
                    after: None,
                    limit: 4,
                };
                let wanted: Vec<String> = expected
                    .iter()
                    .filter(|(_, entry)| query.matches(entry))
                    .map(|(id, _)| id.clone())
                    .collect();
                assert_eq!(ids(backend, query.clone()).await, wanted, "{query:?}");
            }
        }
    }
}

/// A run is listed by its own status and by no other, whichever that is.
pub async fn runs_are_found_by_each_status(backend: &impl Backend) {
    let mut expected: BTreeMap<StatusKind, Vec<String>> = BTreeMap::new();
    for mut sketch in each::in_phases().into_iter().chain(each::ending()) {
        let written = sketch.write(backend).await;
        expected.entry(written.status()).or_default().push(written.run.to_string());
    }
    for (status, mut wanted) in expected {
        let mut found = ids(backend, Query { status: Some(status), ..everything() }).await;
        // They are in the order of their creation, which other promises are about.
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{status:?}");
    }
}

/// A listing holds whole records, as they were last acknowledged.
pub async fn a_listing_shows_the_current_record(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1);
    sketch.write(backend).await;
    sketch.record.steps.0 = 77;
    let written = sketch.write(backend).await;
    let page = list(backend, &everything()).await;
    assert_eq!(page.runs, [written]);
}
