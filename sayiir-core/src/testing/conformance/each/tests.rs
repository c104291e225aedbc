//! There is one of each: a variant that is added and forgotten here, or a field that is always empty, is found.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::value::Error;
use serde::de::{Deserializer, Error as _, Visitor};
use serde_reflection::{ContainerFormat, Registry, Samples, Tracer, TracerConfig};

use super::*;
use crate::ids::RunId;
use crate::record::{LeafKind, StatusKind};

/// The variants of an enum, as its declaration names them.
fn declared<'de, T: Deserialize<'de>>() -> BTreeSet<String> {
    let mut variants = BTreeSet::new();
    // It is asked what to read, and never given it.
    assert!(T::deserialize(Asked(&mut variants)).is_err());
    variants
}

struct Asked<'a>(&'a mut BTreeSet<String>);

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("not an enum"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        self.0.extend(variants.iter().copied().map(String::from));
        Err(Error::custom("its variants are known now"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// What all of them together look like to serde.
fn held() -> Registry {
    let (mut tracer, mut samples) = (Tracer::new(TracerConfig::default()), Samples::new());
    for event in events() {
        tracer.trace_value(&mut samples, &event).expect("an event can be looked at");
    }
    for sketch in in_phases().into_iter().chain(ending()).chain([sketch("all")]) {
        tracer.trace_value(&mut samples, &sketch.record).expect("a record can be looked at");
        tracer.trace_value(&mut samples, &sketch.record.status()).expect("a status can be looked at");
    }
    tracer.registry().expect("whatever may be left out or empty is there in one of them")
}

#[test]
fn whatever_can_be_stored_is_in_one_of_them() {
    for (name, format) in held() {
        let ContainerFormat::Enum(variants) = format else { continue };
        let held: BTreeSet<String> = variants.into_values().map(|variant| variant.name).collect();
        let declared = match name.as_str() {
            "Event" => declared::<Event>(),
            "Phase" => declared::<Phase>(),
            "LeafKind" => declared::<LeafKind>(),
            "StoredOutcome" => declared::<StoredOutcome>(),
            "BlockReason" => declared::<BlockReason>(),
            "Ending" => declared::<Ending>(),
            "StatusKind" => declared::<StatusKind>(),
            "Result" => declared::<Result<RunId, AlreadyExists>>(),
            other => panic!("{other} is stored too: let this test look at its variants"),
        };
        assert_eq!(held, declared, "{name}");
    }
}
