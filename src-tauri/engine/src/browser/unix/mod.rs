//! The visit itself, where Chrome's pipes can be handed over as file descriptors 3 and 4.

mod condition;
mod failure;
mod harvest;
mod headers;
mod identity;
mod launch;
mod page;
mod pipe;
pub(super) mod profile;
mod restore;
mod session;
mod tree;
pub(super) mod visit;
