//! The desktop app, and (as `lamplighter login`) the child that owns one login window.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod app;
mod autostart;
mod browser;
#[cfg(all(unix, not(target_os = "macos")))]
mod bus;
mod clipboard;
mod command;
mod desktop;
mod display;
mod ending;
mod login;
mod logins;
mod notifications;
mod on_screen;
#[cfg(target_os = "linux")]
mod presence;
mod replaced;
mod screen;
#[cfg(target_os = "linux")]
mod sleep;
mod tray;
mod window;

use std::process::ExitCode;

/// Freed memory is zeroed (I7): what a library copied of a secret does not outlive its buffer.
#[global_allocator]
static ALLOCATOR: lamplighter_sys::ZeroOnFree = lamplighter_sys::ZeroOnFree;

fn main() -> ExitCode {
    // Refused only where cores are forbidden already.
    #[cfg(unix)]
    let _core = lamplighter_sys::forbid_core_dumps();
    // Cannot fail for a signal that exists.
    #[cfg(unix)]
    let _children = lamplighter_sys::keep_ended_children();
    #[cfg(windows)]
    lamplighter_sys::windows::keep_memory_out_of_reports();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        // Before anything of Tauri: the child must not even know that there is an app.
        ["login"] => login::run(),
        [] => app::run(app::Options::default()),
        [autostart::FLAG] => app::run(app::Options { autostarted: true }),
        ["--version"] => say(concat!("lamplighter ", env!("CARGO_PKG_VERSION"))),
        _ => {
            say("usage: lamplighter [--autostarted | --version]\nThe command line is `lamp`.");
            ExitCode::from(2)
        }
    }
}

#[expect(clippy::print_stdout, reason = "asked for on the command line")]
fn say(text: &str) -> ExitCode {
    println!("{text}");
    ExitCode::SUCCESS
}
