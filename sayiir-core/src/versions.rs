//! Versions: what a new binary finds of the runs that an old one left waiting.
//!
//! A state is known by its place (the variant's name) and by a fingerprint of what is saved there. The fingerprint is a hint:
//! where it differs, the state is decoded, and only what does not decode is handed to `#[workflow(upgrade = ..)]` or blocked.

mod fields;
mod report;
mod stored_state;

pub use fields::{Field, Fields, Reads};
pub use report::{Misfit, VersionReport, Why};
pub use stored_state::{StoredState, UpgradeError};

/// The shape of a type as `testing::state_schema!` writes it down; `None` where serde does not tell, and without the test kit.
pub(crate) type ShapeOf = fn() -> Option<serde_json::Value>;

#[cfg_attr(
    not(feature = "testing"),
    expect(clippy::extra_unused_type_parameters, reason = "only the test kit looks at the type")
)]
pub(crate) fn shape_of<T: crate::durable::Durable>() -> Option<serde_json::Value> {
    #[cfg(feature = "testing")]
    return crate::testing::shape_of::<T>();
    #[cfg(not(feature = "testing"))]
    return None;
}

/// One place where a workflow can wait, as this binary knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The variant's name, under which states are stored.
    pub name: &'static str,
    /// What it was named after, before a number was added; `None` if `#[at(..)]` names it, or if it is the start.
    pub numbered: Option<&'static str>,
    /// The fingerprint of its saved variables: names and types as written.
    pub schema: u32,
}
