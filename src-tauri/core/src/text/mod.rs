//! Languages, and everything that is said to a person by Rust code, in English and French.

mod alert;
mod blocked;
mod cause;
mod certificates;
mod chrome;
mod cookies;
mod desktop;
mod erased;
mod limited;
mod network_home;
mod notice;
mod over;
mod place;
mod sealed;
mod store;
mod system;
mod toast;
mod waiting;
mod when;
mod why;

use serde::{Deserialize, Serialize};

pub use alert::{alert_sample, works_again};
pub use cause::cause;
pub use certificates::no_certificates;
pub use desktop::no_notifications;
pub use erased::{left_behind, nothing_of, section_stays, still_to_erase};
pub use network_home::on_a_network;
pub use notice::notice;
pub use place::{passphrase_awaited, store_unknown};
pub use system::system;
pub use toast::{all_is_well, all_paused, outcome_words, proof_words, toast, toast_key, unproven_words};
pub use when::{Clock, about, around, at, day, duration, moment, since, spread, until};
pub use why::{Matter, Subject, Why};

/// A language that Lamplighter speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

impl Lang {
    /// From a locale such as `fr_FR.UTF-8` or an `Accept-Language` value; English unless it starts with `fr`.
    pub fn from_locale(locale: &str) -> Self {
        if locale.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("fr")) {
            Self::Fr
        } else {
            Self::En
        }
    }

    /// The one of two texts that is in this language.
    pub fn pick<'a>(self, en: &'a str, fr: &'a str) -> &'a str {
        match self {
            Self::En => en,
            Self::Fr => fr,
        }
    }
}
