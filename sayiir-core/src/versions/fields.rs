//! What a workflow saves at each place, field by field: what `state_schema!` writes down.

use std::fmt;

use crate::body::{Exit, Left};
use crate::codec::FieldCodec;

/// The saved variables of all places of a workflow.
#[derive(Debug, Default)]
pub struct Fields(Vec<Field>);

/// Whether a document reads as a type, and if not, why.
pub type Reads = Box<dyn Fn(&str) -> Result<(), serde_json::Error>>;

/// One saved variable.
pub struct Field {
    /// The variant.
    pub place: &'static str,
    /// Its name in the state.
    pub name: &'static str,
    /// Its type, as the compiler calls it.
    pub type_name: &'static str,
    /// What its type looks like to serde.
    pub shape: fn() -> Option<serde_json::Value>,
    /// Whether a document reads as its type.
    pub reads: Reads,
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}: {}", self.place, self.name, self.type_name)
    }
}

impl Fields {
    /// Adds one whose type the syntax names.
    pub fn add<T: 'static>(&mut self, place: &'static str, name: &'static str, codec: &FieldCodec<T>) {
        self.0.push(codec.described(place, name));
    }

    /// Adds those whose types rustc inferred, as the function that holds them describes them.
    pub fn add_inferred<S, N, R>(&mut self, left: Left<S, N, R>) {
        if let Left::Exit(Exit::Described(fields)) = left {
            self.0.extend(fields);
        }
    }

    /// All of them, by place and name.
    #[must_use]
    pub fn sorted(mut self) -> Vec<Field> {
        self.0.sort_by_key(|field| (field.place, field.name));
        self.0
    }
}
