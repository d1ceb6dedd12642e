//! Chance that comes again: the same seed gives the same world; and the trace that shows it.

use std::fmt;
use std::io::Write;

use sha2::{Digest as _, Sha256};

/// Numbers from a seed (a linear congruential generator; its upper half is good enough for dice).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// 0 to `of` - 1.
    pub fn roll(&mut self, of: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % of.max(1)
    }

    /// True `weight` times in a hundred thousand.
    pub fn chance(&mut self, weight: u64) -> bool {
        self.roll(100_000) < weight
    }

    pub fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.chunks_mut(8).for_each(|part| part.copy_from_slice(&self.roll(u64::MAX).to_be_bytes()));
        bytes
    }
}

/// Everything that happened, as one number (SHA-256); written down too, if somebody wants to read it.
#[derive(Default)]
pub struct Trace {
    hash: Sha256,
    log: Option<Box<dyn Write + Send>>,
}

impl Trace {
    /// Also writes every line there.
    pub fn written(log: Box<dyn Write + Send>) -> Self {
        Self { hash: Sha256::new(), log: Some(log) }
    }

    /// Also writes every line into a file of this name.
    pub fn to(file: &str) -> Self {
        let file = std::fs::File::create(file).unwrap_or_else(|why| panic!("{file}: {why}"));
        Self::written(Box::new(std::io::BufWriter::new(file)))
    }

    pub fn sum(&self) -> [u8; 32] {
        self.hash.clone().finalize().into()
    }
}

impl fmt::Write for Trace {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.hash.update(text.as_bytes());
        match &mut self.log {
            Some(log) => log.write_all(text.as_bytes()).map_err(|_| fmt::Error),
            None => Ok(()),
        }
    }
}
