//! The state that an earlier version left, on its way into this one: what `#[workflow(upgrade = ..)]` is handed.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{Incompatible, StateReader};
use crate::durable::Stored;
use crate::workflow::WorkflowState;

/// A stored state that this version of the workflow cannot read as it is.
///
/// An upgrade looks at the place and the saved variables and makes the new state of them, either field by field, or by
/// changing what no longer fits and decoding the rest as it is. Several versions are chained by changing step by step:
///
/// ```
/// use sayiir::prelude::*;
/// use sayiir::versions::{StoredState, UpgradeError};
///
/// fn from_older_versions(mut old: StoredState) -> Result<ExpenseApprovalState, UpgradeError> {
///     if old.has("amount") && !old.has("total") {
///         old.rename("amount", "total")?; // version 2
///     }
///     if !old.has("currency") {
///         old.set("currency", "EUR")?; // version 3
///     }
///     old.decode()
/// }
///
/// #[workflow(upgrade = from_older_versions)]
/// async fn expense_approval(total: u32, currency: String) -> String {
///     let by: String = signal!("approved").await;
///     format!("{total} {currency} approved by {by}")
/// }
/// ```
#[derive(Debug, Clone)]
pub struct StoredState {
    place: String,
    fields: BTreeMap<String, Stored>,
}

impl StoredState {
    /// Takes the document apart.
    ///
    /// # Errors
    /// If it is not one variant with its fields.
    pub(crate) fn new(state: &Stored) -> Result<Self, Incompatible> {
        let reader = StateReader::new(state)?;
        let fields = reader.stored_fields().map(|(name, value)| (name.to_owned(), value)).collect();
        Ok(Self { place: reader.variant_name().to_owned(), fields })
    }

    /// Where the run waits: the name of the variant.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Says that this is the state of another place.
    pub fn move_to(&mut self, place: impl Into<String>) {
        self.place = place.into();
    }

    /// The names of the saved variables, sorted. What is waited for is called `awaiting`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// Whether a variable of that name was saved.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// A saved variable, or `awaiting`.
    ///
    /// # Errors
    /// If there is none of that name, or if it does not read as a `T`.
    pub fn field<T: DeserializeOwned>(&self, name: &str) -> Result<T, UpgradeError> {
        let stored = self.fields.get(name).ok_or_else(|| self.missing(name))?;
        stored.decode().map_err(|source| UpgradeError::Field {
            place: self.place.clone(),
            field: name.into(),
            source: source.into(),
        })
    }

    /// Saves a variable, in the place of one of that name.
    ///
    /// # Errors
    /// If the value does not encode.
    pub fn set<T: Serialize + ?Sized>(
        &mut self,
        name: impl Into<String>,
        value: &T,
    ) -> Result<(), UpgradeError> {
        let field = name.into();
        let stored = Stored::encode(value).map_err(|source| UpgradeError::Field {
            place: self.place.clone(),
            field: field.clone(),
            source: source.into(),
        })?;
        self.fields.insert(field, stored);
        Ok(())
    }

    /// Gives a variable another name.
    ///
    /// # Errors
    /// If there is none of the old name.
    pub fn rename(&mut self, old: &str, new: impl Into<String>) -> Result<(), UpgradeError> {
        let stored = self.fields.remove(old).ok_or_else(|| self.missing(old))?;
        self.fields.insert(new.into(), stored);
        Ok(())
    }

    /// Reads what is there now as a state of this version. Variables that it does not need are left aside.
    ///
    /// # Errors
    /// What still does not fit, by name.
    pub fn decode<S: WorkflowState>(&self) -> Result<S, UpgradeError> {
        let document = BTreeMap::from([(&self.place, &self.fields)]);
        let stored = Stored::encode(&document)
            .map_err(|error| Incompatible { detail: format!("`{}`: {error}", self.place) })?;
        Ok(S::decode(&StateReader::new(&stored)?)?)
    }

    /// What to answer for a place that the upgrade does not know.
    #[must_use]
    pub fn unknown(&self) -> UpgradeError {
        UpgradeError::UnknownPlace { place: self.place.clone() }
    }

    fn missing(&self, name: &str) -> UpgradeError {
        UpgradeError::Missing { place: self.place.clone(), field: name.into() }
    }
}

/// Why a state of an earlier version could not be taken up. The run is `Blocked(Incompatible)` with these words; its state
/// stays as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpgradeError {
    /// The upgrade has nothing for runs that wait there.
    #[error("there is no upgrade for a run that waits at `{place}`")]
    UnknownPlace {
        /// The stored variant.
        place: String,
    },
    /// No such variable was saved.
    #[error("`{place}` has no saved variable `{field}`")]
    Missing {
        /// The stored variant.
        place: String,
        /// The variable.
        field: String,
    },
    /// A variable does not read or write as what the upgrade takes it for.
    #[error("`{field}` of `{place}`: {source}")]
    Field {
        /// The stored variant.
        place: String,
        /// The variable.
        field: String,
        /// What `serde_json` says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The state that was made does not fit this version.
    #[error(transparent)]
    Incompatible(#[from] Incompatible),
    /// The upgrade's own reason.
    #[error("{reason}")]
    Refused {
        /// In the words of the upgrade.
        reason: String,
    },
}

impl UpgradeError {
    /// The upgrade's own reason not to take up a run.
    pub fn refused(reason: impl fmt::Display) -> Self {
        Self::Refused { reason: reason.to_string() }
    }
}
