//! Whether runs that wait under the committed states would go on under this code.

use std::fmt;

use serde_json::Value;

use super::Named;
use super::file::{PlaceStates, StatesFile, TypeOf, WorkflowStates};
use super::shape::documents;
use crate::durable::Stored;
use crate::signal::SignalDeclaration;
use crate::versions::Field;
use crate::workflow::{Program, Registry};

/// One thing that parked runs would not survive.
#[derive(Debug)]
pub(super) struct Problem {
    /// Where: the workflow, and the place or signal in it.
    at: String,
    /// What is wrong.
    what: String,
    /// What to write.
    cure: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, what, cure } = self;
        write!(f, "{at}: {what}\n    {cure}")
    }
}

/// Everything that is wrong, in the order of the file.
pub(super) fn problems(committed: &StatesFile, now: &StatesFile, registry: &Registry) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, before) in &committed.workflows {
        match (now.workflows.get(name), registry.program(name)) {
            (Some(now), Some(program)) => {
                let mut comparison = Comparison { name, program: &**program, problems: Vec::new() };
                comparison.places(before, now);
                comparison.numbers(before, now);
                comparison.signals(before, now);
                problems.append(&mut comparison.problems);
            }
            (_, _) => problems.push(Problem {
                at: format!("workflow `{name}`"),
                what: "it is not among those that the test names".into(),
                cure: format!("name it in `state_schema!`; if the function was renamed, keep `#[workflow(name = \"{name}\")]`"),
            }),
        }
    }
    problems
}

struct Comparison<'a> {
    name: &'a str,
    program: &'a dyn Program,
    problems: Vec<Problem>,
}

impl Comparison<'_> {
    fn report(&mut self, at: impl fmt::Display, what: String, cure: String) {
        self.problems.push(Problem { at: format!("workflow `{}`, {at}", self.name), what, cure });
    }

    /// What an upgrade can take up. Whether the one that is there does is tried on runs, not on shapes.
    fn report_for_upgrade(&mut self, at: impl fmt::Display, what: String, cure: String) {
        let cure = if self.program.has_upgrade() {
            "its `upgrade` has to take these runs up: see that it does, with `engine.check()` on a copy of the database or a test that deploys over such a run".into()
        } else {
            cure
        };
        self.report(at, what, cure);
    }

    fn places(&mut self, before: &WorkflowStates, now: &WorkflowStates) {
        let fields = self.program.fields();
        for (place, saved) in &before.places {
            match now.places.get(place) {
                None => self.report_for_upgrade(
                    format_args!("place `{place}`"),
                    "runs can wait there no more".into(),
                    format!(
                        "keep the wait; if it only has another name, put `#[at(\"{}\")]` before its statement; or take the runs elsewhere by `#[workflow(upgrade = ..)]`",
                        snake(place)
                    ),
                ),
                Some(needed) => self.saved(place, saved, needed, &fields),
            }
        }
    }

    fn saved(&mut self, place: &str, saved: &PlaceStates, needed: &PlaceStates, fields: &[Field]) {
        for (field, ty) in &needed.saves {
            let at = format!("place `{place}`");
            let Some(old) = saved.saves.get(field) else {
                self.report_for_upgrade(
                    at,
                    format!("the variable `{field}` is needed there now, and parked runs have not saved it"),
                    "fetch it after the wait, keep the old name of the variable, or give it to them by `#[workflow(upgrade = ..)]`".into(),
                );
                continue;
            };
            let reads = fields.iter().find(|known| known.place == place && known.name == field);
            let refusal = reads.and_then(|known| refusal(old, ty, &*known.reads));
            if let Some(refusal) = refusal {
                self.report_for_upgrade(
                    at,
                    format!("the saved variable `{field}` {refusal}"),
                    "make the new type read the old one (`#[serde(default)]`, `#[serde(alias = \"..\")]`), or convert it by `#[workflow(upgrade = ..)]`".into(),
                );
            }
        }
    }

    /// Places of one base are numbered in source order, so that one more or one less may shift the others.
    fn numbers(&mut self, before: &WorkflowStates, now: &WorkflowStates) {
        let after = counted(&now.places);
        for (base, count) in counted(&before.places) {
            let found = after.get(base).copied().unwrap_or_default();
            if found != count && found + count > 2 {
                self.report(
                    format_args!("places `{base}`"),
                    format!("there were {count} of them and are {found}: they are numbered in source order, so runs may go on at another one"),
                    format!("name each that stays as it was called: `#[at(\"{}\")]`, … before its statement", snake(base)),
                );
            }
        }
    }

    fn signals(&mut self, before: &WorkflowStates, now: &WorkflowStates) {
        for (signal, payload) in &before.signals {
            let declared = self.program.signals().iter().find(|declared| declared.name == signal.as_str());
            match (declared, now.signals.get(signal)) {
                (Some(declared), Some(ty)) => self.payload(declared, payload, ty),
                (_, _) => self.unsendable(signal, before, now),
            }
        }
    }

    fn payload(&mut self, declared: &SignalDeclaration, before: &TypeOf, now: &TypeOf) {
        if let Some(refusal) = refusal(before, now, &|text| check(declared, text)) {
            self.report(
                format_args!("signal `{}`", declared.name),
                format!("the payload {refusal}, and messages that wait in the inbox would be rejected"),
                "make the new type read the old one (`#[serde(default)]`, `#[serde(alias = \"..\")]`)".into(),
            );
        }
    }

    /// A signal that is gone. Where its place is gone as well, that says all.
    fn unsendable(&mut self, signal: &str, before: &WorkflowStates, now: &WorkflowStates) {
        let stay = before.places.iter().filter(|(place, states)| {
            now.places.contains_key(place.as_str()) && may_wait_for(states, signal)
        });
        let places: Vec<_> = stay.map(|(place, _)| format!("`{place}`")).collect();
        if places.is_empty() {
            return;
        }
        self.report_for_upgrade(
            format_args!("signal `{signal}`"),
            format!("runs that wait for it at {} were stored with this name, and it cannot be sent any more", places.join(" or ")),
            "keep the name of the signal; or let `#[workflow(upgrade = ..)]` give them another wait, which is `awaiting` of the state"
                .into(),
        );
    }
}

