//! What the check of a history finds.

use std::sync::Arc;

use sayiir::backend::RunChange;
use sayiir::engine::{EngineBuilder, RunHistory};
use sayiir::errors::Tampered;
use sayiir::history::{HistoryEntry, HistoryKey};
use sayiir::testing::TestEngine;

use crate::{approval, assert_error, parked};

/// The history of the run that waits, after somebody who can write to the store has edited its entries.
async fn edited_history(edit: impl FnOnce(&mut Vec<HistoryEntry>)) -> RunHistory {
    let (engine, run) = parked().await;
    run.signal(approval::APPROVED, &"bob".into()).await.expect("it is taken");
    engine.idle().await;
    let store = engine.backend();
    let record = store.record(run.id()).await.expect("it reads").expect("it is there");
    let mut history = store.history(run.id(), 0, usize::MAX).await.expect("it reads");
    assert!(history.len() > 2);
    edit(&mut history);
    let removal = RunChange::new(Some(&record), None);
    let put_back = RunChange { history, ..RunChange::new(None, Some((*record).clone())) };
    for change in [removal, put_back] {
        store.commit(&change.into()).await.expect("it commits");
    }
    run.history().await.expect("it reads")
}

#[tokio::test]
async fn a_history_that_somebody_edited() {
    let swapped = |entries: &mut Vec<HistoryEntry>| entries[1].event = entries[0].event.clone();
    assert_error!(
        edited_history(swapped).await.verify(),
        Tampered::Changed { position: 1, .. },
        "entry 1 of run exp-001 was changed"
    );
    let without_one = |entries: &mut Vec<HistoryEntry>| drop(entries.remove(1));
    assert_error!(
        edited_history(without_one).await.verify(),
        Tampered::Missing { position: 1, .. },
        "run exp-001 has no entry 1, or entries in the wrong order"
    );
    let without_the_last = |entries: &mut Vec<HistoryEntry>| drop(entries.pop());
    assert_error!(
        edited_history(without_the_last).await.verify(),
        Tampered::WrongHead { .. },
        "the history of run exp-001 does not end as its record says"
    );
}

/// The check of a run that one engine wrote under this key, by another with that.
async fn verified(written: Option<HistoryKey>, checked: Option<HistoryKey>) -> Result<(), Tampered> {
    let under = |key: Option<HistoryKey>| {
        move |builder: EngineBuilder| {
            let builder = builder.workflow::<approval>();
            match key {
                Some(key) => builder.history_key(key),
                None => builder,
            }
        }
    };
    let engine = TestEngine::start(under(written)).await.expect("it starts");
    engine.start("exp-001", approval(250)).await.expect("it starts");
    let (store, clock) = (Arc::clone(engine.backend()), engine.clock().clone());
    engine.crash().await;
    let engine = TestEngine::start_on(store, clock, under(checked)).await.expect("it starts");
    engine.history("exp-001").await.expect("it reads").verify()
}

#[tokio::test]
async fn a_history_under_another_key_or_none() {
    let (one, other) = (HistoryKey::from_secret(b"from the safe"), HistoryKey::from_secret(b"from another"));
    assert_error!(
        verified(Some(one), Some(other)).await,
        Tampered::OtherKey { .. },
        "no entry of run exp-001 holds: its history was written under another key, or all of it was changed"
    );
    assert_error!(
        verified(None, Some(one)).await,
        Tampered::Unkeyed { first: 0, count: 1, .. },
        "run exp-001 has entries that were written without the key and may have been changed: 1, the first of them 0"
    );
}
