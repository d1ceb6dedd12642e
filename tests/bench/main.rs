//! `cargo xtask bench`: what Lamplighter takes, beside other programs that do the same, in one run on one machine.
//!
//! The real programs of a release build on a virtual desktop with the real keyring, against the practice site. It
//! prints a table and judges nothing: no test fails on a time. `docs/performance.md` says how to read it.

#![allow(clippy::print_stdout, reason = "its output is what it is for")]
#![allow(clippy::disallowed_methods, reason = "it measures real time")]

#[cfg(target_os = "linux")]
mod api;
#[cfg(target_os = "linux")]
mod chrome;
#[cfg(target_os = "linux")]
mod engine;
#[cfg(target_os = "linux")]
mod figures;
#[cfg(target_os = "linux")]
mod idle;
#[cfg(target_os = "linux")]
mod peers;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod refresh;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod size;
#[cfg(target_os = "linux")]
mod table;
#[cfg(target_os = "linux")]
mod tokens;
#[cfg(target_os = "linux")]
mod world;

/// As all our programs: what is freed is zeroed, and that takes its time.
#[global_allocator]
static ALLOCATOR: lamplighter_sys::ZeroOnFree = lamplighter_sys::ZeroOnFree;

/// What fails says so in words.
#[cfg(target_os = "linux")]
type Done<T = ()> = Result<T, String>;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    // Cargo adds a word of its own.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["engine", keep] => engine::serve(keep),
        ["refresh", site] => refresh::child(site),
        names => run::all(names),
    };
    match done {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bench: {why}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("Measured on Linux only, for now.");
}
