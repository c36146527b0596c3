//! Randomness as a value. It is seeded, so that a test can repeat a whole run.

use rand_chacha::ChaCha12Rng;
use rand_core::{RngCore, SeedableRng};

/// A cryptographically strong generator. Production seeds it from the operating system, tests with a number.
#[derive(Debug, Clone)]
pub struct Random(ChaCha12Rng);

impl Random {
    /// The same sequence for the same seed.
    pub fn seeded(seed: u64) -> Random {
        Random(ChaCha12Rng::seed_from_u64(seed))
    }

    /// Seeded by the operating system.
    pub fn from_system() -> Random {
        Random(ChaCha12Rng::from_os_rng())
    }

    /// A new generator whose sequence is independent of this one's.
    pub fn split(&mut self) -> Random {
        Random::seeded(self.bits())
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `limit`, which must be above zero. Its bias is below 2^-32 for limits below 2^32.
    pub fn below(&mut self, limit: u64) -> u64 {
        assert!(limit > 0, "no number is below zero");
        ((u128::from(self.bits()) * u128::from(limit)) >> 64) as u64
    }

    /// True with a chance of `per_mille` in 1,000.
    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1_000) < u64::from(per_mille)
    }

    /// Fills `bytes`.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    /// A random (version 4) UUID.
    pub fn uuid(&mut self) -> uuid::Uuid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}
