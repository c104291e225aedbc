//! Promises about histories.

use super::each::events;
use super::fixture::{Sketch, at, commit, record, refused};
use crate::backend::Backend;
use crate::history::{Chain, Event, HistoryEntry, HistoryHead};
use crate::ids::RunId;

async fn history(backend: &impl Backend, run: &RunId, position: u64, limit: usize) -> Vec<HistoryEntry> {
    let read = backend.history(run, position, limit).await;
    read.expect("a history can be read")
}

/// Entries of one commit and of later ones are read in the order of their positions, equal to what was written.
pub async fn entries_come_back_in_order_across_commits(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1);
    let mut written = Vec::new();
    for round in 0..30 {
        sketch.record.updated = at(round);
        let change = sketch.change(events());
        written.extend(change.history.clone());
        commit(backend, vec![change]).await;
    }
    assert_eq!(history(backend, sketch.id(), 0, usize::MAX).await, written);
}

/// Any piece of a history can be read, by position and number of entries.
pub async fn a_history_is_read_in_pages(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1);
    let change = sketch.change(vec![Event::Retried; 300]);
    let written = change.history.clone();
    commit(backend, vec![change]).await;
    for (from, limit) in [(0, 1), (0, 7), (1, 1), (250, 40), (255, 3), (290, 100)] {
        let end = written.len().min(from + limit);
        let read = history(backend, sketch.id(), from as u64, limit).await;
        assert_eq!(read, written[from..end], "{limit} from {from}");
    }
}

/// Behind its last entry a history is empty.
pub async fn nothing_lies_behind_the_end(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1);
    commit(backend, vec![sketch.change(events())]).await;
    let length = events().len() as u64;
    for position in [length, length + 1, u64::MAX] {
        assert_eq!(history(backend, sketch.id(), position, 5).await, []);
    }
}

/// The hash chain holds over what is read, and ends where the record says.
pub async fn the_chain_holds_as_it_was_written(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1);
    for _ in 0..5 {
        commit(backend, vec![sketch.change(events())]).await;
    }
    let found = record(backend, sketch.id()).await.expect("the run is there");
    let mut chain = Chain::new(&found.run, found.incarnation, HistoryHead::default());
    for entry in history(backend, sketch.id(), 0, usize::MAX).await {
        chain.verify(sketch.id(), &entry).expect("nothing was changed on the way");
    }
    assert_eq!(chain.head(), found.history);
}

/// A refused commit leaves the history as it was.
pub async fn a_refused_commit_appends_nothing(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1);
    let change = sketch.change(events());
    let written = change.history.clone();
    commit(backend, vec![change]).await;
    let mut stale = Sketch::new("exp-001", 1);
    refused(backend, vec![stale.change(events())]).await;
    assert_eq!(history(backend, sketch.id(), 0, usize::MAX).await, written);
}
