//! Listing runs: filters and pages.

use sayiir_core::engine::{Filter, WorkflowStatus};
use sayiir_core::record::StatusKind;
use sayiir_core::testing::TestEngine;

use crate::promises::scripted::{Limited, wait, work};
use crate::promises::world::World;
use crate::promises::{engine, start};

/// All ids that fit, page by page.
async fn ids(engine: &TestEngine, filter: Filter) -> Vec<String> {
    let (mut ids, mut filter) = (Vec::new(), filter.limit(2));
    loop {
        let page = engine.list(filter.clone()).await.expect("a page");
        assert!(page.runs.len() <= 2);
        ids.extend(page.runs.iter().map(|run| run.id.to_string()));
        match page.next {
            Some(next) => filter = filter.after(next),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn runs_are_listed_by_workflow_status_and_signal_oldest_first_in_pages() {
    let engine = engine(&World::default()).await;
    for number in 0..3 {
        start(&engine, &format!("done-{number}"), [work("a")]).await;
        start(&engine, &format!("waits-{number}"), [wait("go")]).await;
        let limited = engine.start(format!("limited-{number}"), Limited::call([wait("stop")]));
        limited.await.expect("the run starts");
        engine.advance(std::time::Duration::from_secs(1)).await;
    }
    assert_eq!(ids(&engine, Filter::new()).await.len(), 9);
    assert_eq!(
        ids(&engine, Filter::new().workflow::<Limited>()).await,
        ["limited-0", "limited-1", "limited-2"]
    );
    assert_eq!(
        ids(&engine, Filter::new().status(StatusKind::Completed)).await,
        ["done-0", "done-1", "done-2"]
    );
    assert_eq!(ids(&engine, Filter::new().waiting_for("go")).await, ["waits-0", "waits-1", "waits-2"]);
    let none = Filter::new().workflow::<Limited>().status(StatusKind::Completed);
    assert!(ids(&engine, none).await.is_empty());
    engine.purge("done-1").await.expect("removed");
    engine.cancel("waits-0", "enough").await.expect("cancelled");
    assert_eq!(ids(&engine, Filter::new().status(StatusKind::Completed)).await, ["done-0", "done-2"]);
    let page = engine.list(Filter::new().status(StatusKind::Cancelled)).await.expect("a page");
    assert!(matches!(&page.runs[0].status, WorkflowStatus::Cancelled { reason } if reason == "enough"));
}
