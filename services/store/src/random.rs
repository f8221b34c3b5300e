//! The one door to randomness: keys and nonces.

use crate::Error;

/// Gives bytes nobody can foresee. A simulator hands in a seeded one.
pub trait Random: Send + Sync + 'static {
    /// Fills `bytes`.
    ///
    /// # Errors
    ///
    /// [`Error::NoRandomness`] if the system has none to give.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Error>;
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(bytes).map_err(|source| Error::NoRandomness { reason: source.to_string() })
    }
}
