//! Tasks of one function name in several modules, as what they undo is found on disk by their names.

use std::sync::Arc;

use sayiir::errors::StartEngineError;
use sayiir::prelude::*;
use sayiir::testing::{TestEngine, crash_everywhere};

use super::{Ledger, engine, with};

mod hotel {
    use sayiir::prelude::*;

    use super::Ledger;

    #[task]
    pub(super) async fn cancel(#[inject] ledger: &Ledger, cx: &TaskContext, id: u64) {
        ledger.note(cx.idempotency_key(), format!("hotel {id}"));
    }
}

mod flight {
    use sayiir::prelude::*;

    use super::Ledger;

    #[task]
    pub(super) async fn cancel(#[inject] ledger: &Ledger, cx: &TaskContext, id: u64) {
        ledger.note(cx.idempotency_key(), format!("flight {id}"));
    }
}

mod train {
    use sayiir::prelude::*;

    use super::Ledger;

    #[task(name = "cancel_train")]
    pub(super) async fn cancel(#[inject] ledger: &Ledger, cx: &TaskContext, id: u64) {
        ledger.note(cx.idempotency_key(), format!("train {id}"));
    }
}

#[workflow]
async fn by_air() -> Result<(), String> {
    compensate!(hotel::cancel(7));
    compensate!(flight::cancel(8));
    sleep!(0s).await;
    Err("the trip is off".into())
}

#[workflow]
async fn by_rail() -> Result<(), String> {
    compensate!(hotel::cancel(7));
    compensate!(train::cancel(8));
    hotel::cancel(9).await;
    sleep!(0s).await;
    Err("the trip is off".into())
}

#[tokio::test]
async fn no_task_is_run_in_the_place_of_another_of_its_name() {
    let ledger = Arc::new(Ledger::default());
    let error = match TestEngine::start(with::<by_air>(&ledger)).await {
        Err(error) => error,
        Ok(engine) => {
            let run = engine.start("t-1", by_air()).await.expect("it starts");
            run.result().await.expect_err("it fails");
            panic!("this was undone: {:?}", ledger.words());
        }
    };
    assert!(matches!(error, StartEngineError::DuplicateTasks { .. }), "{error}");
}

#[tokio::test]
async fn tasks_of_one_function_name_are_told_apart_by_the_names_they_are_given() {
    let scenario = async |engine: &TestEngine| {
        let run = engine.start("t-1", by_rail()).or_attach().await.expect("it starts");
        engine.idle().await;
        run.result().await.expect_err("it fails").to_string()
    };
    let ledger = Arc::new(Ledger::default());
    scenario(&engine::<by_rail>(&ledger).await).await;
    assert_eq!(ledger.words(), ["hotel 9", "train 8", "hotel 7"]);
    crash_everywhere(with::<by_rail>(&ledger), scenario).await;
}
