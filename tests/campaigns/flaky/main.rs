//! A network that does everything wrong between the real engine and a service:
//! `cargo xtask campaign flaky --minutes M [--seed S] [--lane L]`.
//!
//! Each *lane* is an engine with one account, a service with a policy of its own and a proxy of TCP between them. Fault
//! after fault is done to the connections of a refresh, one that is due or one that somebody asked for; time is moved
//! by hand, so that nobody waits for a token to end. The service is the oracle.

#![allow(clippy::print_stdout, reason = "the cells that were covered are the result")]

#[allow(dead_code, reason = "shared by all campaigns")]
#[path = "../common/mod.rs"]
mod common;
mod count;
mod fault;
mod lane;
mod proxy;
mod run;
#[allow(dead_code, reason = "shared with the engine's tests")]
mod whole;
mod witness;

fn main() -> std::process::ExitCode {
    run::campaign()
}
