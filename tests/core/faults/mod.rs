//! The rows of `tests/faults.md` that show in what a service answers, each with its outcome, what becomes of the
//! record (the same bytes, or exactly the next generation), and what the person is told.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod again;
mod browser;
mod cookies;
mod good;
mod hosts;
pub mod line;
mod lost;
mod many;
mod no;
mod stops;
mod store;
mod visits;
mod wait;
