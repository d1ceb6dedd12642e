//! `lamplighter login`, the real child with a real webview on a desktop of its own, used as a person uses it.

pub mod child;
mod ending;
mod hostile;
pub mod person;
mod signing_in;
mod titles;
