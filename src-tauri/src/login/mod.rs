//! `lamplighter login`: a child process with one login webview and nothing else.
//!
//! Built on tao and wry without Tauri, so that no bridge exists that a page could call. It reads a
//! [`Plan`] and then [`Command`]s on stdin, writes [`Event`]s to stdout, and knows nothing else: no other
//! account, no way to the engine. Its parent sets the deadline; when the parent is gone, so is it.

mod bar;
mod cookies;
mod icon;
mod message;
mod pipe;
mod surface;
mod text;
mod window;

use std::process::ExitCode;

use lamplighter_core::login::Event;

use self::pipe::Output;

/// Runs the child. Exit code 0 if it did what its parent asked, 1 if it could not.
pub fn run() -> ExitCode {
    let output = Output;
    let plan = match pipe::read_plan() {
        Ok(plan) => plan,
        Err(why) => return fail(&output, why),
    };
    if let Err(why) = surface::check_display() {
        return fail(&output, why);
    }
    surface::run(plan, output)
}

fn fail(output: &Output, why: impl Into<String>) -> ExitCode {
    output.send(&Event::Failed { why: why.into() });
    ExitCode::FAILURE
}
