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
    let old = deployed(new, EngineBuilder::workflow::<parts::old::decision>);
    let old = old.await;
    let run = old.run::<parts::old::decision>("d").await.expect("it is there");
    assert_eq!(run.result().await.expect("it completes"), "escalated by bob");
}

mod renamed {
    use super::*;
    use sayiir::versions::{StoredState, UpgradeError};

    #[workflow(name = "expense")]
    pub(super) async fn old(amount: u32) -> String {
        let by = signal!("manager_approval" as String).await;
        format!("{amount} by {by}")
    }

    #[workflow(name = "expense")]
    pub(super) async fn new(amount: u32) -> String {
        #[at("manager_approval")]
        let by = signal!("approval" as String).await;
        format!("{amount} by {by}")
    }

    fn takes_up(mut old: StoredState) -> Result<UpgradedState, UpgradeError> {
        let mut wait: serde_json::Value = old.field("awaiting")?;
        wait["signal"] = "approval".into();
        old.set("awaiting", &wait)?;
        old.decode()
    }

    #[workflow(name = "expense", upgrade = takes_up)]
    pub(super) async fn upgraded(amount: u32) -> String {
        #[at("manager_approval")]
        let by = signal!("approval" as String).await;
        format!("{amount} by {by}")
    }
}

#[test]
fn a_signal_that_is_renamed_where_its_place_stays_fails_the_test_of_states() {
    let report = said_of::<renamed::old, renamed::new>().expect_err("nobody can send the old one");
    let line = "workflow `expense`, signal `manager_approval`: runs that wait for it at `ManagerApproval` were stored with this name, and it cannot be sent any more";
    assert!(report.contains(line), "{report}");
    assert!(report.contains("keep the name of the signal"), "{report}");
}

#[tokio::test]
async fn a_run_that_waits_for_a_signal_that_is_gone_is_named_and_an_upgrade_takes_it_up() {
    let old = TestEngine::start(EngineBuilder::workflow::<renamed::old>).await.expect("it starts");
    Engine::start(&old, "e", renamed::old(7)).await.expect("it starts");
    old.idle().await;

    let new = deployed(old, EngineBuilder::workflow::<renamed::new>).await;
    assert_eq!(
        misfits(&new).await,
        ["`ManagerApproval` waits for the signal `manager_approval`, which this program does not have"]
    );

    let upgraded = deployed(new, EngineBuilder::workflow::<renamed::upgraded>).await;
    assert!(misfits(&upgraded).await.is_empty());
    assert_eq!(upgraded.upgrade_runs().await.expect("the store reads"), 1);
    let run = upgraded.run::<renamed::upgraded>("e").await.expect("it is there");
    run.signal(renamed::upgraded::APPROVAL, &"bob".to_owned()).await.expect("it is taken");
    assert_eq!(run.result().await.expect("it completes"), "7 by bob");
}

#[tokio::test]
async fn a_run_of_a_flow_that_waits_for_a_signal_that_is_gone_is_named() {
    let flow = |signal: &'static str| {
        WorkflowBuilder::new(WorkflowContext::new())
            .then("submit", |amount: u32| async move { Ok(amount) })
            .wait_for_signal("wait", signal, None)
            .then("report", |by: String| async move { Ok(by) })
            .name("expense")
            .build()
    };
    let (before, after) = (flow("manager_approval"), flow("approval"));
    let old = TestEngine::start(|engine| engine.flow(&before)).await.expect("it starts");
    Engine::start(&old, "e", before.invoke(7)).await.expect("it starts");
    old.idle().await;
    let new = deployed(old, |engine| engine.flow(&after)).await;
    assert_eq!(
        misfits(&new).await,
        ["`wait` waits for the signal `manager_approval`, which this program does not have"]
    );
}

mod upgrades {
    use super::*;
    use sayiir::versions::{StoredState, UpgradeError};

    pub(super) mod second {
        use super::*;

        fn upgrade(mut old: StoredState) -> Result<ExpenseState, UpgradeError> {
            old.rename("a", "amount")?;
            old.decode()
        }

        #[workflow(upgrade = upgrade)]
        pub(in super::super) async fn expense(amount: u32) -> String {
            let by = signal!("approval" as String).await;
            format!("{amount} by {by}")
        }
    }

    /// It knows the states of the first version alone.
    pub(super) mod third {
        use super::*;

        fn upgrade(mut old: StoredState) -> Result<ExpenseState, UpgradeError> {
            old.rename("a", "total")?;
            old.decode()
        }

        #[workflow(upgrade = upgrade)]
        pub(in super::super) async fn expense(total: u32) -> String {
            let by = signal!("approval" as String).await;
            format!("{total} by {by}")
        }
    }
}

#[test]
fn what_an_upgrade_has_to_take_up_fails_the_test_of_states_until_the_file_is_made_anew() {
    let directory = tempfile::tempdir().expect("there is room");
    let path = directory.path().join("workflow.states.json");
    let schema = || StateSchema::new(&path);
    let text = || std::fs::read_to_string(&path).expect("it was written");
    schema().workflow::<upgrades::second::expense>().compare(false).expect("it is written");
    let committed = text();

    for _ in 0..2 {
        let report = schema().workflow::<upgrades::third::expense>().compare(false).expect_err("it changed");
        assert!(report.contains("place `Approval`: the variable `total` is needed there now"), "{report}");
        assert!(report.contains("`upgrade` has to take these runs up"), "{report}");
        assert_eq!(text(), committed, "the file is as it was");
    }

    schema().workflow::<upgrades::third::expense>().compare(true).expect("it was asked for");
    schema().workflow::<upgrades::third::expense>().compare(false).expect("it is committed");
    assert_ne!(text(), committed);
}
