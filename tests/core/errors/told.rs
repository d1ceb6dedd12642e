//! What can be said, with the faults that lead to it.

use lamplighter_core::account::{Block, Death};
use lamplighter_core::classify::Cause;
use lamplighter_core::exchange::{BrowserEnd, NoChrome, NoReply, NotSent};
use lamplighter_core::record::{StoreError, StoreKind};
use lamplighter_core::text::Why;

use super::at;

pub struct Told {
    /// Ids of the list of faults.
    pub faults: &'static str,
    pub when: &'static str,
    pub why: Why,
}

fn told(faults: &'static str, when: &'static str, why: Why) -> Told {
    Told { faults, when, why }
}

/// The next try at 03:20; programs have no token any more, which is the worse case.
fn waits(cause: Cause) -> Why {
    Why::Waiting { cause, since: None, next: at(3, 20), tokens_until: None }
}

/// The host cannot be reached.
fn is_away(cause: Cause) -> Why {
    Why::Waiting { cause, since: Some(at(2, 12)), next: at(3, 1), tokens_until: None }
}

fn lost(cause: Option<Cause>) -> Why {
    Why::LostReply { cause, next: at(3, 10), tokens_until: None }
}

fn over(reason: Death) -> Why {
    Why::NeedsLogin { reason, since: at(2, 48), tokens_until: None }
}

fn blocked(block: Block) -> Why {
    Why::Blocked { block, tokens_until: None }
}

fn status(status: u16) -> Cause {
    Cause::Status { status }
}

fn browser(end: BrowserEnd) -> Cause {
    Cause::Browser { end }
}

fn no_reply(why: NoReply) -> Cause {
    Cause::NoReply { why }
}

pub fn all() -> Vec<Told> {
    let mut all = network();
    all.extend(service());
    all.extend(person());
    all.extend(storage());
    all.extend(rest());
    all
}

fn network() -> Vec<Told> {
    let not_sent = |why| Cause::NotSent { why };
    vec![
        told("F1, F28", "a page came in the answer’s place", lost(Some(Cause::Page { status: 200 }))),
        told("F1", "the same, of a request that can be repeated", waits(Cause::Page { status: 200 })),
        told(
            "F2",
            "a redirect to another host",
            waits(Cause::Redirected { host: "portal.example.net".to_owned() }),
        ),
        told("F3", "the certificate is not trusted", is_away(not_sent(NotSent::Tls))),
        told("F4", "the name does not resolve", is_away(not_sent(NotSent::Dns))),
        told("F4, F47", "no connection", is_away(not_sent(NotSent::Connect))),
        told(
            "F4, F47",
            "the same while a token is still good",
            Why::Waiting {
                cause: not_sent(NotSent::Connect),
                since: Some(at(2, 12)),
                next: at(3, 1),
                tokens_until: Some(at(3, 42)),
            },
        ),
        told("F4", "the proxy refuses", is_away(not_sent(NotSent::Proxy))),
        told("F4", "the person’s own check says that the network is gone", is_away(Cause::Offline)),
        told("F4", "the same check says that the network is there", is_away(Cause::HostOnly)),
        told("F5", "connecting takes too long", is_away(not_sent(NotSent::Deadline))),
        told("F5, F6", "no answer in time", lost(Some(no_reply(NoReply::Deadline)))),
        told("F7, F8", "the connection broke", lost(Some(no_reply(NoReply::Cut)))),
        told("F27", "an answer without end", lost(Some(no_reply(NoReply::TooLarge)))),
        told("F36", "stopped between sending and receiving", lost(None)),
    ]
}

fn service() -> Vec<Told> {
    let code = |code: &str| Cause::Code { code: code.to_owned() };
    vec![
        told("F9, F10", "too many requests", waits(status(429))),
        told("F11", "the service is down", waits(status(503))),
        told("F11", "it says so in its own words", waits(code("temporarily_unavailable"))),
        told("F11", "what stands before the service failed", lost(Some(status(502)))),
        told("F12", "refused without a reason", waits(status(403))),
        told("F12", "the same for a day", blocked(Block::Refused { status: 403 })),
        told("F16", "an error that nobody has listed", waits(code("unverified_user_email"))),
        told(
            "",
            "a good answer without the token",
            waits(Cause::Missing { field: "token.access".to_owned() }),
        ),
        told(
            "F13, F14, F16, F25, F34, F35",
            "it said no once",
            Why::Suspect { confirm_at: at(3, 5), tokens_until: None },
        ),
        told(
            "F13, F14, F16, F25, F34, F35",
            "the same while a token is still good",
            Why::Suspect { confirm_at: at(3, 5), tokens_until: Some(at(3, 42)) },
        ),
        told("", "another chain of the account is being confirmed", waits(Cause::LoggedOut)),
    ]
}

