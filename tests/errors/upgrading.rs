//! Versions: what an upgrade can answer, and what the reports say.

use std::collections::BTreeMap;
use std::sync::Arc;

use sayiir::engine::EngineBuilder;
use sayiir::errors::Incompatible;
use sayiir::prelude::*;
use sayiir::record::BlockReason;
use sayiir::testing::TestEngine;
use sayiir::versions::{StoredState, UpgradeError, Why};

/// The version that parked the run: what it saves says what the upgrade will meet with.
#[workflow]
async fn expense(meets: String) -> String {
    let by: String = signal!("approved").await;
    format!("{meets} {by}")
}

mod upgraded {
    use super::*;

    /// Asked for what it cannot give, a stored state answers with one error each.
    fn upgrade(mut old: StoredState) -> Result<ExpenseState, UpgradeError> {
        let meets: String = old.field("meets")?;
        let error = match meets.as_str() {
            "no such place" => old.unknown(),
            "no such variable" => expect_error(old.field::<u32>("amount")),
            "nothing to rename" => expect_error(old.rename("amount", "total")),
            "another type" => expect_error(old.field::<u32>("meets")),
            "no JSON" => expect_error(old.set("cells", &BTreeMap::from([((1, 2), 3)]))),
            "still no fit" => expect_error(old.decode::<ExpenseState>()),
            _ => UpgradeError::refused("runs of last year are closed by hand"),
        };
        assert!(is(&meets, &error), "{error:?}");
        Err(error)
    }

    fn expect_error<T>(answer: Result<T, UpgradeError>) -> UpgradeError {
        answer.err().expect("it cannot be given")
    }

    fn is(meets: &str, error: &UpgradeError) -> bool {
        match meets {
            "no such place" => matches!(error, UpgradeError::UnknownPlace { .. }),
            "no such variable" | "nothing to rename" => matches!(error, UpgradeError::Missing { .. }),
            "another type" | "no JSON" => matches!(error, UpgradeError::Field { .. }),
            "still no fit" => matches!(error, UpgradeError::Incompatible(Incompatible { .. })),
            _ => matches!(error, UpgradeError::Refused { .. }),
        }
    }

    #[workflow(upgrade = upgrade)]
    pub(super) async fn expense(meets: String) -> String {
        let total = meets.len();
        let by: String = signal!("approved").await;
        format!("{total} {by}")
    }
}

/// Parks a run, and gives the engine of another version on the same store.
async fn parked(meets: &str, configure: impl FnOnce(EngineBuilder) -> EngineBuilder) -> TestEngine {
    let engine = TestEngine::start(EngineBuilder::workflow::<expense>).await.expect("it starts");
    engine.start("exp-001", expense(meets.to_owned())).await.expect("it starts");
    engine.idle().await;
    let (store, clock) = (Arc::clone(engine.backend()), engine.clock().clone());
    engine.crash().await;
    TestEngine::start_on(store, clock, configure).await.expect("it starts")
}

#[tokio::test]
async fn an_upgrade_that_cannot_take_a_run_up_blocks_it_with_its_words_and_the_state_stays() {
    let cases = [
        ("no such place", "there is no upgrade for a run that waits at `Approved`"),
        ("no such variable", "`Approved` has no saved variable `amount`"),
        ("nothing to rename", "`Approved` has no saved variable `amount`"),
        (
            "another type",
            "`meets` of `Approved`: invalid type: string \"another type\", expected u32 at line 1 column 14",
        ),
        ("no JSON", "`cells` of `Approved`: key must be a string"),
        (
            "still no fit",
            "the stored state does not fit this version of the workflow: `Approved` has no saved variable `total`",
        ),
        ("an old run", "runs of last year are closed by hand"),
    ];
    for (meets, words) in cases {
        let engine = parked(meets, EngineBuilder::workflow::<upgraded::expense>).await;
        let state = crate::runs(engine.backend()).await[0].state.clone();
        engine.signal("exp-001", "approved", "bob").await.expect("it is kept for later");
        engine.idle().await;
        let run = engine.run::<upgraded::expense>("exp-001").await.expect("it is there");
        let status = run.status().await.expect("it reads");
        let WorkflowStatus::Blocked { reason } = status else { panic!("{meets}: {status}") };
        assert!(matches!(reason, BlockReason::Incompatible { .. }), "{reason:?}");
        assert_eq!(reason.to_string(), words);
        assert_eq!(crate::runs(engine.backend()).await[0].state, state);
    }
}

/// Versions without an upgrade.
mod edited {
    use super::*;

    #[workflow(name = "expense")]
    pub(super) async fn elsewhere(meets: String) -> String {
        let by: String = signal!("agreed").await;
        format!("{meets} {by}")
    }

    #[workflow(name = "expense")]
    pub(super) async fn more(meets: String) -> String {
        let total = meets.len();
        let by: String = signal!("approved").await;
        format!("{total} {by}")
    }
}

#[tokio::test]
async fn the_reports_say_which_runs_do_not_fit_and_why() {
    let engine = parked("", |builder| builder).await;
    let report = engine.version_report();
    assert_eq!(report.misfits[0].why, Why::UnknownWorkflow);
    let words = "1 run of `expense` waits at `Approved`: no workflow of this name is registered\n";
    assert_eq!(report.to_string(), words);

    let engine = parked("", EngineBuilder::workflow::<edited::elsewhere>).await;
    let report = engine.version_report();
    assert_eq!(report.misfits[0].why, Why::UnknownPlace);
    let words =
        "1 run of `expense` waits at `Approved`: there is no place of this name to wait at any more\n";
    assert_eq!(report.to_string(), words);

    let engine = parked("", EngineBuilder::workflow::<edited::more>).await;
    let report = engine.version_report();
    assert_eq!(report.misfits[0].why, Why::Changed);
    let words = "1 run of `expense` waits at `Approved`: what is saved here has changed; `engine.check()` says whether \
                 these runs still fit\n";
    assert_eq!(report.to_string(), words);
    let report = engine.check().await.expect("it reads");
    assert!(matches!(report.misfits[0].why, Why::Incompatible { .. }));
    let words = "1 run of `expense` waits at `Approved`: `Approved` has no saved variable `total`\n";
    assert_eq!(report.to_string(), words);
}
