//! Chrome, the real one, as a visit uses it.

mod ends;
mod hidden;
pub mod places;
mod restored;
mod site;
pub mod user;
mod world;
