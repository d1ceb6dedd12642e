//! `cargo xtask bench`.

use crate::shell::Done;

/// Measures.
pub fn bench() -> Done {
    Err("nothing to measure yet".to_owned())
}
