//! What must hold of every run at the end, whatever went wrong on the way.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;
use sayiir_core::history::Event;

use super::SIGNALS;
use super::client::Client;
use crate::promises::world::World;

/// The history of one run, and who it is.
pub(super) struct Story<'a> {
    pub(super) events: Vec<(Timestamp, &'a Event)>,
    pub(super) context: &'a str,
}

impl Story<'_> {
    /// Each step is committed once, and was really done.
    pub(super) fn steps_are_done_once(&self, world: &World) {
        let called: BTreeSet<String> = world.calls().into_iter().map(|call| call.key).collect();
        let mut done = HashSet::new();
        for (_, event) in &self.events {
            if let Event::StepDone { key, .. } = event {
                assert!(done.insert(key), "{}: step {key} was committed twice", self.context);
                assert!(called.contains(&key.to_string()), "{}: step {key} never ran", self.context);
            }
        }
    }

    /// No timer fires early.
    pub(super) fn timers_are_not_early(&self) {
        for (at, event) in &self.events {
            if let Event::TimerFired { due, .. } = event {
                assert!(at >= due, "{}: a timer for {due} fired at {at}", self.context);
            }
        }
    }

    /// Every acknowledged message was received once; they are taken in the order they were sent, and none twice.
    pub(super) fn signals_are_in_order(&self, client: &Client) {
        for (signal, acknowledged) in SIGNALS.iter().zip(client.sent) {
            self.one_signal_is_in_order(signal, acknowledged);
        }
    }

    fn one_signal_is_in_order(&self, wanted: &str, acknowledged: u64) {
        let context = self.context;
        let (mut received, mut consumed) = (0, 0);
        for (_, event) in &self.events {
            match event {
                Event::SignalReceived { signal, position, .. } if signal == wanted => {
                    assert_eq!(
                        *position, received,
                        "{context}: messages of `{wanted}` are numbered in order"
                    );
                    received += 1;
                }
                Event::SignalTaken { signal, position } | Event::SignalSuperseded { signal, position }
                    if signal == wanted =>
                {
                    assert_eq!(*position, consumed, "{context}: messages of `{wanted}` are taken in order");
                    consumed += 1;
                }
                _ => {}
            }
        }
        // One more may have been stored by a process that ended, or a store that failed, before it could say so.
        assert!(
            (acknowledged..=acknowledged + 1).contains(&received),
            "{context}: {received} of {acknowledged}"
        );
        assert!(consumed <= received, "{context}: {consumed} of {received}");
    }

    /// What was reserved is released at most once, within one script last first; all of it if the run was undone.
    pub(super) fn reservations_are_undone(&self, world: &World, all: bool) -> usize {
        let context = self.context;
        let labels: BTreeMap<String, String> =
            world.calls().into_iter().map(|call| (call.key, call.label)).collect();
        let mut remembered: Vec<&str> = Vec::new();
        let mut released = 0;
        for (_, event) in &self.events {
            let Event::StepDone { task, key, .. } = event else { continue };
            let label = labels[&key.to_string()].as_str();
            if *task == "release" {
                let place = remembered.iter().rposition(|other| script(other) == script(label));
                let last = place.map(|place| remembered.remove(place));
                assert_eq!(
                    last,
                    Some(label),
                    "{context}: the last of its script is released first, and once"
                );
                released += 1;
            } else if label.ends_with(" reserved") {
                remembered.push(label);
            }
        }
        assert!(!all || remembered.is_empty(), "{context}: not released: {remembered:?}");
        released
    }
}

/// The script in which a task stands.
fn script(label: &str) -> &str {
    label.split(" task-").next().unwrap_or(label)
}

/// Tasks that may run at most once began at most once.
pub(super) fn once_is_once(world: &World, seed: u64) {
    let mut attempts: BTreeMap<(String, u32), usize> = BTreeMap::new();
    for call in world.calls().into_iter().filter(|call| call.task == "once") {
        *attempts.entry((call.key, call.attempt)).or_default() += 1;
    }
    let twice: Vec<_> = attempts.into_iter().filter(|(_, count)| *count > 1).collect();
    assert!(twice.is_empty(), "seed {seed}: {twice:?}");
}
