//! What `cargo xtask bench` runs: the real programs against the practice site, beside programs that do the same.
//! It prints, and judges nothing.

#![allow(clippy::print_stdout, reason = "its output is what it is for")]

#[cfg(target_os = "linux")]
mod measure;
#[cfg(target_os = "linux")]
mod world;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    match world::World::build().and_then(|world| measure::all(&world)) {
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
