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

/// So much of the trace is summed at once.
const BLOCK: usize = 64 * 1024;

/// Everything that happened, as one number (SHA-256); written down too, if somebody wants to read it.
#[derive(Default)]
pub struct Trace {
    hash: Sha256,
    block: String,
    log: Option<Box<dyn Write + Send>>,
}

impl Trace {
    /// Also writes every line there.
    pub fn written(log: Box<dyn Write + Send>) -> Self {
        let mut trace = Self::default();
        trace.log = Some(log);
        trace
    }

    /// Also writes every line into a file of this name.
    pub fn to(file: &str) -> Self {
        let file = std::fs::File::create(file).unwrap_or_else(|why| panic!("{file}: {why}"));
        Self::written(Box::new(std::io::BufWriter::new(file)))
    }

    pub fn sum(&self) -> [u8; 32] {
        self.hash.clone().chain_update(&self.block).finalize().into()
    }

    fn close_block(&mut self) {
        self.hash.update(&self.block);
        if let Some(log) = &mut self.log {
            log.write_all(self.block.as_bytes()).expect("the trace can be written");
        }
        self.block.clear();
    }
}

impl fmt::Write for Trace {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.block.push_str(text);
        if self.block.len() >= BLOCK {
            self.close_block();
        }
        Ok(())
    }
}

/// What led to a panic is what somebody wants to read.
impl Drop for Trace {
    fn drop(&mut self) {
        if self.log.is_some() {
            self.close_block();
        }
    }
}
