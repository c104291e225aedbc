//! Versions, as a user meets them in one process: the file of states, the reports, an upgrade and its place in the history.

#[path = "versions/edits.rs"]
mod edits;

use sayiir::engine::EngineBuilder;
use sayiir::history::Event;
use sayiir::prelude::*;
use sayiir::testing::{StateSchema, TestEngine};
use sayiir::versions::{StoredState, UpgradeError, Why};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Approval {
    by: String,
}

/// The program that parked the runs.
mod old {
    use super::*;

    #[task]
    async fn submit(amount: u32) -> u32 {
        amount
    }

    #[workflow]
    pub(super) async fn expense(amount: u32) -> String {
        let pending = submit(amount).await;
        let notes = vec![format!("{pending} wanted")];
        let approval = signal!("approval" as Approval, 48h).await;
        let by = approval.map_or("nobody".into(), |approval| approval.by);
        format!("{pending} by {by}, {}", notes.join(", "))
    }

    #[workflow]
    pub(super) async fn retired(amount: u32) -> String {
        let approval = signal!("approval" as Approval).await;
        format!("{amount} by {}", approval.by)
    }
}

/// The edited one: a variable has another name.
mod new {
    use super::*;

    #[task]
    async fn submit(amount: u32) -> u32 {
        amount
    }

    fn upgrade(mut old: StoredState) -> Result<ExpenseState, UpgradeError> {
        match old.place() {
            "Approval" if old.has("pending") => {
                old.rename("pending", "submitted")?;
                old.decode()
            }
            _ => Err(old.unknown()),
        }
    }

    #[workflow(upgrade = upgrade)]
    pub(super) async fn expense(amount: u32) -> String {
        let submitted = submit(amount).await;
        let notes = vec![format!("{submitted} wanted")];
        let approval = signal!("approval" as Approval, 48h).await;
        let by = approval.map_or("nobody".into(), |approval| approval.by);
        format!("{submitted} by {by}, {}", notes.join(", "))
    }

    /// The same without an upgrade.
    #[workflow(name = "expense")]
    pub(super) async fn stranding(amount: u32) -> String {
        let submitted = submit(amount).await;
        let approval = signal!("approval" as Approval, 48h).await;
        let by = approval.map_or("nobody".into(), |approval| approval.by);
        format!("{submitted} by {by}")
    }
}

/// The version after that: it needs one thing more, and takes up runs of both versions before it.
mod newest {
    use super::*;

    #[task]
    async fn submit(amount: u32) -> u32 {
        amount
    }

    fn upgrade(mut old: StoredState) -> Result<ExpenseState, UpgradeError> {
        if old.has("pending") {
            old.rename("pending", "submitted")?;
        }
        if !old.has("currency") {
            old.set("currency", "EUR")?;
        }
        old.decode()
    }

    #[workflow(upgrade = upgrade)]
    pub(super) async fn expense(amount: u32) -> String {
        let submitted = submit(amount).await;
        let currency = "USD".to_owned();
        let approval = signal!("approval" as Approval, 48h).await;
        let by = approval.map_or("nobody".into(), |approval| approval.by);
        format!("{submitted} {currency} by {by}")
    }
}

/// A store on which the old program has parked a run of each workflow.
async fn parked() -> InMemoryBackend {
    let store = InMemoryBackend::new();
    let engine =
        Engine::builder().backend(store.clone()).workflow::<old::expense>().workflow::<old::retired>();
    let engine = engine.start().await.expect("the old program starts");
    engine.start("exp-1", old::expense(7)).await.expect("it starts").settled().await.expect("it waits");
    engine.start("ret-1", old::retired(7)).await.expect("it starts").settled().await.expect("it waits");
    engine.shutdown().await;
    store
}

#[tokio::test]
async fn what_the_new_binary_cannot_take_up_is_reported_without_reading_runs_and_exactly_by_reading_them() {
    let store = parked().await;
    let engine =
        Engine::builder().backend(store).workflow::<new::stranding>().start().await.expect("it starts");
    let misfits = &engine.version_report().misfits;
    let said: Vec<_> =
        misfits.iter().map(|misfit| (misfit.workflow.as_str(), misfit.place.as_str(), &misfit.why)).collect();
    assert_eq!(
        said,
        [("expense", "Approval", &Why::Changed), ("retired", "Approval", &Why::UnknownWorkflow)]
    );

    let report = engine.check().await.expect("the store reads");
    let detail = "`Approval` has no saved variable `submitted`".into();
    assert_eq!(report.misfits.len(), 2);
    assert_eq!((report.misfits[0].runs, &report.misfits[0].why), (1, &Why::Incompatible { detail }));
    assert_eq!(report.misfits[0].examples[0].as_str(), "exp-1");
    assert_eq!(report.misfits[1].why, Why::UnknownWorkflow);
    let run = engine.run::<new::stranding>("exp-1").await.expect("it is there");
    assert!(
        matches!(run.status().await.expect("it reads"), WorkflowStatus::WaitingForSignal { .. }),
        "untouched"
    );
}

