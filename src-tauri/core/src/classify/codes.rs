//! The codes by which services say what went wrong: dialects as data. A provider's `[answers]` comes first, the
//! standard's own codes behind it.

use crate::provider::model::Answers;

/// What a code of a list means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum List {
    /// The session is over, and that needs no confirmation.
    Final,
    /// The credential is no longer good; confirmed before the person is asked.
    Rejected,
    /// The client's own settings are wrong.
    App,
    /// Too many requests.
    Throttled,
    /// Try again.
    Transient,
}

/// RFC 6749 section 5.2, and the two codes of section 4.1.2.1 that token end points send, too. Its other codes
/// say that a request is malformed, which neither a login nor waiting cures: they are in no list.
pub const RFC6749: [(&str, List); 5] = [
    ("invalid_grant", List::Rejected),
    ("invalid_client", List::App),
    ("unauthorized_client", List::App),
    ("temporarily_unavailable", List::Transient),
    ("server_error", List::Transient),
];

/// The list that `code` is in: the provider's own, the gravest first, then [`RFC6749`].
pub fn listed(answers: &Answers, code: &str) -> Option<List> {
    let own = [
        (&answers.last, List::Final),
        (&answers.rejected, List::Rejected),
        (&answers.app, List::App),
        (&answers.throttled, List::Throttled),
        (&answers.transient, List::Transient),
    ];
    own.into_iter()
        .find_map(|(codes, list)| codes.iter().any(|own| own == code).then_some(list))
        .or_else(|| RFC6749.iter().find_map(|(known, list)| (*known == code).then_some(*list)))
}

/// A code as it may be shown and kept: the service wrote it, and a broken one could echo what we sent.
pub(super) fn showable(code: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | ':');
    let is_word = |word: &str| word.len() <= 40;
    if code.len() <= 80 && code.chars().all(is_plain) && code.split(' ').all(is_word) {
        code.to_owned()
    } else {
        "?".to_owned()
    }
}
