//! Starting an engine.

use sayiir::backend::Backend;
use sayiir::engine::EngineBuilder;
use sayiir::errors::StartEngineError;
use sayiir::prelude::*;
use sayiir::testing::{FaultyBackend, TestEngine, VirtualClock};

use crate::{SECTOR, approval, assert_error, runs, sector};

struct Bank;

#[task]
async fn pay(#[inject] _bank: &Bank, amount: u32) -> u32 {
    amount
}

/// Sleeps, so that there is something to do as soon as an engine knows it.
#[workflow]
async fn payment(amount: u32) -> u32 {
    sleep!(1h).await;
    pay(amount).await
}

/// A store with a payment whose time has come.
async fn due() -> (InMemoryBackend, VirtualClock) {
    let (store, clock) = (InMemoryBackend::new(), VirtualClock::default());
    let configure = |builder: EngineBuilder| builder.workflow::<payment>().provide(Bank);
    let engine = TestEngine::start_on(store.clone(), clock.clone(), configure).await.expect("it starts");
    engine.start("pay-001", payment(250)).await.expect("it starts");
    engine.idle().await;
    let until = store.next_due().await.expect("it reads").expect("it sleeps");
    engine.crash().await;
    clock.set(until);
    (store, clock)
}

/// Starts an engine on that store, which it does not touch.
async fn refused(configure: impl FnOnce(EngineBuilder) -> EngineBuilder) -> StartEngineError {
    let (store, clock) = due().await;
    let before = runs(&store).await;
    let started = TestEngine::start_on(store.clone(), clock, configure).await;
    let error = started.expect_err("it does not start");
    assert_eq!(runs(&store).await, before, "{error}");
    error
}

#[tokio::test]
async fn an_engine_without_a_store_or_without_what_tasks_want() {
    assert_error!(
        Engine::builder().start().await,
        StartEngineError::NoBackend,
        "an engine needs a backend: `Engine::builder().backend(..)`"
    );
    assert_error!(
        Err::<(), _>(refused(EngineBuilder::workflow::<payment>).await),
        StartEngineError::MissingDependencies { .. },
        "not provided: `errors::engines::Bank` for task `pay`; use `Engine::builder().provide(..)`"
    );
}

/// One signal, with another payload than that of the child.
#[workflow]
async fn review(article: u32) -> bool {
    let by = approval(article).await;
    let grade = signal!("approved" as u8).await;
    by.is_ok() && grade > 1
}

/// Has something to undo, and an error that cannot be stored meanwhile.
#[derive(Debug, thiserror::Error)]
#[error("the hotel is closed")]
struct Closed;

#[task]
async fn release(room: u32) {
    let _ = room;
}

#[workflow]
async fn booking(room: u32) -> Result<u32, Closed> {
    compensate!(release(room));
    sleep!(1h).await;
    Err(Closed)
}

#[workflow]
async fn trip(room: u32) -> bool {
    booking(room).await.is_ok()
}

#[workflow(name = "approval")]
async fn another_approval(amount: String) -> String {
    sleep!(1h).await;
    amount
}

#[tokio::test]
async fn workflows_that_do_not_go_together() {
    assert_error!(
        Err::<(), _>(refused(EngineBuilder::workflow::<review>).await),
        StartEngineError::ConflictingSignals { .. },
        "a signal has one payload type in a workflow and all that it calls: `approved` of `review` is `u8` and `alloc::string::String`"
    );
    assert_error!(
        Err::<(), _>(refused(EngineBuilder::workflow::<trip>).await),
        StartEngineError::UnstorableErrors { .. },
        "the error of a workflow that is awaited and uses `compensate!` is stored while it undoes: let it implement \
         `serde::Serialize` and `serde::Deserialize`, or `From<sayiir::Failure>`: `booking` returns `core::result::Result<u32, \
         errors::engines::Closed>`"
    );
    assert_error!(
        Err::<(), _>(refused(|builder| builder.workflow::<approval>().workflow::<another_approval>()).await),
        StartEngineError::DuplicateNames { .. },
        "two workflows have the same name: `approval` (also `errors::engines::another_approval`); give one of them another \
         with `#[workflow(name = \"…\")]` or `.name(\"…\")`"
    );
}

