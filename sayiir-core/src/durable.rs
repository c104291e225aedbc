//! What may be saved while a run waits: the [`Durable`] bound, and [`Stored`], a value kept as JSON until its type is needed.

use std::str::Utf8Error;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::codec::survives;
use crate::scratch::Scratch;

/// The largest input or payload where nothing else is said, in bytes of its JSON.
pub(crate) const LARGEST_PAYLOAD: usize = 2 * 1024 * 1024;

/// A value that a run can keep while it waits: owned, sendable, and able to go to JSON and back.
///
/// Implemented for every type that fits; there is nothing to implement by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored while the run waits",
    label = "this is stored, because it is needed after an `.await`",
    note = "a stored value is owned, `Send`, and derives `serde::Serialize` and `serde::Deserialize`; derive them, keep an owned copy, or use the value up before the `.await`"
)]
pub trait Durable: Serialize + DeserializeOwned + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> Durable for T {}

/// A JSON document exactly as it is stored, not yet decoded.
///
/// It serialises as the value it holds, so a field may change from `Stored` to the named type and back without touching
/// what is on disk.
///
/// A clone shares the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Stored(Arc<str>);

impl Stored {
    /// Encodes a value.
    ///
    /// # Errors
    /// What `serde_json` reports: a map with keys that are not strings, or a failing `Serialize`. In debug builds also a value
    /// that JSON would lose, such as a float that is not finite or `Some(None)`.
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        let written = written(value)?;
        Self::from_writer(&written).map_err(serde::ser::Error::custom)
    }

    /// Takes text that is already JSON.
    ///
    /// # Errors
    /// If it is not one well-formed JSON document.
    pub fn from_json(text: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text).map(Self::from)
    }

    /// Takes text that was written as JSON just now, piece by piece.
    pub(crate) fn from_writer(written: &[u8]) -> Result<Self, Utf8Error> {
        std::str::from_utf8(written).map(|text| Self(text.into()))
    }

    /// Decodes into the type that the caller knows.
    ///
    /// # Errors
    /// If the document does not fit `T`.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }

    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The JSON of a value that is not kept.
pub(crate) fn written<T: Serialize + ?Sized>(value: &T) -> Result<Scratch, serde_json::Error> {
    if cfg!(debug_assertions) {
        survives::check(value)?;
    }
    let mut written = Scratch::new();
    serde_json::to_writer(&mut *written, value)?;
    Ok(written)
}

// In JSON the document itself, in a binary format its text.
impl Serialize for Stored {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            let document: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
            document.serialize(serializer)
        } else {
            serializer.serialize_str(self.as_str())
        }
    }
}

impl<'de> Deserialize<'de> for Stored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            Box::<RawValue>::deserialize(deserializer).map(Self::from)
        } else {
            Self::from_json(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
        }
    }
}

impl std::fmt::Debug for Stored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Box<RawValue>> for Stored {
    fn from(raw: Box<RawValue>) -> Self {
        Self(Box::<str>::from(raw).into())
    }
}
