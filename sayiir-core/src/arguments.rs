//! How the arguments of tasks and workflows are stored: as a JSON array.
//!
//! Each argument is written and read by itself, so that generated code can ask at its place in the signature whether it can
//! be stored, and nothing else asks again.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::durable::{Durable, Stored};

/// How a tuple of arguments is written and read. The attributes implement it for the task or workflow itself.
pub trait Intake<Input> {
    /// How many there are.
    const COUNT: usize;

    /// Writes one after the other.
    ///
    /// # Errors
    /// What the serializer or a `Serialize` reports.
    fn write<S: SerializeTuple>(input: &Input, into: &mut S) -> Result<(), S::Error>;

    /// Reads one after the other.
    ///
    /// # Errors
    /// If one is missing or does not fit.
    fn read<'de, S: SeqAccess<'de>>(from: &mut S) -> Result<Input, S::Error>;
}

/// Reads the next argument.
pub(crate) fn next<'de, T: DeserializeOwned, S: SeqAccess<'de>>(from: &mut S) -> Result<T, S::Error> {
    let missing = || serde::de::Error::custom("fewer arguments are stored than it takes");
    from.next_element()?.ok_or_else(missing)
}

/// Encodes the arguments.
pub(crate) fn encode<K: Intake<I>, I>(input: &I) -> Result<Stored, serde_json::Error> {
    struct Outgoing<'a, K, I>(&'a I, PhantomData<fn() -> K>);
    impl<K: Intake<I>, I> Serialize for Outgoing<'_, K, I> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serialize::<K, I, S>(self.0, serializer)
        }
    }
    Stored::encode(&Outgoing(input, PhantomData::<fn() -> K>))
}

/// Decodes the arguments.
pub(crate) fn decode<K: Intake<I>, I>(stored: &[u8]) -> Result<I, serde_json::Error> {
    struct Incoming<K, I>(I, PhantomData<fn() -> K>);
    impl<'de, K: Intake<I>, I> Deserialize<'de> for Incoming<K, I> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserialize::<K, I, D>(deserializer).map(|input| Self(input, PhantomData))
        }
    }
    serde_json::from_slice(stored).map(|Incoming::<K, I>(input, _)| input)
}

pub(crate) fn serialize<K: Intake<I>, I, S: Serializer>(input: &I, serializer: S) -> Result<S::Ok, S::Error> {
    let mut tuple = serializer.serialize_tuple(K::COUNT)?;
    K::write(input, &mut tuple)?;
    tuple.end()
}

pub(crate) fn deserialize<'de, K: Intake<I>, I, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<I, D::Error> {
    struct Each<K, I>(PhantomData<fn() -> (K, I)>);
    impl<'de, K: Intake<I>, I> Visitor<'de> for Each<K, I> {
        type Value = I;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{} arguments", K::COUNT)
        }
        fn visit_seq<S: SeqAccess<'de>>(self, mut from: S) -> Result<I, S::Error> {
            K::read(&mut from)
        }
    }
    deserializer.deserialize_tuple(K::COUNT, Each::<K, I>(PhantomData))
}

/// The [`Intake`] of tuples of [`Durable`] values.
#[derive(Debug)]
pub struct Array;

macro_rules! tuples {
    ($($count:literal: $($name:ident $value:ident)*;)*) => { $(
        impl<$($name: Durable),*> Intake<($($name,)*)> for Array {
            const COUNT: usize = $count;
            fn write<S: SerializeTuple>(input: &($($name,)*), _into: &mut S) -> Result<(), S::Error> {
                let ($($value,)*) = input;
                $(_into.serialize_element($value)?;)*
                Ok(())
            }
            fn read<'de, S: SeqAccess<'de>>(_from: &mut S) -> Result<($($name,)*), S::Error> {
                Ok(($(next::<$name, S>(_from)?,)*))
            }
        }
    )* };
}

tuples! {
    0:;
    1: A a;
    2: A a B b;
    3: A a B b C c;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_an_array_also_when_there_are_none() {
        let none = encode::<Array, _>(&()).expect("nothing encodes");
        assert_eq!(none.as_str(), "[]");
        decode::<Array, ()>(none.as_str().as_bytes()).expect("and decodes");
        let two = encode::<Array, _>(&(1u32, "a".to_owned())).expect("they encode");
        assert_eq!(two.as_str(), r#"[1,"a"]"#);
        assert_eq!(
            decode::<Array, (u32, String)>(two.as_str().as_bytes()).expect("and decode"),
            (1, "a".to_owned())
        );
    }

    #[test]
    fn arguments_of_another_number_do_not_decode() {
        let two = b"[1,2]";
        assert!(decode::<Array, (u32,)>(two).is_err());
        let error = decode::<Array, (u32, u32, u32)>(two).expect_err("one is missing");
        assert!(error.to_string().contains("fewer arguments are stored than it takes"), "{error}");
    }
}