mod hotel {
    use sayiir::prelude::*;

    #[task]
    pub(super) async fn cancel(room: u32) {
        let _ = room;
    }

    #[task]
    pub(super) async fn confirm(room: u32) {
        let _ = room;
    }

    #[workflow]
    pub(super) async fn stay(room: u32) -> u32 {
        compensate!(cancel(room));
        confirm(room).await;
        room
    }
}

mod flight {
    use sayiir::prelude::*;

    #[task]
    pub(super) async fn cancel(seat: u32) {
        let _ = seat;
    }

    #[task(name = "confirm")]
    pub(super) async fn check_in(seat: u32) {
        let _ = seat;
    }

    #[workflow]
    pub(super) async fn journey(seat: u32) -> u32 {
        compensate!(cancel(seat));
        check_in(seat).await;
        seat
    }
}

#[task(name = "cancel")]
async fn cancel_dinner(table: u32) {
    let _ = table;
}

#[workflow]
async fn dinner(table: u32) {
    cancel_dinner(table).await;
}

#[tokio::test]
async fn tasks_that_have_one_name() {
    let all = |builder: EngineBuilder| {
        let builder = builder.workflow::<hotel::stay>().workflow::<flight::journey>();
        // A task may be reached on several ways.
        builder.workflow::<dinner>().workflow::<hotel::stay>().workflow::<flight::journey>()
    };
    assert_error!(
        Err::<(), _>(refused(all).await),
        StartEngineError::DuplicateTasks { tasks } if tasks.len() == 2,
        "several tasks have the same name: `cancel` is that of `errors::engines::hotel::cancel`, `errors::engines::flight::cancel` and \
         `errors::engines::cancel_dinner`; `confirm` is that of `errors::engines::hotel::confirm` and \
         `errors::engines::flight::check_in`; give all but one another with `#[task(name = \"…\")]`"
    );
}

/// Types of one path, which only the compiler can tell apart.
fn twins(builder: EngineBuilder) -> EngineBuilder {
    let builder = {
        #[workflow]
        async fn twin(amount: u32) -> u32 {
            sleep!(1h).await;
            amount
        }
        builder.workflow::<twin>()
    };
    #[workflow]
    async fn twin(amount: String) -> String {
        sleep!(1h).await;
        amount
    }
    builder.workflow::<twin>()
}

#[tokio::test]
async fn workflows_that_have_one_path() {
    assert_error!(
        Err::<(), _>(refused(twins).await),
        StartEngineError::DuplicateNames { .. },
        "two workflows have the same name: `twin` (also `errors::engines::twins::twin`); give one of them another with \
         `#[workflow(name = \"…\")]` or `.name(\"…\")`"
    );
}

#[tokio::test]
async fn flows_without_a_name_of_their_own_or_with_one_twice() {
    let step = |name| WorkflowBuilder::new(WorkflowContext::new()).then(name, |n: u32| async move { Ok(n) });
    let unnamed = step("submit").build();
    assert_error!(
        Err::<(), _>(refused(|builder| builder.flow(&unnamed)).await),
        StartEngineError::UnnamedFlows { .. },
        "a flow that an engine runs has a name, `.name(\"…\")`: `submit`"
    );
    let twice = step("submit").then("submit", |n| async move { Ok(n) }).name("expense").build();
    assert_error!(
        Err::<(), _>(refused(|builder| builder.flow(&twice)).await),
        StartEngineError::RepeatedNames { .. },
        "a name stands once in a flow: `submit` in `expense`"
    );
}

#[tokio::test]
async fn a_store_that_cannot_be_read() {
    let (store, clock) = due().await;
    let (faulty, before) = (FaultyBackend::new(store.clone()), runs(&store).await);
    faulty.fail_read(1, sector());
    let started = TestEngine::start_on(faulty, clock, EngineBuilder::workflow::<approval>).await;
    let error = started.expect_err("it does not start");
    assert_eq!(std::error::Error::source(&error).expect("the store's").to_string(), SECTOR);
    assert_error!(Err::<(), _>(error), StartEngineError::Backend(_), "the store cannot be read");
    assert_eq!(runs(&store).await, before);
}
