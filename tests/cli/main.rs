//! Tests of `lamp`: the real program against a real server on a real socket; only what the engine answers is
//! made up.

#![allow(clippy::unwrap_used, reason = "a test may end in a panic")]

mod bad_input;
mod caps;
mod drain;
mod events;
mod exit_codes;
mod fake;
mod held;
mod injection;
mod json;
#[cfg(unix)]
mod last_call;
mod login;
mod needs_root;
mod one_shot;
mod routes;
mod serve;
#[cfg(unix)]
mod store;
// A terminal of one's own is a thing of Unix.
#[cfg(unix)]
mod terminal;
mod texts;
mod token;
// A server made by hand is a thing of Unix, too.
#[cfg(unix)]
mod versions;
mod world;
