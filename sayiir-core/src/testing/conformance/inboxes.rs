//! Promises about inboxes and idempotency keys.

use super::fixture::{Sketch, accepted, commit, is_delivered, large, message, queue, refused};
use crate::backend::Backend;
use crate::send_event::SendEvent;

/// A message stays, through other commits of its run, until a commit takes it out.
pub async fn an_accepted_message_is_kept_until_it_is_removed(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1);
    sketch.write(backend).await;
    let sent = accepted("go", 0, None);
    let mut change = sketch.change(Vec::new());
    change.accepted = vec![sent.clone()];
    commit(backend, vec![change]).await;
    sketch.write(backend).await;
    assert_eq!(message(backend, sketch.id(), "go", 0).await, Some(sent.message));
    let mut change = sketch.change(Vec::new());
    change.removed = vec![("go".into(), 0)];
    commit(backend, vec![change]).await;
    assert_eq!(message(backend, sketch.id(), "go", 0).await, None);
}

/// Messages of one signal are found by their position, and removed one by one; one commit may do both.
pub async fn messages_are_kept_apart_by_position(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1);
    let positions = [0, 1, 2, 255, 256, 65_536, u64::MAX];
    let mut change = sketch.change(Vec::new());
    change.accepted = positions.iter().map(|position| accepted("go", *position, None)).collect();
    commit(backend, vec![change]).await;
    let mut change = sketch.change(Vec::new());
    change.removed = vec![("go".into(), 1), ("go".into(), 256)];
    change.accepted = vec![accepted("go", 3, None)];
    commit(backend, vec![change]).await;
    for position in [0, 2, 3, 255, 65_536, u64::MAX] {
        let expected = accepted("go", position, None).message;
        assert_eq!(message(backend, sketch.id(), "go", position).await, Some(expected));
    }
    for position in [1, 4, 256] {
        assert_eq!(message(backend, sketch.id(), "go", position).await, None);
    }
}

/// Of a message that is consumed in the commit that accepts it, only the idempotency key is kept.
pub async fn a_message_taken_at_once_is_not_stored(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1);
    let mut sent = accepted("go", 0, Some("key"));
    sent.taken = true;
    let mut change = sketch.change(Vec::new());
    change.accepted = vec![sent];
    commit(backend, vec![change]).await;
    assert_eq!(message(backend, sketch.id(), "go", 0).await, None);
    assert!(is_delivered(backend, sketch.id(), "key").await);
}

/// A key is remembered after its message was taken, as long as the run is there.
pub async fn an_idempotency_key_outlives_its_message(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1);
    let mut change = sketch.change(Vec::new());
    change.accepted = vec![accepted("go", 0, Some("")), accepted("go", 1, Some("wébhook\0 7"))];
    commit(backend, vec![change]).await;
    let mut change = sketch.change(Vec::new());
    change.removed = vec![("go".into(), 0), ("go".into(), 1)];
    commit(backend, vec![change]).await;
    sketch.write(backend).await;
    assert!(is_delivered(backend, sketch.id(), "").await);
    assert!(is_delivered(backend, sketch.id(), "wébhook\0 7").await);
    assert!(!is_delivered(backend, sketch.id(), "wébhook").await);
}

/// Two runs may use the same key.
pub async fn an_idempotency_key_counts_for_its_run_alone(backend: &impl Backend) {
    let mut one = Sketch::new("one", 1);
    let mut other = Sketch::new("other", 1);
    other.write(backend).await;
    let mut change = one.change(Vec::new());
    change.accepted = vec![accepted("go", 0, Some("key"))];
    commit(backend, vec![change]).await;
    assert!(is_delivered(backend, one.id(), "key").await);
    assert!(!is_delivered(backend, other.id(), "key").await);
}

/// A refused commit neither stores nor removes a message, nor remembers a key.
pub async fn a_refused_commit_accepts_no_message(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1);
    let mut change = sketch.change(Vec::new());
    change.accepted = vec![accepted("go", 0, None)];
    commit(backend, vec![change]).await;
    let mut stale = sketch.clone();
    sketch.write(backend).await;
    let mut change = stale.change(Vec::new());
    change.accepted = vec![accepted("go", 1, Some("key"))];
    change.removed = vec![("go".into(), 0)];
    refused(backend, vec![change]).await;
    assert!(message(backend, sketch.id(), "go", 0).await.is_some());
    assert_eq!(message(backend, sketch.id(), "go", 1).await, None);
    assert!(!is_delivered(backend, sketch.id(), "key").await);
}

/// Payloads far larger than a page of any store come back whole, and go without a trace.
pub async fn a_large_payload_reads_back(backend: &impl Backend) {
    let mut sketch = Sketch::new("exp-001", 1);
    let mut sent = accepted("go", 0, None);
    sent.message.payload = large(3_000_000);
    let mut change = sketch.change(Vec::new());
    change.accepted = vec![sent.clone()];
    commit(backend, vec![change]).await;
    assert_eq!(message(backend, sketch.id(), "go", 0).await, Some(sent.message));
    let mut change = sketch.change(Vec::new());
    change.removed = vec![("go".into(), 0)];
    commit(backend, vec![change]).await;
    assert_eq!(message(backend, sketch.id(), "go", 0).await, None);
}

/// A signal that is sent through the store is heard by those who listen at its doorbell, once it is stored. A store without
/// one has no such promise to keep.
pub async fn an_event_rings_for_those_who_listen(backend: &impl Backend) {
    let Some(doorbell) = backend.doorbell() else { return };
    let mut listener = doorbell.listen();
    let mut sketch = Sketch::new("exp-001", 1);
    sketch.record.inbox = vec![queue("go", 0, 0)].into();
    sketch.write(backend).await;
    backend.send_event("exp-001", "go", 1).await.expect("the signal is accepted");
    let heard = futures_util::FutureExt::now_or_never(listener.next());
    assert_eq!(heard, Some(Some(sketch.id().clone())), "the signal is stored, and the doorbell rings");
}
