//! F48, F49: sixteen programs with 64 askers each, and one account whose token expires again and again:
//! `cargo xtask campaign processes [--expiries N] [--minutes M] [--seed S]`.
//!
//! One more process holds the lock, as the app does; sixteen have 64 threads that all ask at once; two are `lamp token`,
//! one is `lamp token` without any session environment, as cron runs it. Each expiry costs exactly one
//! request with a credential; one more if the holder was killed in the middle of it, which happens to one in a hundred.

#![allow(clippy::print_stdout, reason = "the table is the result")]

#[allow(dead_code, reason = "shared by all campaigns")]
#[path = "../common/mod.rs"]
mod common;
#[cfg(target_os = "linux")]
mod crowd;
#[allow(dead_code, reason = "shared by all campaigns")]
#[cfg(target_os = "linux")]
#[path = "../common/home.rs"]
mod home;
#[cfg(target_os = "linux")]
mod roles;
#[cfg(target_os = "linux")]
mod round;
#[cfg(target_os = "linux")]
mod run;
#[allow(dead_code, reason = "shared with the engine's tests")]
#[cfg(target_os = "linux")]
mod whole;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    match std::env::var(roles::ROLE) {
        Ok(role) => {
            roles::main(&role);
            std::process::ExitCode::SUCCESS
        }
        Err(_) => run::campaign(),
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("test result: ok. its processes are those of Linux");
}
