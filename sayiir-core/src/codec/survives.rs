//! Whether a value survives JSON: some are written without complaint and come back as something else.
//!
//! Floats that are not finite become `null`, and so does `Some(None)`, `Some(())` and the like, which read back as `None`. This
//! serializer writes nothing; it only looks. Checked in debug builds, where a second look at each saved value costs nothing that
//! matters.

use std::cell::Cell;
use std::fmt::Display;

use serde::ser::{self, Serialize, Serializer};
use serde_json::Error;

thread_local! {
    /// Whether a value is being looked at on this thread.
    static LOOKING: Cell<bool> = const { Cell::new(false) };
}

/// Ends the look, also if the value's own code panics.
struct Done;

impl Drop for Done {
    fn drop(&mut self) {
        LOOKING.set(false);
    }
}

/// Looks at a value before it is written. The state of a workflow within is written by its own codecs, which look by themselves
/// when they write: looked at from each workflow around it too, it would be written twice for each.
///
/// # Errors
/// What would not come back.
pub(crate) fn check<T: Serialize + ?Sized>(value: &T) -> Result<(), Error> {
    if LOOKING.replace(true) {
        return Ok(());
    }
    let _done = Done;
    look(value)
}

fn look<T: Serialize + ?Sized>(value: &T) -> Result<(), Error> {
    value.serialize(Look).map(drop)
}

/// What a value is in JSON.
#[derive(PartialEq, Eq)]
enum Seen {
    Null,
    Other,
}

#[derive(Clone, Copy)]
struct Look;

fn lost(what: impl Display) -> Error {
    ser::Error::custom(format!("JSON cannot hold {what}: it would come back as `None`"))
}

fn float(value: f64) -> Result<Seen, Error> {
    if value.is_finite() { Ok(Seen::Other) } else { Err(lost(format_args!("the number {value}"))) }
}

macro_rules! others {
    ($($method:ident: $ty:ty,)*) => {
        $(fn $method(self, _: $ty) -> Result<Seen, Error> {
            Ok(Seen::Other)
        })*
    };
}

impl Serializer for Look {
    type Ok = Seen;
    type Error = Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    others! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_i128: i128, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_u128: u128, serialize_char: char, serialize_str: &str, serialize_bytes: &[u8],
    }

    fn serialize_f32(self, value: f32) -> Result<Seen, Error> {
        float(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<Seen, Error> {
        float(value)
    }

    fn serialize_none(self) -> Result<Seen, Error> {
        Ok(Seen::Null)
    }

    fn serialize_unit(self) -> Result<Seen, Error> {
        Ok(Seen::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Seen, Error> {
        Ok(Seen::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Seen, Error> {
        match value.serialize(self)? {
            Seen::Null => Err(lost("`Some` of nothing, such as `Some(None)` or `Some(())`")),
            Seen::Other => Ok(Seen::Other),
        }
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<Seen, Error> {
        Ok(Seen::Other)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Seen, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<Seen, Error> {
        value.serialize(self).map(|_| Seen::Other)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Error> {
        Ok(self)
    }
}

macro_rules! parts {
    ($($part:ident: $method:ident($($name:ty)?),)*) => {
        $(impl ser::$part for Look {
            type Ok = Seen;
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, $(_: $name,)? value: &T) -> Result<(), Error> {
                look(value)
            }

            fn end(self) -> Result<Seen, Error> {
                Ok(Seen::Other)
            }
        })*
    };
}

parts! {
    SerializeSeq: serialize_element(),
    SerializeTuple: serialize_element(),
    SerializeTupleStruct: serialize_field(),
    SerializeTupleVariant: serialize_field(),
    SerializeStruct: serialize_field(&'static str),
    SerializeStructVariant: serialize_field(&'static str),
}

impl ser::SerializeMap for Look {
    type Ok = Seen;
    type Error = Error;

    /// The encoder has its own word on keys.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        look(value)
    }

    fn end(self) -> Result<Seen, Error> {
        Ok(Seen::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_would_lose_is_told() {
        let lost = |result: Result<(), Error>| result.expect_err("it would be lost").to_string();
        assert!(lost(check(&f64::NAN)).contains("NaN"));
        assert!(lost(check(&vec![Some(f32::INFINITY)])).contains("inf"));
        assert!(lost(check(&Some(()))).contains("Some"));
        assert!(lost(check(&(1, vec![Some(None::<u8>)]))).contains("Some"));
    }

    #[test]
    fn what_json_holds_passes() {
        assert!(check(&(1.5, None::<u8>, Some("text"), vec![Some(vec![()])], Some(Ok::<u8, ()>(1)))).is_ok());
    }
}
