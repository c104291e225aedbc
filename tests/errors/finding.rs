//! Finding runs, and listing them.

use std::future::IntoFuture;

use sayiir::backend::BackendError;
use sayiir::errors::{FindError, InvalidRunId, ListError};
use sayiir::prelude::*;

use crate::{EMPTY, SECTOR, approval, assert_error, parked, parked_on_faulty, sector};

#[workflow]
async fn payment(amount: u32) -> u32 {
    sleep!(1h).await;
    amount
}

#[test]
fn an_id_that_cannot_be_one() {
    assert_error!(RunId::new(""), InvalidRunId { length: 0 }, EMPTY);
    let long = "a run id has 1 to 255 bytes, this one has 256";
    assert_error!(RunId::new(&"x".repeat(256)), InvalidRunId { length: 256 }, long);
    assert_error!(serde_json::from_str::<RunId>("\"\""), _, EMPTY);
}

#[tokio::test]
async fn a_run_that_is_not_there_or_is_one_of_another_workflow() {
    let (engine, _run) = parked().await;
    assert_error!(engine.run::<approval>("").await, FindError::InvalidId(_), EMPTY);
    assert_error!(
        engine.run::<approval>("exp-002").await,
        FindError::NotFound { .. },
        "there is no run exp-002"
    );
    assert_error!(
        engine.run::<payment>("exp-001").await,
        FindError::OtherWorkflow { .. },
        "run exp-001 is one of workflow `approval`, not `payment`"
    );
    let flow = WorkflowBuilder::<u32, u32>::new(WorkflowContext::new()).name("echo").build();
    assert_error!(
        engine.run_of(&flow, "exp-001").await,
        FindError::OtherWorkflow { .. },
        "run exp-001 is one of workflow `approval`, not `echo`"
    );
}

#[tokio::test]
async fn a_store_that_does_not_read() {
    let (engine, _run, store) = parked_on_faulty().await;
    let fail = || store.fail_read(store.reads() + 1, sector());
    fail();
    assert_error!(
        engine.run::<approval>("exp-001").await,
        FindError::Backend(BackendError::Damaged { .. }),
        SECTOR
    );
    fail();
    assert_error!(engine.list(Filter::new()).await, ListError::Backend(_), SECTOR);
    fail();
    assert_error!(engine.waiting(approval::APPROVED).into_future().await, ListError::Backend(_), SECTOR);
    fail();
    assert_error!(engine.check().await, ListError::Backend(_), SECTOR);
    fail();
    assert_error!(engine.upgrade_runs().await, ListError::Backend(_), SECTOR);
}
