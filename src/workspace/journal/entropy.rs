//! Where random bytes come from: the operating system, or a seed that makes two ledgers alike.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

/// A source of random bytes, drawn in an order that no thread changes.
pub struct Entropy(Option<Box<ChaCha20Rng>>);

impl Entropy {
    /// The operating system's.
    #[must_use]
    pub fn os() -> Self {
        Self(None)
    }

    /// A seed's; for tests and for comparing bytes, never for real people's keys.
    #[must_use]
    pub fn seeded(seed: [u8; 32]) -> Self {
        Self(Some(Box::new(ChaCha20Rng::from_seed(seed))))
    }

    /// Another source, seeded by this one's next bytes.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self::seeded(self.bytes())
    }

    /// The next `N` bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        match &mut self.0 {
            Some(stream) => stream.fill_bytes(&mut bytes),
            // Without randomness there is no key, hence nothing safe to go on with.
            None => getrandom::fill(&mut bytes).expect("the operating system gives random bytes"),
        }
        bytes
    }
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() {
            "Entropy(seeded)"
        } else {
            "Entropy(os)"
        })
    }
}
