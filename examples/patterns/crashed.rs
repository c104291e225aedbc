//! A run under every crash, seen by a client who repeats what was not acknowledged.

use std::fmt::Debug;
use std::time::Duration;

use sayiir::clock::Clock;
use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;
use sayiir::testing::{TestEngine, VirtualClock, crash_everywhere};
use serde::Serialize;

use crate::stage::Story;

/// A signal, at its hour.
pub(crate) struct Letter {
    hour: u64,
    by: &'static str,
    signal: &'static str,
    payload: serde_json::Value,
}

impl Letter {
    pub(crate) fn sent<T: Serialize>(hour: u64, by: &'static str, signal: Signal<T>, payload: &T) -> Self {
        let payload = serde_json::to_value(payload).expect("it goes to JSON");
        Self { hour, by, signal: signal.name(), payload }
    }
}

/// What becomes of a run that gets these letters, and a month to end: the same, whatever commit a crash hits.
pub(crate) async fn crashed_everywhere<W: Workflow<Output: Debug>>(
    invocation: impl Fn() -> Invocation<W>,
    letters: &[Letter],
) -> String {
    let scenario = async |engine: &TestEngine| {
        let run = engine.start("exp-1", invocation()).or_attach().await.expect("it starts");
        send(engine, letters).await;
        engine.advance(Duration::from_hours(24 * 30)).await;
        match run.status().await.expect("a status") {
            WorkflowStatus::Completed(output) => format!("{output:?}"),
            other => other.to_string(),
        }
    };
    let configure = |builder: EngineBuilder| builder.workflow::<W>().provide(Story::told());
    let (outcome, crashes) = crash_everywhere(configure, scenario).await;
    // Started, a signal accepted, ended; before and after.
    assert!(crashes >= 2 * (letters.len() as u64 + 2), "{crashes}");
    outcome
}

async fn send(engine: &TestEngine, letters: &[Letter]) {
    let begin = VirtualClock::default().now();
    for (number, letter) in letters.iter().enumerate() {
        // The process before may have come further than this.
        engine.advance_to(begin + Duration::from_hours(letter.hour)).await;
        let sent = engine.signal("exp-1", letter.signal, &letter.payload).by(letter.by);
        sent.idempotency_key(number.to_string()).await.expect("accepted, now or before the crash");
    }
}
