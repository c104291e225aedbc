//! Edits after which a parked run would go on with the wrong code, or wait for what nobody can send.

use std::sync::Arc;

use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;
use sayiir::testing::{StateSchema, TestEngine};
use sayiir::versions::Why;

/// The same runs and the same time, under another program.
async fn deployed(first: TestEngine, configure: impl FnOnce(EngineBuilder) -> EngineBuilder) -> TestEngine {
    let (store, clock) = (Arc::clone(first.backend()), first.clock().clone());
    first.crash().await;
    TestEngine::start_on(store, clock, configure).await.expect("it starts")
}

/// Why the runs that are parked do not fit this program.
async fn misfits(engine: &TestEngine) -> Vec<String> {
    let report = engine.check().await.expect("the store reads");
    report
        .misfits
        .into_iter()
        .map(|misfit| match misfit.why {
            Why::Incompatible { detail } => detail,
            why => why.to_string(),
        })
        .collect()
}

/// What the file that the old program wrote says of the new one.
fn said_of<Old: sayiir::Workflow, New: sayiir::Workflow>() -> Result<(), String> {
    let directory = tempfile::tempdir().expect("there is room");
    let path = directory.path().join("workflow.states.json");
    StateSchema::new(&path).workflow::<Old>().compare(false).expect("it is written");
    StateSchema::new(&path).workflow::<New>().compare(false)
}

mod parts {
    use super::*;

    #[task(retries = 9, backoff = 1h)]
    async fn charge(cents: u32) -> Result<u32, String> {
        Err(format!("{cents} too many"))
    }

    #[task]
    async fn refund(cents: u32) -> Result<u32, String> {
        Ok(cents)
    }

    pub(super) mod old {
        use super::*;

        #[workflow]
        pub(in super::super) async fn decision() -> String {
            select! {
                by = signal!("approve" as String) => format!("approved by {by}"),
                by = signal!("change" as String) => format!("changed by {by}"),
                by = signal!("withdraw" as String) => format!("withdrawn by {by}"),
                by = signal!("escalate" as String) => format!("escalated by {by}"),
                by = signal!("reject" as String) => format!("rejected by {by}"),
            }
            .await
        }

        #[workflow]
        pub(in super::super) async fn order(cents: u32) -> String {
            let all = join!(refund(1), refund(2), refund(3), charge(cents), refund(4)).await;
            format!("{all:?}")
        }
    }

    pub(super) mod new {
        use super::*;

        #[workflow]
        pub(in super::super) async fn decision() -> String {
            select! {
                by = signal!("approve" as String) => format!("approved by {by}"),
                by = signal!("change" as String) => format!("changed by {by}"),
                by = signal!("withdraw" as String) => format!("withdrawn by {by}"),
                by = signal!("reject" as String) => format!("rejected by {by}"),
                by = signal!("escalate" as String) => format!("escalated by {by}"),
            }
            .await
        }

        #[workflow]
        pub(in super::super) async fn order(cents: u32) -> String {
            let all = join!(refund(1), refund(2), refund(3), refund(4), charge(cents)).await;
            format!("{all:?}")
        }
    }
}

#[tokio::test]
async fn arms_and_branches_that_change_places_are_another_place_however_many_there_are() {
    let report = said_of::<parts::old::decision, parts::new::decision>().expect_err("arms are confused");
    let place = "`ApproveOrChangeOrWithdrawOrEscalateOrReject`: runs can wait there no more";
    assert!(report.contains(place), "{report}");
    let report = said_of::<parts::old::order, parts::new::order>().expect_err("branches are confused");
    let place = "`RefundAndRefundAndRefundAndChargeAndRefund`: runs can wait there no more";
    assert!(report.contains(place), "{report}");

    let old =
        TestEngine::start(|engine| engine.workflow::<parts::old::decision>().workflow::<parts::old::order>());
    let old = old.await.expect("it starts");
    Engine::start(&old, "d", parts::old::decision()).await.expect("it starts");
    Engine::start(&old, "o", parts::old::order(7)).await.expect("it starts");
    old.idle().await;
    let new =
        deployed(old, |engine| engine.workflow::<parts::new::decision>().workflow::<parts::new::order>());
    let new = new.await;
    assert_eq!(misfits(&new).await.len(), 2);
    new.signal("d", "escalate", &"bob").await.expect("it is kept");
    new.idle().await;

    // Nothing went the wrong way, and nothing is lost.
    let old = deployed(new, |engine| engine.workflow::<parts::old::decision>());
    let old = old.await;
    let run = old.run::<parts::old::decision>("d").await.expect("it is there");
    assert_eq!(run.result().await.expect("it completes"), "escalated by bob");
}
