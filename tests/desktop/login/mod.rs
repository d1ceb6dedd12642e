//! `lamplighter login`, the real child with a real webview on a desktop of its own, used as a person uses it.

mod child;
mod ending;
mod hostile;
mod signing_in;
mod titles;
