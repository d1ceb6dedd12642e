//! The window as a person uses it: the real one, with the real engine behind it.

mod hand;
mod keyboard;
mod newcomer;
