//! Integration tests of the core crate.
mod storage;
mod login;