#[tokio::test]
async fn an_upgrade_takes_the_run_up_when_it_is_touched_and_stands_in_its_history() {
    let store = parked().await;
    let engine =
        Engine::builder().backend(store).workflow::<new::expense>().start().await.expect("it starts");
    assert_eq!(engine.version_report().runs(), 1, "only the retired workflow");
    let run = engine.run::<new::expense>("exp-1").await.expect("it is there");
    run.signal(new::expense::APPROVAL, &Approval { by: "bob".into() }).await.expect("it is taken");
    assert_eq!(run.result().await.expect("it completes"), "7 by bob, 7 wanted");
    let history = run.history().await.expect("it reads");
    history.verify().expect("the chain holds");
    let upgraded = Event::Upgraded { from: "Approval".into(), to: "Approval".into() };
    assert_eq!(history.entries().iter().filter(|entry| entry.event == upgraded).count(), 1);
}

#[tokio::test]
async fn an_upgrade_takes_up_runs_of_every_version_before() {
    let store = parked().await;
    let second = Engine::builder().backend(store.clone()).workflow::<new::stranding>().start().await;
    let second = second.expect("it starts");
    second.start("exp-2", new::stranding(8)).await.expect("it starts").settled().await.expect("it waits");
    second.shutdown().await;

    let engine =
        Engine::builder().backend(store).workflow::<newest::expense>().start().await.expect("it starts");
    for (id, result) in [("exp-1", "7 EUR by bob"), ("exp-2", "8 EUR by bob")] {
        let run = engine.run::<newest::expense>(id).await.expect("it is there");
        run.signal(newest::expense::APPROVAL, &Approval { by: "bob".into() }).await.expect("it is taken");
        assert_eq!(run.result().await.expect("it completes"), result);
    }
}

#[tokio::test]
async fn an_upgraded_run_keeps_its_deadline() {
    let first = TestEngine::start(EngineBuilder::workflow::<old::expense>).await.expect("it starts");
    Engine::start(&first, "exp-1", old::expense(7)).await.expect("it starts");
    first.idle().await;
    let (store, clock) = (first.backend().clone(), first.clock().clone());
    first.crash().await;
    let engine =
        TestEngine::start_on(store, clock, EngineBuilder::workflow::<new::expense>).await.expect("it starts");
    assert_eq!(engine.upgrade_runs().await.expect("the store reads"), 1);
    assert_eq!(engine.upgrade_runs().await.expect("the store reads"), 0);
    engine.advance(std::time::Duration::from_hours(48)).await;
    let run = engine.run::<new::expense>("exp-1").await.expect("it is there");
    assert_eq!(run.result().await.expect("it completes"), "7 by nobody, 7 wanted");
}

#[test]
fn the_file_of_states_names_types_also_of_what_rustc_inferred() {
    let directory = tempfile::tempdir().expect("there is room");
    let path = directory.path().join("workflow.states.json");
    StateSchema::new(&path).workflow::<old::expense>().check();
    let text = std::fs::read_to_string(&path).expect("it was written");
    let file: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let saved = &file["workflows"]["expense"]["places"]["Approval"]["saves"];
    assert_eq!(saved["pending"]["type"], "u32");
    assert_eq!(saved["notes"], serde_json::json!({ "type": "Vec<String>", "shape": { "list": "str" } }));
    let payload = &file["workflows"]["expense"]["signals"]["approval"];
    assert_eq!(*payload, serde_json::json!({ "type": "Approval", "shape": { "struct": { "by": "str" } } }));

    let report =
        StateSchema::new(&path).workflow::<new::stranding>().compare(false).expect_err("it does not fit");
    assert!(report.contains("place `Approval`: the variable `submitted` is needed there now"), "{report}");
    StateSchema::new(&path).workflow::<new::stranding>().compare(true).expect("it is overwritten");
    StateSchema::new(&path).workflow::<new::stranding>().check();
}

/// Held against the file in this directory, as a program of a user's is.
#[workflow]
async fn committed(amount: u32) -> String {
    let approval = signal!("approval" as Approval, 48h).await;
    let by = approval.map_or("nobody".into(), |approval| approval.by);
    format!("{amount} by {by}")
}

#[test]
fn parked_runs_survive_this_version() {
    sayiir::testing::state_schema!(committed);
}
