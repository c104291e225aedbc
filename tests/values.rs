//! Values that JSON would lose: the run stops before anything of them is stored, with the variable's name.

use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;
use sayiir::testing::TestEngine;

#[task]
async fn measure(value: u32) -> u32 {
    value
}

#[workflow]
async fn keeps_nothing_of_something(value: u32) -> bool {
    let reading: Option<Option<u32>> = Some(None);
    measure(value).await;
    reading.is_some()
}

#[workflow]
async fn keeps_no_number(value: f64) -> bool {
    let rates = vec![Some(value / 0.0)];
    measure(1).await;
    rates[0].is_some()
}

#[tokio::test]
async fn a_value_that_would_come_back_as_another_is_not_stored() {
    let workflows = |builder: EngineBuilder| {
        builder.workflow::<keeps_nothing_of_something>().workflow::<keeps_no_number>()
    };
    let engine = TestEngine::start(workflows).await.expect("it starts");
    let some = Engine::start(&engine, "some", keeps_nothing_of_something(1)).await.expect("it starts");
    let number = Engine::start(&engine, "number", keeps_no_number(1.0)).await.expect("it starts");
    engine.idle().await;
    let blocked = some.status().await.expect("it reads").to_string();
    assert!(blocked.contains("`reading`") && blocked.contains("`Some` of nothing"), "{blocked}");
    let blocked = number.status().await.expect("it reads").to_string();
    assert!(blocked.contains("`rates`") && blocked.contains("the number inf"), "{blocked}");
}
