//! The providers that come with Lamplighter.

use super::model::Provider;
use super::read::parse;
use crate::id::ProviderId;

/// Id and text of each, in the order of the wizard's list.
pub const FILES: &[(&str, &str)] = &[
    ("slack", include_str!("../../providers/slack.toml")),
    ("twitch", include_str!("../../providers/twitch.toml")),
    ("oneflex", include_str!("../../providers/oneflex.toml")),
    ("simplejwt", include_str!("../../providers/simplejwt.toml")),
];

/// All of them. A file of the user's with the same id takes a built-in's place; that is up to the caller.
pub fn all() -> Vec<Provider> {
    let read = |(id, text): &(&str, &str)| {
        let id: ProviderId = id.parse().ok()?;
        // Every built-in is read by a test; one with a mistake cannot be released.
        parse(id, text).ok()
    };
    FILES.iter().filter_map(read).collect()
}
