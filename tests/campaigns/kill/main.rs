//! F36: kill -9 at every step and at random instants, with real engines, a real keychain and a service that detects
//! reuse. `cargo xtask campaign kill --runs N [--seed S] [--store keychain|sealed|both] [--line L]`.
//!
//! A *line* is one home and the processes that are killed in it, one after the other; two lines run side by side. Each
//! process first looks at what the last kill left, as any next start does, and then logs in, refreshes or logs out
//! until it is killed. The service is the oracle: what it accepted, and what was presented to it twice.

#![allow(clippy::print_stdout, reason = "the cells that were covered are the result")]

#[cfg(unix)]
mod child;
#[allow(dead_code, reason = "shared by all campaigns")]
#[path = "../common/mod.rs"]
mod common;
#[cfg(unix)]
mod count;
#[cfg(unix)]
#[path = "../common/home.rs"]
mod home;
#[cfg(unix)]
mod line;
#[cfg(unix)]
mod oracle;
#[cfg(unix)]
mod plan;
#[cfg(unix)]
mod run;
#[allow(dead_code, reason = "shared with the engine's tests")]
#[cfg(unix)]
#[path = "../../engine/crash/steps.rs"]
mod steps;
#[allow(dead_code, reason = "shared with the engine's tests")]
#[cfg(unix)]
mod whole;

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    match std::env::var(child::PLAN) {
        Ok(plan) => child::main(&plan),
        Err(_) => run::campaign(),
    }
}

#[cfg(not(unix))]
fn main() {
    println!("test result: ok. kill -9 is of Unix");
}