/// Whether a run at this place may wait for the signal. The file does not say for which one, where `#[at(..)]` names the place.
fn may_wait_for(states: &PlaceStates, signal: &str) -> bool {
    let waits = states.saves.get("awaiting").is_some_and(|awaiting| awaiting.name.contains("Signal"));
    waits && states.numbered.as_deref().is_none_or(|base| letters(base).contains(&letters(signal)))
}

/// What a name and the place that is named after it have in common.
fn letters(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn check(declared: &SignalDeclaration, text: &str) -> Result<(), serde_json::Error> {
    (declared.check)(&Stored::from_json(text.to_owned())?)
}

/// Why documents of the old type do not read as the new one: tried where the shape is known, else by the type's name.
fn refusal(
    old: &TypeOf,
    new: &TypeOf,
    reads: &dyn Fn(&str) -> Result<(), serde_json::Error>,
) -> Option<String> {
    let (before, now) = (&old.name, &new.name);
    let documents = old.shape.as_ref().map(documents).unwrap_or_default();
    if documents.is_empty() {
        return (before != now).then(|| {
            format!(
                "was a `{before}` and is a `{now}`, and serde does not tell whether one reads as the other"
            )
        });
    }
    let failed =
        |document: &Value| reads(&document.to_string()).err().map(|error| (document.to_string(), error));
    let (document, error) = documents.iter().find_map(failed)?;
    let types =
        if before == now { format!("(`{now}`)") } else { format!("was a `{before}` and is a `{now}`;") };
    Some(format!("{types} does not read as it was saved: {error}, in {document}"))
}

fn counted(places: &Named<PlaceStates>) -> std::collections::BTreeMap<&str, usize> {
    let mut counts = std::collections::BTreeMap::new();
    for base in places.values().filter_map(|place| place.numbered.as_deref()) {
        *counts.entry(base).or_insert(0) += 1;
    }
    counts
}

/// As `#[at(..)]` is written: `ManagerApproval2` is `manager_approval2`.
fn snake(place: &str) -> String {
    let mut snake = String::new();
    for letter in place.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
