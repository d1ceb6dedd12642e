//! `config.toml`.

mod edit;
mod read;
