//! Providers: how a service works, as data.

pub mod model;
