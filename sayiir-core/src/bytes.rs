//! Bytes of a known number, as serde hands them over: in one piece, where an array would go byte by byte.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Reads what `serialize_bytes` wrote.
pub(crate) fn read<'de, const N: usize, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; N], D::Error> {
    deserializer.deserialize_bytes(Bytes)
}

struct Bytes<const N: usize>;

impl<const N: usize> Visitor<'_> for Bytes<N> {
    type Value = [u8; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{N} bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<[u8; N], E> {
        bytes.try_into().map_err(|_| E::invalid_length(bytes.len(), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_another_number_are_refused() {
        let mut stored = postcard::Deserializer::from_bytes(&[3, 1, 2, 3]);
        assert_eq!(read(&mut stored), Ok([1, 2, 3]));
        let mut stored = postcard::Deserializer::from_bytes(&[3, 1, 2, 3]);
        assert!(read::<4, _>(&mut stored).is_err());
    }
}
