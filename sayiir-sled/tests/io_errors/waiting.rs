//! Those who wait for a run of an engine when the device fails.

use std::sync::Arc;
use std::time::Duration;

use sayiir_core::backend::BackendError;
use sayiir_core::builder::{WorkflowBuilder, WorkflowContext};
use sayiir_core::engine::{Engine, ResultError, StatusError};
use sayiir_sled::SledBackend;
use tokio::sync::Notify;

use crate::device::{self, Call, Fault};
use crate::files::data;

#[tokio::test]
async fn who_waits_for_a_run_is_told_when_the_end_of_its_task_cannot_be_synced() {
    let device = device::alone();
    let directory = tempfile::tempdir().expect("a directory");
    let backend = SledBackend::open(directory.path()).expect("it opens");
    let gate = Arc::new(Notify::new());
    let opened = Arc::clone(&gate);
    let flow = WorkflowBuilder::new(WorkflowContext::new())
        .name("approval")
        .then("submit", move |amount: u32| {
            let opened = Arc::clone(&opened);
            async move {
                opened.notified().await;
                Ok(amount)
            }
        })
        .build();
    let engine = Engine::builder().backend(backend).flow(&flow).start().await.expect("it starts");
    let run = engine.start("exp-001", flow.invoke(250)).await.expect("the run starts");
    let (ends, settles) = (run.clone(), run.clone());
    let waiting = tokio::spawn(async move { tokio::join!(ends.result(), settles.settled()) });
    // By then both have read, and wait.
    for _ in 0..10 {
        run.status().await.expect("a status");
        tokio::task::yield_now().await;
    }
    device.fails(Fault::from(Call::Sync, data(directory.path()).join("db"), 0));
    gate.notify_one();
    let told = tokio::time::timeout(Duration::from_mins(1), waiting).await.expect("they are told");
    let (result, settled) = told.expect("no panic");
    assert!(matches!(result, Err(ResultError::Backend(BackendError::Stopped { .. }))), "{result:?}");
    assert!(matches!(settled, Err(StatusError::Backend(BackendError::Stopped { .. }))), "{settled:?}");
    device.mend();
    engine.shutdown_within(Duration::ZERO).await;
}
