//! The hash that values are known by and that the chain of a history consists of.

use std::fmt;

use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::block_api::compress256;

use crate::bytes;

/// How many bytes SHA-256 takes at a time.
const BLOCK: usize = 64;

/// What SHA-256 begins with.
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// A SHA-256 hash.
///
/// In JSON 64 hexadecimal digits, in a binary format its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        // SHA-256 from its block function: most of what is hashed here is so short that the buffer of a hasher, made for bytes
        // that come little by little, would cost as much again as the rest of a step's entry.
        let (blocks, rest) = bytes.as_chunks();
        let mut last = [[0; BLOCK]; 2];
        let last = if rest.len() < BLOCK - 8 { &mut last[..1] } else { &mut last };
        let padded = last.as_flattened_mut();
        padded[..rest.len()].copy_from_slice(rest);
        padded[rest.len()] = 0x80;
        let length = padded.len() - 8;
        padded[length..].copy_from_slice(&(bytes.len() as u64 * 8).to_be_bytes());
        let mut words = START;
        if !blocks.is_empty() {
            compress256(&mut words, blocks);
        }
        compress256(&mut words, last);
        let mut digest = [0; 32];
        digest.as_chunks_mut().0.iter_mut().zip(words).for_each(|(bytes, word)| *bytes = word.to_be_bytes());
        Self(digest)
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
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn a_digest_is_the_one_that_other_tools_compute() {
        // `printf abc | sha256sum`
        let digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of(b"abc").to_string(), digits);
    }

    #[test]
    fn a_digest_is_the_same_as_by_a_hasher_whatever_the_length() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1000).collect();
        for length in (0..=260).chain([1000]) {
            let bytes = &bytes[..length];
            assert_eq!(Digest::of(bytes).0, *Sha256::digest(bytes), "of {length} bytes");
        }
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
