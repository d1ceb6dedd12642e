//! The faults of part 1 of `faults.md` that a simulated service, network, store, disk, clock or process can show,
//! and at which step of whose refresh each can strike. What cannot be says why.

use super::services::Kind;

/// A step of a refresh: one effect of the machine that ships.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Load,
    Journal,
    Create,
    Mark,
    Send,
    Second,
    Browse,
    Answer,
    Unmark,
    Save,
    Spill,
    Publish,
    Sweep,
    Probe,
    HostCheck,
    Wait,
}

use Step::{
    Answer, Browse, Create, HostCheck, Journal, Load, Mark, Probe, Publish, Save, Second, Send, Spill, Sweep,
    Unmark, Wait,
};

/// All of them, in the order of a refresh.
pub const STEPS: [Step; 16] = [
    Load, Journal, Create, HostCheck, Mark, Send, Second, Browse, Answer, Unmark, Save, Spill, Publish,
    Probe, Wait, Sweep,
];

impl Step {
    pub fn name(self) -> &'static str {
        match self {
            Load => "load",
            Journal => "read journal",
            Create => "make journal",
            Mark => "mark",
            Send => "send",
            Second => "send, step 2",
            Browse => "browse",
            Answer => "seal answer",
            Unmark => "unmark",
            Save => "save",
            Spill => "spill",
            Publish => "publish",
            Sweep => "sweep",
            Probe => "probe",
            HostCheck => "check host",
            Wait => "wait",
        }
    }

    pub fn index(self) -> usize {
        self as usize
    }

    /// A request that the network or the service can answer with anything.
    fn is_request(self) -> bool {
        matches!(self, Send | Second | Probe)
    }

    fn writes_journal(self) -> bool {
        matches!(self, Create | Mark | Answer | Unmark | Spill)
    }
}

/// What goes wrong: its row of part 1, and what is done here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Fault {
    Portal,
    Elsewhere,
    Tls,
    NoRoute,
    Hangs,
    Drips,
    Reset,
    CutShort,
    Throttled,
    OddRetryAfter,
    Storm,
    Firewall,
    NoOnce,
    NoIsThrottle,
    BadApp,
    ErrorIn200,
    Form,
    TokenType,
    NoExpiry,
    OddExpiry,
    EndedExpiry,
    NoCredential,
    EmptyCredential,
    SameToken,
    Lag,
    Scope,
    Endless,
    Garbled,
    CookieBytes,
    CookieTooLong,
    ManyCookies,
    CookieRules,
    CookieForYears,
    CookieDeleted,
    LoginPage,
    Killed,
    PowerLost,
    Disk,
    StoreShut,
    StoreSlow,
    TwoCopies,
    Corrupt,
    StatesLost,
    ClockJump,
    Sleep,
    Flap,
    ManyAsk,
    LockLost,
    SecondMachine,
    PersonMeddles,
    Revoked,
    Newer,
    Reports,
    Chrome,
    Stopped,
}

