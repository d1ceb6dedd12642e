//! Integration tests of the core crate.
mod storage;
mod typography;
mod login;
mod config;
mod provider;
mod machines;
mod simulation;
