//! The hash that values are known by and that the chain of a history consists of.

use std::fmt;

use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::bytes;

/// A SHA-256 hash.
///
/// In JSON 64 hexadecimal digits, in a binary format its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    fn from_digits(digits: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let pairs = digits.as_bytes().chunks(2);
        if pairs.len() != bytes.len() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(pairs) {
            let &[high, low] = pair else { return None };
            let value = |digit: u8| char::from(digit).to_digit(16);
            *byte = u8::try_from(value(high)? << 4 | value(low)?).ok()?;
        }
        Some(Self(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_bytes(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let digits = String::deserialize(deserializer)?;
            Self::from_digits(&digits)
                .ok_or_else(|| D::Error::invalid_value(Unexpected::Str(&digits), &"64 hexadecimal digits"))
        } else {
            bytes::read(deserializer).map(Self)
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_the_one_that_other_tools_compute() {
        // `printf abc | sha256sum`
        let digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of(b"abc").to_string(), digits);
    }

    #[test]
    fn a_digest_reads_back_and_is_readable_in_json() {
        let digest = Digest::of(b"x");
        let text = serde_json::to_string(&digest).expect("text encodes");
        assert_eq!(text, format!("\"{digest}\""));
        assert_eq!(serde_json::from_str::<Digest>(&text).expect("it reads back"), digest);
        let bytes = postcard::to_stdvec(&digest).expect("it encodes");
        assert_eq!(postcard::from_bytes::<Digest>(&bytes).expect("it reads back"), digest);
    }

    #[test]
    fn what_is_no_digest_is_refused_in_json() {
        let digits = Digest::of(b"x").to_string();
        for text in
            [&digits[1..], &digits[2..], &format!("{digits}00"), &format!("+{}", &digits[1..]), "", "é"]
        {
            let read = serde_json::from_value::<Digest>(text.into());
            assert!(read.is_err(), "{text}: {read:?}");
        }
    }
}
