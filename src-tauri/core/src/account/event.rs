//! What happens to accounts, and what they ask the engine to do.

use std::collections::BTreeSet;

use super::{Facts, Job, Rules};
use crate::api::{Occasion, ToastAction};
use crate::id::{AccountId, ChainName, Generation};
use crate::record::StoreError;
use crate::refresh::AttemptSummary;
use crate::text::Why;

/// What happened. Events of one account name it; the others are for all.
#[derive(Clone)]
#[allow(clippy::large_enum_variant, reason = "one at a time, moved once, never kept")]
pub enum Event {
    /// Time passed. At least every 30 s, and whenever [`super::Accounts::next_wakeup`] says.
    Tick,
    /// The machine is about to sleep: what runs is finished, nothing new starts, so that no answer is lost (F45).
    Sleeps,
    /// It woke: clocks are looked at, and what nobody asked for waits for the network (F45).
    Woke,
    /// An account is there: from the configuration at start, or new. Its state comes from the database.
    Known {
        /// What was kept; `None` if that was lost.
        account: Box<super::Account>,
        /// How it works.
        rules: Box<Rules>,
    },
    /// Its rules changed: provider file, variables, secrets, margin.
    RulesChanged {
        /// Whose.
        account: AccountId,
        /// How it works now.
        rules: Box<Rules>,
    },
    /// An account is not in the configuration any more; its record is kept (orphaned).
    Unknown {
        /// Whose.
        account: AccountId,
    },
    /// Somebody waits for a token that only a refresh can give ([`super::Answer::Refresh`]).
    Asked {
        /// Whose.
        account: AccountId,
        /// Which chain; all if absent (`lamp refresh --force`).
        chain: Option<ChainName>,
        /// By a person: also during a back-off.
        force: bool,
    },
    /// A consumer's token got a 401 ([`super::Answer::Report`] said that it should be looked at).
    Reported {
        /// Whose.
        account: AccountId,
        /// Which chain.
        chain: ChainName,
    },
    /// Somebody wants the login proven now (`lamp check`). A probe that fails is followed by a refresh at once.
    CheckAsked {
        /// Whose.
        account: AccountId,
    },
    /// A program wants something of this account: a store that refused is asked again at once, for it may
    /// have been unlocked a moment ago.
    RecordAsked {
        /// Whose.
        account: AccountId,
    },
    /// Whoever watches from elsewhere has been told ([`Effect::Alert`]), or nobody watches.
    Alerted {
        /// Whose.
        account: AccountId,
        /// What of.
        occasion: Occasion,
    },
    /// Nobody heard of it and nobody will, unless it is told anew: it is, if it is still so.
    Unheard {
        /// Whose.
        account: AccountId,
        /// What of.
        occasion: Occasion,
    },
    /// An attempt ended.
    Ended {
        /// Whose.
        account: AccountId,
        /// Which kind of work it was.
        job: Job,
        /// For which chain.
        chain: ChainName,
        /// How it ended, without secrets.
        summary: AttemptSummary,
        /// What is known of the record now; `None` keeps what was known.
        facts: Option<Facts>,
    },
    /// A login began.
    LoginStarted {
        /// Whose.
        account: AccountId,
        /// Its id.
        login: String,
    },
    /// A login's material is stored.
    LoginWon {
        /// Whose.
        account: AccountId,
        /// Which of the provider's ways it was: the next one goes the same way, unless the person says another.
        way: usize,
    },
    /// A login ended without new material.
    LoginEnded {
        /// Whose.
        account: AccountId,
    },
    /// An earlier process was killed with these notifications on the screen; their buttons do nothing any more.
    ToastsLeft {
        /// Their keys.
        keys: BTreeSet<String>,
    },
    /// Work that replaces or deletes the record: started once nothing else runs (I5).
    Wanted {
        /// Whose.
        account: AccountId,
        /// What.
        work: Work,
    },
    /// Paused or resumed by the person.
    Paused {
        /// Whose; all if absent.
        account: Option<AccountId>,
        /// Paused?
        paused: bool,
    },
    /// How long this service's earlier sessions lived (S0.5).
    Lived {
        /// Whose service.
        account: AccountId,
        /// From login to the end that the service made, newest first.
        lives: Vec<std::time::Duration>,
    },
    /// The person said "Try once" to a lost reply.
    TryOnce {
        /// Whose.
        account: AccountId,
    },
    /// What the store said, to whomever.
    Store(Result<(), StoreError>),
    /// The answer to [`Effect::CheckHost`].
    HostChecked {
        /// Which.
        host: String,
        /// Whether it answered.
        up: bool,
    },
    /// What the person's own check of the network says, asked because a host does not answer; `None` if it says
    /// nothing. Only the words hang on it.
    NetworkJudged {
        /// There?
        up: Option<bool>,
    },
    /// The system says that the network came or went.
    Network {
        /// There?
        up: bool,
    },
    /// A toast's button was pressed.
    ToastAnswered {
        /// Its key.
        key: String,
        /// Which button.
        action: ToastAction,
    },
    /// The screen was locked or unlocked.
    Screen {
        /// Locked?
        locked: bool,
    },
    /// The engine is about to end: nothing new is started, what runs is finished.
    Stopping,
}

/// Work on the record that is not a refresh; it carries what it needs by a ticket of the engine's own, since
/// secrets do not belong into states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// [`Job::Commit`], [`Job::Amend`] or [`Job::Logout`].
    pub job: Job,
    /// Names what the engine holds for it.
    pub ticket: u64,
}

/// What the engine has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Run an attempt, and report [`Event::Ended`].
    Start {
        /// Whose.
        account: AccountId,
        /// For which chain.
        chain: ChainName,
        /// What kind of work.
        job: Job,
        /// Generation that the wish is about.
        basis: Generation,
        /// Of [`Work`], where it is that.
        ticket: Option<u64>,
    },
    /// Request the root of this host without any secret, and report [`Event::HostChecked`].
    CheckHost {
        /// Host with scheme and port.
        host: String,
        /// Not its root but this address of it: there something else answers in the service's place
        /// ([`crate::classify::may_be_service`]).
        door: Option<String>,
    },
    /// Write the account's state to the database.
    SaveState {
        /// Whose.
        account: AccountId,
    },
    /// What is shown of the account changed; waiting token requests are looked at again.
    Changed {
        /// Whose.
        account: AccountId,
    },
    /// What is shown of the engine changed.
    EngineChanged,
    /// A row of the history.
    History {
        /// Whose.
        account: AccountId,
        /// `refresh`, `probe`, `login`, `logout`.
        kind: &'static str,
        /// How it ended.
        summary: AttemptSummary,
    },
    /// Show this notification; it replaces the one of the same key.
    Toast {
        /// Account (or nothing) and matter.
        key: String,
        /// Whose.
        account: Option<AccountId>,
        /// What to say.
        why: Why,
    },
    /// Take this notification away.
    CloseToast {
        /// Its key.
        key: String,
    },
    /// Tell whoever watches from elsewhere, and report [`Event::Alerted`] when they have it.
    Alert {
        /// Whose.
        account: AccountId,
        /// What of.
        occasion: Occasion,
        /// What to say; `None` when it works again.
        why: Option<Why>,
    },
}