fn person() -> Vec<Told> {
    vec![
        told("F13, F35, F50, F52", "the session is over", over(Death::Rejected)),
        told(
            "F13, F35, F50, F52",
            "the same while a token is still good",
            Why::NeedsLogin { reason: Death::Rejected, since: at(2, 48), tokens_until: Some(at(3, 42)) },
        ),
        told("F7, F36", "a lost answer cost the session", over(Death::LostReply)),
        told("", "nothing can renew it", over(Death::Ran)),
        told("F15", "the app’s own settings are wrong", blocked(Block::AppSettings)),
        told("F50", "an answer was lost, and the login is shared", blocked(Block::LostReply)),
        told(
            "F61",
            "somebody else is signed in",
            blocked(Block::WrongPerson { now: "bob@example.com".to_owned() }),
        ),
        told(
            "F62",
            "the provider file names another host",
            blocked(Block::HostChanged { hosts: vec!["id.example.net".to_owned()] }),
        ),
        told(
            "",
            "something is not filled in",
            blocked(Block::Incomplete { missing: "client_secret".to_owned() }),
        ),
        told("", "somebody asked very often in a short time", Why::Limited { next: at(3, 1) }),
        told("", "the time that was allowed is over", blocked(Block::GrantEnded { by_service: false })),
        told(
            "",
            "the time for which the service gave it is over",
            blocked(Block::GrantEnded { by_service: true }),
        ),
        told("", "reminders only", blocked(Block::ReminderOnly)),
        told("", "nobody has logged in yet", Why::NeverLoggedIn),
        told(
            "F31",
            "more cookies than many servers take, though all is well",
            Why::HeavyCookies { site: "slack.com".to_owned(), bytes: 9_300 },
        ),
        told("", "an end is foreseen", Why::WillEnd { at: at(23, 0) }),
        told("", "paused", Why::Paused),
    ]
}

fn storage() -> Vec<Told> {
    let keyring = |store| Why::Store { store };
    let absent = || StoreError::Absent("no bus".to_owned());
    vec![
        told(
            "F38",
            "the disk is full before anything is sent",
            Why::Disk { said: "No space left on device (os error 28)".to_owned() },
        ),
        told(
            "F49",
            "the lock file was deleted or replaced",
            Why::Disk { said: lamplighter_core::journal::LOCK_LOST.to_owned() },
        ),
        told(
            "F38, F64",
            "the keyring locked after a new token came",
            Why::Unsaved { store: StoreError::Locked, next: at(3, 2) },
        ),
        told(
            "F38, F40",
            "the keyring did not say whether it saved",
            Why::Unsaved { store: StoreError::Slow, next: at(3, 2) },
        ),
        told(
            "F38",
            "the keyring went away after a new token came",
            Why::Unsaved { store: absent(), next: at(3, 2) },
        ),
        told(
            "F38",
            "neither keyring nor disk took a new token",
            Why::Held { store: absent(), next: at(3, 2) },
        ),
        told("F39", "the keyring is locked", keyring(StoreError::Locked)),
        told("F39", "its question for the password was closed", keyring(StoreError::Declined)),
        told("F39", "no keyring", keyring(absent())),
        told(
            "F39",
            "the kernel’s keyring cannot be used",
            keyring(StoreError::NoKernel("Operation not permitted (os error 1)".to_owned())),
        ),
        told(
            "F38",
            "the kernel’s keyring is full",
            Why::Unsaved { store: StoreError::Quota { bytes: 21_004, most: 20_000 }, next: at(3, 2) },
        ),
        told("F39", "the keyring refuses", keyring(StoreError::Denied("-25308".to_owned()))),
        told("F39", "the keyring hangs", keyring(StoreError::Slow)),
        told("F42", "the entry cannot be read", keyring(StoreError::Corrupt("no record".to_owned()))),
        told("F53", "a newer version has stored it", blocked(Block::NewerFormat)),
        told("", "the entry is gone", Why::RecordGone),
        told("", "the kernel’s keyring was emptied by a restart", Why::Forgotten),
        told(
            "",
            "the entry is in the store that is not used any more",
            Why::Elsewhere { there: StoreKind::Keyring, here: StoreKind::Keyutils },
        ),
        told(
            "",
            "another store is set while Lamplighter runs",
            Why::OtherStore { named: StoreKind::Keyutils },
        ),
    ]
}

fn rest() -> Vec<Told> {
    vec![
        told("F60", "no Chrome", waits(browser(BrowserEnd::CannotRun(NoChrome::Missing)))),
        told("F60", "no sandbox for Chrome", waits(browser(BrowserEnd::CannotRun(NoChrome::NoSandbox)))),
        told("F60", "Chrome does not start", waits(browser(BrowserEnd::CannotRun(NoChrome::Silent)))),
        told("F60", "Chrome is not done in time", waits(browser(BrowserEnd::TimedOut))),
        told("F60", "Chrome crashed", lost(Some(browser(BrowserEnd::Crashed)))),
        told("", "no way can be used now", waits(Cause::NoWay)),
        told("", "who asked has waited long enough", Why::TooSlow),
        told("", "no token of that name", Why::NoToken { name: "bot".to_owned() }),
    ]
}

/// Faults of which nothing is said of the account, and why; or where it is said.
pub fn elsewhere() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            "F17, F19, F20, F21, F22, F24",
            "Nothing: the answer is taken. A life that had to be assumed is in the log, once.",
        ),
        (
            "F18, F23, F26",
            "A line in the log, once for each account: the type, the empty value, the scopes that were lost.",
        ),
        ("F29, F30, F32, F33", "Nothing: what RFC 6265bis says is done, and the other cookies are kept."),
        (
            "F37, F41",
            "Nothing: the newer of record and journal counts. What a power cut lost of an answer is F36.",
        ),
        ("F43", "A line in the log: the history begins anew; no login is touched."),
        ("F44, F45, F46, F48", "Nothing: the next refresh comes when it is due."),
        ("F49", "At the start: which process holds the logins and how to let it go on; below."),
        ("F51", "Nothing: the login or the logout counts."),
        ("F54, F56, F57", "Comes with hooks, databases and the proxy."),
        ("F55", "Beside the file that the token goes to: why it was left as it was, and what to do; below."),
        ("F58", "Beside the token: that it is still good, and when it was proven."),
        ("F59", "Nothing to a person: whoever sent it gets 400, and the connection is closed."),
        ("F61", "In the login itself: that it was given up or refused, and that nothing changed; below."),
        ("F63", "File, line, column, mistake and cure, of every mistake at once; below."),
    ]
}
