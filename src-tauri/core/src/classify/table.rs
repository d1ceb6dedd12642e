//! The table: what was seen, which faults look like that (their ids are those of `tests/faults.md`), and what it
//! means. Read from the top; the first row that holds counts.

use super::codes::List;
use super::seen::Seen;

/// What an exchange means; [`super::Outcome`] without what belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Means {
    /// A good answer; what it brings is read next.
    Renewed,
    /// Nothing was spent and nothing is wrong with the login: try again, when the service says so if it does.
    Transient,
    /// The same from a service that has to say when: 60 s if it does not.
    Throttled,
    /// The credential is no longer good; confirmed before anybody is asked.
    Rejected,
    /// The same, and no confirmation is needed.
    Final,
    /// Refused without a word about the session: tried again, and after 24 h the person is asked.
    Refused,
    /// The client's own settings are wrong.
    AppRejected,
    /// The request can have had its effect, and the answer is lost.
    Unknown,
}

/// What the person is told was the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Because {
    /// The way to the service or back.
    Way,
    /// The status.
    Status,
    /// The service's code if it gave one, else the status.
    Code,
    /// A sign of a dead login.
    Dead,
    /// Where it was sent on to.
    Redirect,
    /// Something else answered in the service's place.
    Page,
}

/// One row.
pub struct Row {
    /// What is seen, in words.
    pub seen: &'static str,
    /// The faults that look like that.
    pub faults: &'static str,
    /// What it means.
    pub means: Means,
    pub(super) because: Because,
    pub(super) holds: fn(&Seen<'_>) -> bool,
}

const fn row(
    seen: &'static str,
    faults: &'static str,
    means: Means,
    because: Because,
    holds: fn(&Seen<'_>) -> bool,
) -> Row {
    Row { seen, faults, means, because, holds }
}

const fn of_list(
    seen: &'static str,
    faults: &'static str,
    means: Means,
    holds: fn(&Seen<'_>) -> bool,
) -> Row {
    row(seen, faults, means, Because::Code, holds)
}

/// All rows; the last one holds always.
pub const TABLE: [Row; 19] = [
    row("not sent", "F3 F4 F5", Means::Transient, Because::Way, |seen| seen.not_sent().is_some()),
    row("no complete reply", "F5 F6 F7 F8 F27", Means::Unknown, Because::Way, |seen| {
        seen.no_reply().is_some()
    }),
    row("429", "F9 F10", Means::Throttled, Because::Status, |seen| seen.status() == 429),
    row("408, 413, 425, 503", "F11", Means::Transient, Because::Status, |seen| {
        matches!(seen.status(), 408 | 413 | 425 | 503)
    }),
    row("`[dead]`", "F35", Means::Rejected, Because::Dead, |seen| seen.is_dead),
    of_list("a code of `final`", "F16 F52", Means::Final, |seen| seen.list == Some(List::Final)),
    of_list("a code of `rejected`, `invalid_grant`", "F13 F14 F16 F52", Means::Rejected, |seen| {
        seen.list == Some(List::Rejected)
    }),
    of_list("a code of `app`, `invalid_client`, `unauthorized_client`", "F15", Means::AppRejected, |seen| {
        seen.list == Some(List::App)
    }),
    of_list("a code of `throttled`", "F14", Means::Throttled, |seen| seen.list == Some(List::Throttled)),
    of_list(
        "a code of `transient`, `temporarily_unavailable`, `server_error`",
        "F11",
        Means::Transient,
        |seen| seen.list == Some(List::Transient),
    ),
    of_list("401", "F13 F52", Means::Rejected, |seen| seen.status() == 401),
    of_list("500 in the service’s own error form", "F11", Means::Transient, |seen| {
        seen.status() == 500 && seen.is_error
    }),
    of_list("every other status from 500", "F11", Means::Unknown, |seen| seen.status() >= 500),
    of_list(
        "every other 4xx, with a code that no list names or without one",
        "F12",
        Means::Refused,
        |seen| seen.status() >= 400,
    ),
    row("3xx that is not followed", "F2", Means::Refused, Because::Redirect, |seen| seen.status() >= 300),
    of_list("2xx with a code that no list names", "F16", Means::Refused, |seen| {
        is_2xx(seen) && seen.is_error
    }),
    row("2xx that cannot be read", "F1 F8 F28", Means::Unknown, Because::Page, |seen| {
        is_2xx(seen) && seen.is_unreadable
    }),
    row("every other 2xx", "F17 F18 F19 F20 F21 F22 F23 F24 F26", Means::Renewed, Because::Status, is_2xx),
    row("what is no answer at all: 1xx", "F8", Means::Unknown, Because::Status, |_| true),
];

fn is_2xx(seen: &Seen<'_>) -> bool {
    (200..300).contains(&seen.status())
}
