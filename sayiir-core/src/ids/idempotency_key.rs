//! The key under which the effects of a step count once: kept as what it consists of, made a text where somebody reads it.

use std::fmt;

use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Incarnation, LeafPath, StepNumber};

/// What all attempts of one step have in common, and no other step or run has: the text of it is what
/// [`TaskContext::idempotency_key`](crate::task::TaskContext::idempotency_key) hands to a task.
///
/// In JSON its text, in a binary format its fields.
///
/// ```
/// use sayiir_core::history::IdempotencyKey;
/// use sayiir_core::ids::{Incarnation, LeafPath, StepNumber};
///
/// let path = LeafPath(vec![0, 1]);
/// let key = IdempotencyKey { incarnation: Incarnation(0x2a), step: StepNumber(7), path };
/// assert_eq!(key.to_string(), "0000000000000000000000000000002a-7-0.1");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    /// Of the run.
    pub incarnation: Incarnation,
    /// The step's number.
    pub step: StepNumber,
    /// The branch in which it stands; empty where there is none.
    pub path: LeafPath,
}

impl IdempotencyKey {
    /// Reads what `Display` writes, and nothing else.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let incarnation = Incarnation::parse(parts.next()?)?;
        let step = StepNumber(parts.next()?.parse().ok()?);
        let branches = parts.next().map(|path| path.split('.').map(str::parse).collect());
        let path = LeafPath(branches.unwrap_or(Ok(Vec::new())).ok()?);
        let key = Self { incarnation, step, path };
        (key.to_string() == text).then_some(key)
    }
}

/// 32 hexadecimal digits of the incarnation, the step's number, and the branch where there is one.
impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.incarnation, self.step.0)?;
        if self.path.0.is_empty() { Ok(()) } else { write!(f, "-{}", self.path) }
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for IdempotencyKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            (self.incarnation, self.step, &self.path).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for IdempotencyKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            Self::parse(&text)
                .ok_or_else(|| D::Error::invalid_value(Unexpected::Str(&text), &"an idempotency key"))
        } else {
            let (incarnation, step, path) = Deserialize::deserialize(deserializer)?;
            Ok(Self { incarnation, step, path })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(incarnation: u128, step: u64, path: &[u32]) -> IdempotencyKey {
        let (incarnation, step) = (Incarnation(incarnation), StepNumber(step));
        IdempotencyKey { incarnation, step, path: LeafPath(path.to_vec()) }
    }

    #[test]
    fn a_key_reads_back_from_its_text_and_from_its_binary_form() {
        for (key, text) in [
            (key(0, 0, &[]), "00000000000000000000000000000000-0"),
            (key(u128::MAX, u64::MAX, &[]), "ffffffffffffffffffffffffffffffff-18446744073709551615"),
            (key(0xab << 120, 12, &[0, 1, u32::MAX]), "ab000000000000000000000000000000-12-0.1.4294967295"),
        ] {
            assert_eq!((key.to_string(), format!("{key:?}")), (text.to_owned(), text.to_owned()));
            let json = serde_json::to_string(&key).expect("it encodes");
            assert_eq!(json, format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<IdempotencyKey>(&json).expect("it reads back"), key);
            let bytes = postcard::to_stdvec(&key).expect("it encodes");
            assert_eq!(postcard::from_bytes::<IdempotencyKey>(&bytes).expect("it reads back"), key);
        }
    }

    #[test]
    fn a_key_without_a_branch_is_19_bytes_in_binary() {
        let bytes = postcard::to_stdvec(&key(u128::MAX, 1, &[])).expect("it encodes");
        assert_eq!(
            bytes.len(),
            19,
            "17 of the incarnation and its length, one of the step, one that says there is no branch"
        );
    }

    #[test]
    fn what_is_no_key_is_refused_in_json() {
        for text in [
            "",
            "0",
            "00000000000000000000000000000000",
            "00000000000000000000000000000000-",
            "00000000000000000000000000000000-+1",
            "00000000000000000000000000000000-01",
            "00000000000000000000000000000000-1-",
            "00000000000000000000000000000000-1-0.",
            "0000000000000000000000000000000A-1",
            "0000000000000000000000000000001-1",
        ] {
            let read = serde_json::from_value::<IdempotencyKey>(text.into());
            assert!(read.is_err(), "{text}: {read:?}");
        }
    }
}
