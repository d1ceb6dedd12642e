//! The demo: the practice site with short lives and the real app, from the first login to the reconnected one.
//!
//! With `--unattended` everything happens on a virtual desktop, where the demo types and clicks as a person would.
//! Without, the person at this desktop does, and is told when. After every step all processes of the app are held
//! still and searched, with everything that they wrote, for every secret that the site knows.

#![allow(clippy::print_stdout, reason = "its output is what it is for")]

#[cfg(target_os = "linux")]
mod act;
#[cfg(target_os = "linux")]
mod app;
#[cfg(target_os = "linux")]
mod check;
#[cfg(target_os = "linux")]
mod consumer;
#[cfg(target_os = "linux")]
mod kill;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod steps;
#[cfg(target_os = "linux")]
mod world;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    use std::process::ExitCode;
    let options = match options::Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}\n\n{}", options::HELP);
            return ExitCode::from(2);
        }
    };
    let mut world = match world::World::build(&options) {
        Ok(world) => world,
        Err(why) => {
            eprintln!("demo: {why}");
            return ExitCode::FAILURE;
        }
    };
    let report = steps::run(&mut world, &options);
    println!("\n{}", report.table());
    if report.all_observed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("The demo runs on Linux only, for now.");
}
