//! Promises about names: any text is an id, and no id or signal can be mistaken for another.

use super::fixture::{Sketch, accepted, commit, is_delivered, message, record, started};
use crate::backend::Backend;

/// Ids and names that a careless key format would confuse.
fn awkward() -> Vec<String> {
    let longest = "ü".repeat(127) + "x";
    [
        "a",
        "a\0",
        "a\0b",
        "ab",
        "a/b",
        "a/",
        "/",
        "a\u{1}",
        "\0",
        "\0\0",
        " ",
        "ä",
        "名前",
        "a:0",
        "a-1",
        "a%00",
        "\u{10ffff}",
    ]
    .into_iter()
    .map(String::from)
    .chain([longest])
    .collect()
}

/// Ids may contain zero bytes, separators and any letters, and be prefixes of each other.
pub async fn runs_with_similar_ids_are_kept_apart(backend: &impl Backend) {
    let mut sketches: Vec<Sketch> = awkward().iter().map(|id| Sketch::new(id, 1)).collect();
    for (number, sketch) in sketches.iter_mut().enumerate() {
        sketch.record.steps.0 = number as u64;
        let mut change = sketch.change(vec![started(); number]);
        change.accepted = vec![accepted("go", number as u64, Some(&format!("key-{number}")))];
        commit(backend, vec![change]).await;
    }
    for (number, sketch) in sketches.iter().enumerate() {
        let found = record(backend, sketch.id()).await.expect("the run is there");
        assert_eq!(*found, sketch.record);
        let history = backend.history(sketch.id(), 0, 100).await.expect("a history can be read");
        assert_eq!(history.len(), number, "the history of {:?}", sketch.id());
        for other in 0..sketches.len() {
            let is_own = other == number;
            let found = message(backend, sketch.id(), "go", other as u64).await;
            assert_eq!(found.is_some(), is_own, "message {other} of {:?}", sketch.id());
            let key = format!("key-{other}");
            assert_eq!(is_delivered(backend, sketch.id(), &key).await, is_own, "{key} of {:?}", sketch.id());
        }
    }
}

/// Removing one run leaves those whose ids begin with its id.
pub async fn removing_a_run_touches_no_similar_id(backend: &impl Backend) {
    let mut sketches: Vec<Sketch> = awkward().iter().map(|id| Sketch::new(id, 1)).collect();
    for sketch in &mut sketches {
        let mut change = sketch.change(vec![started()]);
        change.accepted = vec![accepted("go", 0, Some("key"))];
        commit(backend, vec![change]).await;
    }
    while let Some(mut gone) = (!sketches.is_empty()).then(|| sketches.remove(0)) {
        commit(backend, vec![gone.removal()]).await;
        assert_eq!(record(backend, gone.id()).await, None);
        for left in &sketches {
            assert!(record(backend, left.id()).await.is_some(), "{:?}", left.id());
            assert!(message(backend, left.id(), "go", 0).await.is_some(), "{:?}", left.id());
            assert!(is_delivered(backend, left.id(), "key").await, "{:?}", left.id());
            let history = backend.history(left.id(), 0, 9).await.expect("a history can be read");
            assert_eq!(history.len(), 1, "{:?}", left.id());
        }
    }
}

/// A signal may have any name, the empty one included.
pub async fn signals_with_similar_names_are_kept_apart(backend: &impl Backend) {
    let names: Vec<String> = awkward().into_iter().chain([String::new()]).collect();
    let mut sketch = Sketch::new("exp-001", 1);
    let mut change = sketch.change(vec![started()]);
    change.accepted = names.iter().map(|name| accepted(name, 7, Some(name))).collect();
    let sent = change.accepted.clone();
    commit(backend, vec![change]).await;
    for accepted in &sent {
        let found = message(backend, sketch.id(), &accepted.message.signal, 7).await;
        assert_eq!(found.as_ref(), Some(&accepted.message));
    }
    for (number, name) in names.iter().enumerate() {
        let mut change = sketch.change(Vec::new());
        change.removed = vec![(name.clone(), 7)];
        commit(backend, vec![change]).await;
        for (other, name) in names.iter().enumerate() {
            let found = message(backend, sketch.id(), name, 7).await;
            assert_eq!(found.is_some(), other > number, "{name:?}");
        }
    }
}
