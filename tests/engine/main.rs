//! Integration tests of the engine crate.
mod http;
mod storage;
mod login;
