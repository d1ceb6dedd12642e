//! Integration tests of the cli crate.