/// All of them with their rows and words, in the order of the rows.
pub const FAULTS: [(Fault, &str, &str); 55] = [
    (Fault::Portal, "F1", "a network's sign-in page"),
    (Fault::Elsewhere, "F2", "sent to another host"),
    (Fault::Tls, "F3", "a certificate that is not trusted"),
    (Fault::NoRoute, "F4", "no name, no route"),
    (Fault::Hangs, "F5", "connect, header or body hang"),
    (Fault::Drips, "F6", "a byte every 5 s"),
    (Fault::Reset, "F7", "reset after sending"),
    (Fault::CutShort, "F8", "the reply is cut"),
    (Fault::Throttled, "F9", "429 with seconds"),
    (Fault::OddRetryAfter, "F10", "429 with an odd Retry-After"),
    (Fault::Storm, "F11", "5xx"),
    (Fault::Firewall, "F12", "a firewall's page"),
    (Fault::NoOnce, "F13", "a no that is none"),
    (Fault::NoIsThrottle, "F14", "a throttle that looks like a no"),
    (Fault::BadApp, "F15", "the app's settings are wrong"),
    (Fault::ErrorIn200, "F16", "an error with status 200"),
    (Fault::Form, "F17", "a form instead of JSON"),
    (Fault::TokenType, "F18", "an odd token_type"),
    (Fault::NoExpiry, "F19", "no expires_in"),
    (Fault::OddExpiry, "F20", "expires_in as text, null, list"),
    (Fault::EndedExpiry, "F21", "expires_in 0, -1, 1e18"),
    (Fault::NoCredential, "F22", "no refresh token"),
    (Fault::EmptyCredential, "F23", "an empty refresh token"),
    (Fault::SameToken, "F24", "the same access token again"),
    (Fault::Lag, "F25", "the new token is not known yet"),
    (Fault::Scope, "F26", "scopes shrink, list, text"),
    (Fault::Endless, "F27", "an endless body"),
    (Fault::Garbled, "F28", "a body nobody can read"),
    (Fault::CookieBytes, "F29", "a cookie that is no UTF-8"),
    (Fault::CookieTooLong, "F30", "a cookie that is too long"),
    (Fault::ManyCookies, "F31", "hundreds of cookies"),
    (Fault::CookieRules, "F32", "cookies that break the rules"),
    (Fault::CookieForYears, "F33", "a cookie for ten years"),
    (Fault::CookieDeleted, "F34", "the session cookie is deleted"),
    (Fault::LoginPage, "F35", "the login page in the answer's place"),
    (Fault::Killed, "F36", "killed"),
    (Fault::PowerLost, "F37", "power lost, last write too"),
    (Fault::Disk, "F38", "disk full, EIO"),
    (Fault::StoreShut, "F39", "the store is locked, absent, denies"),
    (Fault::StoreSlow, "F40", "the store hangs, writes late"),
    (Fault::TwoCopies, "F41", "the journal is newer than the store"),
    (Fault::Corrupt, "F42", "the entry cannot be read"),
    (Fault::StatesLost, "F43", "killed, and all states lost"),
    (Fault::ClockJump, "F44", "the wall clock jumps"),
    (Fault::Sleep, "F45", "asleep"),
    (Fault::Flap, "F47", "the network flaps for minutes"),
    (Fault::ManyAsk, "F48", "16 ask at once"),
    (Fault::LockLost, "F49", "the lock is not ours any more"),
    (Fault::SecondMachine, "F50", "another machine refreshes"),
    (Fault::PersonMeddles, "F51", "the person logs out, in, edits"),
    (Fault::Revoked, "F52", "the service ends the session"),
    (Fault::Newer, "F53", "a newer version wrote it"),
    (Fault::Reports, "F58", "401 again and again"),
    (Fault::Chrome, "F60", "Chrome missing, crashed"),
    (Fault::Stopped, "F64", "told to stop"),
];

impl Fault {
    pub fn index(self) -> usize {
        self as usize
    }

