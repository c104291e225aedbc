//! How a state enum becomes JSON and comes back: `{"Variant":{"field":…}}`.
//!
//! Generated code names each field once, through a [`FieldCodec`], so that the bound on its type is checked in one place
//! and with the span of the user's binding; the rest is free of generics.

pub(crate) mod survives;

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::durable::{Durable, Stored};
use crate::scratch::Scratch;
use crate::versions::{Field, ShapeOf, shape_of};

/// How one saved variable is written and read.
pub struct FieldCodec<T> {
    encode: fn(&T, &mut Vec<u8>) -> Result<(), serde_json::Error>,
    decode: fn(&str) -> Result<T, serde_json::Error>,
    shape: ShapeOf,
}

impl<T> std::fmt::Debug for FieldCodec<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FieldCodec").finish_non_exhaustive()
    }
}

impl<T> FieldCodec<T> {
    /// Itself, as that of values of this type.
    #[must_use]
    pub const fn of(&self, _values: &Option<T>) -> &Self {
        self
    }

    /// Encodes one variable by itself. In debug builds it is read back too: within the state it is JSON of no particular type, and
    /// [`Program::decode`](crate::workflow::Program::decode) takes it whatever it is.
    ///
    /// # Errors
    /// If it does not encode, or would not read back.
    pub fn save(&self, variant: &'static str, field: &'static str, value: &T) -> Result<Stored, Unencodable> {
        self.stored(value).map_err(|cause| Unencodable {
            variant: variant.into(),
            field: field.into(),
            cause,
        })
    }

    fn stored(&self, value: &T) -> Result<Stored, String> {
        let mut out = Scratch::new();
        (self.encode)(value, &mut out).map_err(|error| error.to_string())?;
        let stored = Stored::from_writer(&out).map_err(|error| error.to_string())?;
        // In release builds the round trip would cost as much as the step itself.
        if cfg!(debug_assertions) {
            (self.decode)(stored.as_str()).map_err(|error| format!("it would not read back: {error}"))?;
        }
        Ok(stored)
    }

    /// Decodes one variable.
    ///
    /// # Errors
    /// If the document does not fit.
    pub fn load(
        &self,
        variant: &'static str,
        field: &'static str,
        stored: &Stored,
    ) -> Result<T, Incompatible> {
        (self.decode)(stored.as_str())
            .map_err(|error| Incompatible { detail: format!("`{field}` of `{variant}`: {error}") })
    }
}

impl<T: 'static> FieldCodec<T> {
    /// What is known of a variable that is written by this codec.
    #[must_use]
    pub fn described(&self, place: &'static str, name: &'static str) -> Field {
        let decode = self.decode;
        Field {
            place,
            name,
            type_name: std::any::type_name::<T>(),
            shape: self.shape,
            reads: Box::new(move |text| decode(text).map(drop)),
        }
    }
}

/// The codec of any value that can be stored.
#[must_use]
pub const fn saved<T: Durable>() -> FieldCodec<T> {
    FieldCodec {
        encode: |value, out| {
            if cfg!(debug_assertions) {
                survives::check(value)?;
            }
            serde_json::to_writer(out, value)
        },
        decode: |text| serde_json::from_str(text),
        shape: shape_of::<T>,
    }
}

/// A value that could not be written, with the variable that held it.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("`{field}` of `{variant}` cannot be stored: {cause}")]
pub struct Unencodable {
    /// The place where the run was about to wait.
    pub variant: String,
    /// The saved variable.
    pub field: String,
    /// What the encoder said.
    pub cause: String,
}

/// A stored state that this binary cannot take up.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("the stored state does not fit this version of the workflow: {detail}")]
pub struct Incompatible {
    /// Which variant or field, and why.
    pub detail: String,
}

/// Writes one variant of a state.
#[derive(Debug)]
pub struct StateWriter {
    out: Scratch,
    variant: &'static str,
    fields: usize,
    fault: Option<Unencodable>,
}

impl StateWriter {
    /// Opens the variant. Called once, before its fields.
    #[must_use]
    pub fn variant(variant: &'static str) -> Self {
        let mut out = Scratch::new();
        out.extend_from_slice(b"{\"");
        out.extend_from_slice(variant.as_bytes());
        out.extend_from_slice(b"\":{");
        Self { out, variant, fields: 0, fault: None }
    }

    /// Writes one field. After the first failure the rest is skipped; [`finish`](Self::finish) reports it.
    pub fn field<T>(&mut self, codec: &FieldCodec<T>, name: &'static str, value: &T) {
        if self.fault.is_some() {
            return;
        }
        if self.fields > 0 {
            self.out.push(b',');
        }
        self.fields += 1;
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        if let Err(error) = (codec.encode)(value, &mut self.out) {
            self.fault = Some(Unencodable {
                variant: self.variant.into(),
                field: name.into(),
                cause: error.to_string(),
            });
        }
    }

    /// Closes the variant and hands over its JSON.
    ///
    /// # Errors
    /// The first field that could not be written.
    pub fn finish(mut self) -> Result<Stored, Unencodable> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        self.out.extend_from_slice(b"}}");
        let variant = self.variant;
        Stored::from_writer(&self.out).map_err(|error| Unencodable {
            variant: variant.into(),
            field: String::new(),
            cause: error.to_string(),
        })
    }
}

/// Reads one variant of a state.
#[derive(Debug)]
pub struct StateReader<'a> {
    variant: &'a str,
    fields: HashMap<&'a str, &'a RawValue>,
}

impl<'a> StateReader<'a> {
    /// Takes the document apart without decoding any field.
    ///
    /// # Errors
    /// If it is not one variant with its fields.
    pub fn new(state: &'a Stored) -> Result<Self, Incompatible> {
        #[derive(Deserialize)]
        struct Document<'a>(#[serde(borrow)] HashMap<&'a str, HashMap<&'a str, &'a RawValue>>);
        let Document(variants) = serde_json::from_str(state.as_str())
            .map_err(|error| Incompatible { detail: error.to_string() })?;
        let mut variants = variants.into_iter();
        match (variants.next(), variants.next()) {
            (Some((variant, fields)), None) => Ok(Self { variant, fields }),
            (None, _) | (Some(_), Some(_)) => {
                Err(Incompatible { detail: "expected exactly one variant".into() })
            }
        }
    }

    /// The fields as they are stored.
    pub(crate) fn stored_fields(&self) -> impl Iterator<Item = (&'a str, Stored)> {
        self.fields.iter().map(|(name, raw)| (*name, Stored::from((*raw).to_owned())))
    }

    /// The stored variant's name.
    #[must_use]
    pub fn variant_name(&self) -> &'a str {
        self.variant
    }

    /// Decodes one field.
    ///
    /// # Errors
    /// If it is missing or does not fit.
    pub fn field<T>(&self, codec: &FieldCodec<T>, name: &'static str) -> Result<T, Incompatible> {
        let raw = self.fields.get(name).ok_or_else(|| Incompatible {
            detail: format!("`{}` has no saved variable `{name}`", self.variant),
        })?;
        (codec.decode)(raw.get())
            .map_err(|error| Incompatible { detail: format!("`{name}` of `{}`: {error}", self.variant) })
    }

    /// The answer to a variant that this binary does not have.
    #[must_use]
    pub fn unknown(&self) -> Incompatible {
        Incompatible { detail: format!("there is no place `{}` to wait at any more", self.variant) }
    }
}
