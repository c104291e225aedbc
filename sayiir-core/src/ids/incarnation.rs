//! What tells a run from every other one that has had or will have its id.

use std::fmt;

use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::bytes;

/// 128 random bits drawn when a run starts: two runs that use one id after another never share an idempotency key.
///
/// In JSON, and as text, 32 hexadecimal digits: a number of that size is more than most readers of JSON can hold. In a binary
/// format its 16 bytes, the most significant first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Incarnation(pub u128);

impl Incarnation {
    /// Reads what `Display` writes, and nothing else.
    pub(super) fn parse(digits: &str) -> Option<Self> {
        let read = Self(u128::from_str_radix(digits, 16).ok()?);
        (read.to_string() == digits).then_some(read)
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Serialize for Incarnation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_bytes(&self.0.to_be_bytes())
        }
    }
}

impl<'de> Deserialize<'de> for Incarnation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let digits = String::deserialize(deserializer)?;
            Self::parse(&digits)
                .ok_or_else(|| D::Error::invalid_value(Unexpected::Str(&digits), &"32 hexadecimal digits"))
        } else {
            bytes::read(deserializer).map(|bytes| Self(u128::from_be_bytes(bytes)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incarnation_reads_back_and_is_never_longer_than_its_bits() {
        for incarnation in [Incarnation(0), Incarnation(0x2a), Incarnation(u128::MAX)] {
            let json = serde_json::to_string(&incarnation).expect("it encodes");
            assert_eq!(json, format!("\"{incarnation}\""));
            assert_eq!(json.len(), 34);
            assert_eq!(serde_json::from_str::<Incarnation>(&json).expect("it reads back"), incarnation);
            let bytes = postcard::to_stdvec(&incarnation).expect("it encodes");
            assert_eq!(bytes, [&[16], incarnation.0.to_be_bytes().as_slice()].concat());
            assert_eq!(postcard::from_bytes::<Incarnation>(&bytes).expect("it reads back"), incarnation);
        }
    }

    #[test]
    fn what_is_no_incarnation_is_refused_in_json() {
        let digits = Incarnation(0xab).to_string();
        for text in ["", "ab", &format!("0{digits}"), &format!("+{}", &digits[1..]), &digits.to_uppercase()] {
            let read = serde_json::from_value::<Incarnation>(text.into());
            assert!(read.is_err(), "{text}: {read:?}");
        }
    }
}
