//! Random bits: incarnations of runs, and the jitter of retries.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::history::Digest;
use crate::ids::Incarnation;

/// A stream of bits that no two engines share.
#[derive(Debug)]
pub(crate) struct Entropy {
    seed: [u8; 32],
    drawn: AtomicU64,
}

impl Entropy {
    /// Seeded by the system.
    pub(crate) fn from_system() -> Result<Self, getrandom::Error> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        Ok(Self::from_seed(seed))
    }

    /// Always the same stream.
    pub(crate) fn from_seed(seed: [u8; 32]) -> Self {
        Self { seed, drawn: AtomicU64::new(0) }
    }

    /// The identity of a new run.
    pub(crate) fn incarnation(&self) -> Incarnation {
        Incarnation(self.draw())
    }

    /// Bits for the jitter of a retry.
    pub(crate) fn jitter(&self) -> u64 {
        // The upper half of 128 good bits.
        u64::try_from(self.draw() >> 64).unwrap_or_default()
    }

    fn draw(&self) -> u128 {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        let mut block = [0; 40];
        block[..32].copy_from_slice(&self.seed);
        block[32..].copy_from_slice(&number.to_le_bytes());
        let Digest(hash) = Digest::of(&block);
        let (first, _) = hash.split_first_chunk().expect("a digest has 32 bytes");
        u128::from_le_bytes(*first)
    }
}
