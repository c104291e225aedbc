//! What surrounds a body while it runs: scripted outcomes going in, a trace coming out.
//!
//! Everything random is drawn from one sequence in the order in which the body asks. A body that asks for the same things
//! in the same order therefore gets the same answers, and one that does not is found out by its trace.

use std::cell::RefCell;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::rng::Rng;

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::new(0));
}

/// How many turns all loops of one run may take together.
const TURNS: usize = 40;

/// How long a trace can be: the generator bounds every loop, so that a longer one is a defect.
const LONGEST: usize = 20_000;

struct World {
    script: Rng,
    /// How often a loop has asked for another turn.
    asked: usize,
    trace: Vec<String>,
    remembered: Vec<String>,
}

impl World {
    fn new(script: u64) -> Self {
        Self { script: Rng::of(script, 0), asked: 0, trace: Vec::new(), remembered: Vec::new() }
    }
}

fn with<R>(body: impl FnOnce(&mut World) -> R) -> R {
    WORLD.with_borrow_mut(body)
}

/// Begins a run on a script.
pub fn reset(script: u64) {
    with(|world| *world = World::new(script));
}

/// Ends a run: what it did, in order, and what it remembered for the case that it fails.
#[must_use]
pub fn take() -> (Vec<String>, Vec<String>) {
    with(|world| (std::mem::take(&mut world.trace), std::mem::take(&mut world.remembered)))
}

/// Something happened.
///
/// # Panics
/// If a run does not end.
pub fn note(what: String) {
    with(|world| {
        world.trace.push(what);
        assert!(world.trace.len() < LONGEST, "this run does not end");
    });
}

/// A task is to be run with this input if the workflow fails.
pub fn remember(task: &str, input: &str) {
    with(|world| world.remembered.push(format!("{task}{input}")));
}

/// All that is to be run by now.
pub fn remember_all(compensations: Vec<String>) {
    with(|world| world.remembered = compensations);
}

/// How much is remembered.
#[must_use]
pub fn remembered() -> usize {
    with(|world| world.remembered.len())
}

/// A child workflow has failed: what it has remembered since there was so much is undone, last first.
pub fn undo_since(mark: usize) {
    let failed = with(|world| world.remembered.split_off(mark));
    failed.iter().rev().for_each(|compensation| undone(compensation));
}

/// A compensation has been run.
pub fn undone(compensation: &str) {
    note(format!("undone {compensation}"));
}

/// A timer fires.
pub fn timer(until: Timestamp) {
    note(format!("timer {until}"));
}

/// A run is to be started; `false` if its id is taken.
#[must_use]
pub fn spawn(id: &str, workflow: &str, input: &str) -> bool {
    note(format!("spawn {id} {workflow}{input}"));
    draw(3) > 0
}

/// Whether nobody ever sends this signal.
#[must_use]
pub fn is_silent(name: &str) -> bool {
    name.starts_with("never")
}

/// Whether a loop may take another turn.
///
/// # Panics
/// If a run does not end.
#[must_use]
pub fn turn() -> bool {
    with(|world| {
        world.asked += 1;
        assert!(world.asked < LONGEST, "this run does not end");
        world.asked < TURNS
    })
}

/// A number that the script decides, from 0 to `end - 1`.
#[must_use]
pub fn draw(end: u32) -> u32 {
    with(|world| world.script.below(end))
}

/// A small number, at times negative.
#[must_use]
pub fn draw_int() -> i64 {
    i64::from(draw(19)) - 7
}

/// A short text.
#[must_use]
pub fn draw_text() -> String {
    ["", "a", "bc", "déf", "\"q\"", "{x}", "long text", "\\"][draw(8) as usize].to_owned()
}

/// The answer to a wait for a signal. The name's first part says what its payload is; `None` is a timeout.
#[must_use]
pub fn signal(name: &str, limited: bool) -> Option<Value> {
    note(format!("signal {name}"));
    if limited && draw(3) == 0 {
        note("timeout".into());
        return None;
    }
    Some(match name.split('-').next() {
        Some("int") => json!(draw_int()),
        Some("bool") => json!(draw(2) == 0),
        Some("text") => json!(draw_text()),
        Some("maybe") => match draw(3) {
            0 => Value::Null,
            _ => json!(draw_int()),
        },
        Some("point") => json!({ "x": draw_int(), "label": draw_text() }),
        _ => json!([draw_int(), draw_int()]),
    })
}
