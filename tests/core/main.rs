//! Integration tests of the core crate.
mod storage;
mod login;
mod config;
mod provider;
mod machines;
mod simulation;
