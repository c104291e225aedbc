//! The key under which the hashes of a history are made, if there is one.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Digest;

/// Tells this use of a secret from others.
const SALT: &[u8] = b"sayiir 2026 key of the history chain";

/// What the hashes of a history are made with, so that nobody without it can make them anew: then each is an HMAC-SHA-256.
///
/// ```
/// # use sayiir_core::history::HistoryKey;
/// let key = HistoryKey::from_secret(b"from the safe, not from the database");
/// assert_eq!(format!("{key:?}"), "HistoryKey(..)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HistoryKey([u8; 32]);

impl HistoryKey {
    /// The key that belongs to a secret of any length: random bytes, not a password that can be guessed.
    ///
    /// It is HKDF-Extract of the secret ([RFC 5869](https://www.rfc-editor.org/rfc/rfc5869)) with SHA-256, under the salt
    /// `sayiir 2026 key of the history chain`.
    #[must_use]
    pub fn from_secret(secret: &[u8]) -> Self {
        Self(authenticate(SALT, secret))
    }

    /// The hash of a piece under this key.
    pub(super) fn digest(&self, piece: &[u8]) -> Digest {
        Digest(authenticate(&self.0, piece))
    }
}

fn authenticate(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    mac.chain_update(bytes).finalize().into_bytes().into()
}

impl std::fmt::Debug for HistoryKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HistoryKey(..)")
    }
}
