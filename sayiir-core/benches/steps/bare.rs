//! The work of a step that no engine which keeps its promises can leave out: the task's arguments are read, its value and the
//! next state are written as JSON, the history grows by one entry of the chain, and the record is found in a map and replaced.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sayiir_core::durable::Stored;
use sayiir_core::history::{Chain, Digest, Event, HistoryEntry, HistoryHead, IdempotencyKey};
use sayiir_core::ids::{Incarnation, LeafPath, RunId, StepNumber};
use sayiir_core::operation::TaskCall;
use sayiir_core::workflow::WorkflowState;

use crate::count::CountState;
use crate::{TOGETHER, ids};

/// What is kept of a run.
struct Kept {
    state: Stored,
    head: HistoryHead,
    history: Vec<HistoryEntry>,
}

/// Takes so many runs to their end, and says how long it took for each 64 of them.
pub(crate) fn counted(runs: u64, steps: u64) -> Vec<Duration> {
    let mut store = HashMap::new();
    let mut times = Vec::new();
    for first in (0..runs).step_by(TOGETHER) {
        let ids = ids(first, runs);
        let begun = Instant::now();
        for (number, id) in (first..).zip(&ids) {
            count(&mut store, number, id, steps);
        }
        times.push(begun.elapsed());
    }
    assert!(store.values().all(|kept| kept.state.as_str().starts_with('{')));
    times
}

fn count(store: &mut HashMap<RunId, Kept>, number: u64, id: &str, steps: u64) {
    let run = RunId::new(id).expect("a valid id");
    let input = Stored::encode(&(steps, false)).expect("it encodes");
    let first = kept(&run, number, steps, Event::Started { workflow: "count".into(), input: digest(&input) });
    store.insert(run.clone(), first);
    for step in 0..steps {
        let kept = store.get_mut(&run).expect("it was put in");
        let arguments = Stored::encode(&(step,)).expect("it encodes");
        let (value,): (u64,) = arguments.decode().expect("it reads back");
        let output = Stored::encode(&(value + 1)).expect("it encodes");
        let incarnation = Incarnation(u128::from(number));
        let key = IdempotencyKey { incarnation, step: StepNumber(step), path: LeafPath::default() };
        let event =
            Event::StepDone { task: "increment".into(), key, attempt: 1, micros: 0, output: digest(&output) };
        let mut chain = Chain::new(&run, incarnation, kept.head);
        kept.history.push(chain.append(Timestamp::now(), event));
        kept.head = chain.head();
        kept.state = state(step + 1, steps);
    }
    let kept = store.get(&run).expect("it was put in");
    assert_eq!(kept.history.len() as u64, steps + 1);
}

fn kept(run: &RunId, number: u64, steps: u64, event: Event) -> Kept {
    let mut chain = Chain::new(run, Incarnation(u128::from(number)), HistoryHead::default());
    let history = vec![chain.append(Timestamp::now(), event)];
    Kept { state: state(0, steps), head: chain.head(), history }
}

fn state(number: u64, end: u64) -> Stored {
    let state = CountState::Increment { call: TaskCall::new((number,)), end, waits: false };
    state.encode().expect("it encodes")
}

fn digest(json: &Stored) -> Digest {
    Digest::of(json.as_str().as_bytes())
}
