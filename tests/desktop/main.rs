//! Integration tests of the desktop app, on a virtual desktop of Linux.
#![cfg(target_os = "linux")]

mod login;
mod shell;
mod window;
