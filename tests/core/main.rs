//! Integration tests of the core crate.
mod config;
mod dialects;
mod errors;
mod faults;
mod fuzz;
mod login;
mod machines;
mod provider;
mod simulation;
mod storage;
mod typography;
