//! Providers: how a service works, as data.
//!
//! A file becomes a [`model::Provider`] by [`parse`]; a [`Bound`] is a provider together with what one account
//! filled in, and makes requests, reads replies and judges probes. All of it is pure.

pub mod answer;
pub mod bound;
pub mod built_in;
pub mod conditions;
mod expiry;
pub mod extract;
mod fault;
mod fill;
pub mod hosts;
pub mod json;
pub mod mistake;
pub mod model;
pub mod oauth;
mod paste;
pub mod probe;
pub(crate) mod read;
pub mod request;
pub mod restore;
pub mod value;
mod write_back;

pub use answer::Answer;
pub use bound::{BindError, Bound};
pub use extract::{ExtractError, Saved, Warning};
pub use fault::Fault;
pub use fill::{Form, RenderError, Scratch};
pub use mistake::Mistake;
pub use model::Provider;
pub use probe::Verdict;
pub use read::parse;