    /// Why this cannot strike there; `None` if it can. Every pair of row and step has a word or a count.
    pub fn why_not(self, step: Step, kind: Kind) -> Option<&'static str> {
        if let Some(why) = never_there(step, kind) {
            return Some(why);
        }
        match self {
            Self::Portal | Self::Tls | Self::NoRoute | Self::Drips => {
                let can = step.is_request() || step == Browse || (self == Self::NoRoute && step == HostCheck);
                unless(can, "nothing goes over the network")
            }
            Self::Elsewhere
            | Self::Hangs
            | Self::Reset
            | Self::CutShort
            | Self::Throttled
            | Self::OddRetryAfter
            | Self::Storm
            | Self::Firewall
            | Self::Endless
            | Self::Garbled => unless(step.is_request(), "no answer is read"),
            Self::NoOnce => {
                let why = unless(matches!(step, Send | Second), "no credential is judged");
                why.or_else(|| unless(!takes_200(kind), "its errors have status 200: F16"))
            }
            Self::ErrorIn200 => {
                let why = unless(matches!(step, Send | Second), "no credential is judged");
                why.or_else(|| unless(takes_200(kind), "its errors have a status of their own: F13"))
            }
            Self::NoIsThrottle => {
                let why = unless(step == Send, "no credential is judged");
                let has = matches!(kind, Kind::Slack | Kind::Google | Kind::Microsoft);
                why.or_else(|| unless(has, "its throttles look like throttles: F9"))
            }
            Self::BadApp => {
                let why = unless(step == Send, "the app is not asked for");
                why.or_else(|| unless(kind.is_oauth(), "there is no app"))
            }
            Self::Form => of_oauth(step, kind).or_else(|| unless(kind != Kind::Slack, "answers JSON only")),
            Self::TokenType | Self::NoExpiry | Self::OddExpiry | Self::EndedExpiry | Self::Scope => {
                of_oauth(step, kind)
            }
            Self::NoCredential | Self::EmptyCredential => {
                let why = unless(step == Send, "no credential is minted");
                why.or_else(|| unless(!kind.lives_on_cookies() && kind != Kind::Steps, "no such field"))
            }
            Self::SameToken => {
                let minting = if kind == Kind::Steps { Second } else { Send };
                unless(step == minting || step == Browse, "no token is minted")
            }
            Self::Lag => unless(step == Probe, "no token is looked at"),
            Self::CookieBytes
            | Self::CookieTooLong
            | Self::ManyCookies
            | Self::CookieRules
            | Self::CookieForYears => of_cookies(step, kind),
            Self::CookieDeleted => unless(step == Send, "no answer to a refresh")
                .or_else(|| unless(kind.lives_on_cookies(), "no session cookie"))
                .or_else(|| {
                    unless(kind == Kind::Site, "its cookie is spent: who deletes it ends the session")
                }),
            Self::LoginPage => unless(matches!(step, Send | Browse | Probe), "no page is looked at")
                .or_else(|| unless(kind.lives_on_cookies(), "no pages")),
            Self::Disk => {
                let writes = step.writes_journal() || matches!(step, Journal | Save | Sweep);
                unless(writes, "nothing is written")
            }
            Self::StoreShut => unless(matches!(step, Load | Save), "the store is not asked"),
            Self::StoreSlow => unless(matches!(step, Load | Save), "the store is not asked"),
            Self::TwoCopies => unless(step == Journal, "copies are compared when the journal is read"),
            Self::Corrupt | Self::Newer => unless(step == Load, "the entry is not read"),
            Self::LockLost => unless(step == Mark, "the lock is looked at before spending"),
            Self::Chrome => unless(step == Browse, "no Chrome is started"),
            Self::Killed
            | Self::PowerLost
            | Self::StatesLost
            | Self::ClockJump
            | Self::Sleep
            | Self::Flap
            | Self::ManyAsk
            | Self::SecondMachine
            | Self::PersonMeddles
            | Self::Revoked
            | Self::Reports
            | Self::Stopped => None,
        }
    }
}

/// Why a refresh of this service has no such step.
fn never_there(step: Step, kind: Kind) -> Option<&'static str> {
    match step {
        Second => unless(kind == Kind::Steps, "one request"),
        Browse => unless(kind == Kind::Site, "needs no browser"),
        Probe | Wait => unless(kind.has_probe(), "has no probe"),
        _ => None,
    }
}

fn of_oauth(step: Step, kind: Kind) -> Option<&'static str> {
    unless(step == Send, "no token is minted").or_else(|| unless(kind.is_oauth(), "no such field"))
}

fn of_cookies(step: Step, kind: Kind) -> Option<&'static str> {
    unless(matches!(step, Send | Probe), "no answer brings cookies")
        .or_else(|| unless(kind.lives_on_cookies(), "no cookies"))
}

fn takes_200(kind: Kind) -> bool {
    matches!(kind, Kind::Slack | Kind::GitHub)
}

fn unless(is_possible: bool, why: &'static str) -> Option<&'static str> {
    (!is_possible).then_some(why)
}
