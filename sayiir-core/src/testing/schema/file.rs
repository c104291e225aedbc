//! `workflow.states.json`: what is written, and how it is read.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Named;
use crate::versions::{Field, Place};
use crate::workflow::{Program, Registry};

/// The format of the file that this version writes.
const FORMAT: u32 = 1;

/// The whole file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StatesFile {
    /// Which format this is.
    pub(super) format: u32,
    /// By durable name.
    pub(super) workflows: Named<WorkflowStates>,
}

/// One workflow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct WorkflowStates {
    /// The payload of each signal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) signals: Named<TypeOf>,
    /// Where runs can wait.
    pub(super) places: Named<PlaceStates>,
}

/// One place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PlaceStates {
    /// What the place is named after, where it is numbered by its order in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) numbered: Option<String>,
    /// What is saved there.
    pub(super) saves: Named<TypeOf>,
}

/// A type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct TypeOf {
    /// As the compiler calls it, without the modules.
    #[serde(rename = "type")]
    pub(super) name: String,
    /// What it looks like to serde; see `shape`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shape: Option<Value>,
}

impl StatesFile {
    /// What the code says.
    pub(super) fn of(registry: &Registry) -> Self {
        let programs = registry.programs();
        let workflows =
            programs.map(|(name, program)| (name.clone().into_owned(), WorkflowStates::of(&**program)));
        Self { format: FORMAT, workflows: workflows.collect() }
    }

    /// What is committed; `None` if there is no file yet.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, String> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{} cannot be read: {error}", path.display())),
        };
        let file: Self = serde_json::from_str(&text)
            .map_err(|error| format!("{} is not a file of states: {error}", path.display()))?;
        if file.format > FORMAT {
            return Err(format!(
                "{} has format {}, and this version of sayiir reads up to {FORMAT}",
                path.display(),
                file.format
            ));
        }
        Ok(Some(file))
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), String> {
        let mut text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        text.push('\n');
        std::fs::write(path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()))
    }
}

impl WorkflowStates {
    fn of(program: &dyn Program) -> Self {
        let fields = program.fields();
        let place = |place: &Place| {
            let here = fields.iter().filter(|field| field.place == place.name);
            let saves = here.map(|field| (field.name.to_owned(), TypeOf::field(field))).collect();
            let states = PlaceStates { numbered: place.numbered.map(Into::into), saves };
            (place.name.to_owned(), states)
        };
        let signals = program.signals().iter().map(|signal| {
            let payload = TypeOf { name: short((signal.payload)()), shape: (signal.shape)() };
            (signal.name.to_owned(), payload)
        });
        Self { signals: signals.collect(), places: program.places().iter().map(place).collect() }
    }
}

impl TypeOf {
    fn field(field: &Field) -> Self {
        let name = short(field.type_name);
        // What a wait saves does not depend on its payload, which stands with the signals.
        let wait = ["SignalWait", "SignalWithin"].into_iter().find(|wait| name.starts_with(wait));
        Self { name: wait.map_or(name, Into::into), shape: (field.shape)() }
    }
}

/// The name of a type without the modules: they may move.
fn short(type_name: &str) -> String {
    let mut short = String::new();
    let mut segment = String::new();
    for letter in type_name.chars() {
        if letter == ':' {
            segment.clear();
        } else if letter.is_alphanumeric() || letter == '_' {
            segment.push(letter);
        } else {
            short.push_str(&std::mem::take(&mut segment));
            short.push(letter);
        }
    }
    short + &segment
}
