//! Chrome, the real one, as a visit uses it.

mod ends;
mod hidden;
mod restored;
pub mod places;
mod site;
pub mod user;
mod world;
