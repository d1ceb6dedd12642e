//! Integration tests of the desktop app.
mod login;
mod shell;
