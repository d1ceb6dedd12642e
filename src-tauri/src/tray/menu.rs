//! What the tray menu says: accounts that need the person first, then what can be done.

use lamplighter_core::api::{AccountView, Standing};
use lamplighter_core::id::AccountId;
use lamplighter_core::text::{self, Lang};
use lamplighter_core::time::Timestamp;

/// Accounts that the menu names; the window has the rest.
const MOST: usize = 12;

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// Open the window.
    Open,
    /// The same, for the accounts that the menu has no room for.
    More,
    /// Log in again.
    Reconnect(AccountId),
    /// Show this account.
    Account(AccountId),
    /// Refresh all now.
    RefreshNow,
    /// Pause (true) or resume (false) all.
    PauseAll(bool),
    /// Start with the desktop, or no longer.
    StartAtLogin,
    /// Ask the keychain to unlock.
    Unlock,
    /// End the app and start what lies in its place by now.
    Restart,
    /// End the app.
    Quit,
}

impl Entry {
    /// The entry's id in the menu.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Open => "open".to_owned(),
            Self::More => "more".to_owned(),
            Self::Reconnect(account) => format!("reconnect:{account}"),
            Self::Account(account) => format!("account:{account}"),
            Self::RefreshNow => "refresh".to_owned(),
            Self::PauseAll(true) => "pause".to_owned(),
            Self::PauseAll(false) => "resume".to_owned(),
            Self::StartAtLogin => "autostart".to_owned(),
            Self::Unlock => "unlock".to_owned(),
            Self::Restart => "restart".to_owned(),
            Self::Quit => "quit".to_owned(),
        }
    }

    /// The entry with this id.
    pub(super) fn from_id(id: &str) -> Option<Self> {
        Some(match id {
            "open" => Self::Open,
            "more" => Self::More,
            "refresh" => Self::RefreshNow,
            "pause" => Self::PauseAll(true),
            "resume" => Self::PauseAll(false),
            "autostart" => Self::StartAtLogin,
            "unlock" => Self::Unlock,
            "restart" => Self::Restart,
            "quit" => Self::Quit,
            _ => match id.split_once(':')? {
                ("reconnect", account) => Self::Reconnect(account.parse().ok()?),
                ("account", account) => Self::Account(account.parse().ok()?),
                _ => return None,
            },
        })
    }
}

/// A line of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// A line between.
    Separator,
    /// Something to choose.
    Choice(Entry, String),
    /// Something that is on or off.
    Switch(Entry, String, bool),
}

impl Line {
    /// The entry, if it is one.
    pub(super) fn entry(&self) -> Option<&Entry> {
        match self {
            Self::Separator => None,
            Self::Choice(entry, _) | Self::Switch(entry, ..) => Some(entry),
        }
    }
}

/// What the menu is made of.
pub(super) struct Content<'a> {
    /// All accounts, those that need the person first.
    pub accounts: &'a [AccountView],
    /// Whether the keychain waits for its password.
    pub keychain_locked: bool,
    /// Whether the app was replaced on the disk while it ran.
    pub is_replaced: bool,
    /// Whether the app starts with the desktop.
    pub start_at_login: bool,
    /// The present.
    pub now: Timestamp,
    /// Language.
    pub lang: Lang,
}

/// The menu's lines.
pub(super) fn lines(content: &Content<'_>) -> Vec<Line> {
    let Content { accounts, lang, .. } = *content;
    let choice = |entry, en: &str, fr: &str| Line::Choice(entry, lang.pick(en, fr).to_owned());
    let mut lines = Vec::new();
    if content.keychain_locked {
        lines.push(choice(Entry::Unlock, "Unlock the keyring…", "Déverrouiller le trousseau…"));
    }
    lines.extend(accounts.iter().take(MOST).map(|account| {
        let id = account.id.clone();
        let needs_you = account.standing == Standing::NeedsYou;
        let entry = if needs_you { Entry::Reconnect(id) } else { Entry::Account(id) };
        Line::Choice(entry, line(account, content.now, lang))
    }));
    if accounts.len() > MOST {
        let more = accounts.len() - MOST;
        lines.push(choice(Entry::More, &format!("{more} more…"), &format!("{more} de plus…")));
    }
    if !lines.is_empty() {
        lines.push(Line::Separator);
    }
    if !accounts.is_empty() {
        lines.push(choice(Entry::RefreshNow, "Refresh now", "Rafraîchir maintenant"));
        let all_paused = accounts.iter().all(|account| account.standing == Standing::Paused);
        lines.push(if all_paused {
            choice(Entry::PauseAll(false), "Resume all", "Tout reprendre")
        } else {
            choice(Entry::PauseAll(true), "Pause all", "Tout mettre en pause")
        });
        lines.push(Line::Separator);
    }
    lines.push(choice(Entry::Open, "Open Lamplighter", "Ouvrir Lamplighter"));
    let start = lang.pick("Start at login", "Lancer à l’ouverture de session").to_owned();
    lines.push(Line::Switch(Entry::StartAtLogin, start, content.start_at_login));
    lines.push(Line::Separator);
    if content.is_replaced {
        let (en, fr) = ("Restart: Lamplighter was updated", "Redémarrer\u{a0}: Lamplighter a été mis à jour");
        lines.push(choice(Entry::Restart, en, fr));
    }
    lines.push(choice(Entry::Quit, "Quit", "Quitter"));
    lines
}

/// Whether the lines tell how much time is left, and so grow old by themselves.
pub(super) fn grows_old(accounts: &[AccountView]) -> bool {
    accounts.iter().any(|account| account.standing == Standing::Fine && first_end(account).is_some())
}

/// One account's line: name, state, time left; "Reconnect" where it needs the person.
fn line(account: &AccountView, now: Timestamp, lang: Lang) -> String {
    let state = match account.standing {
        Standing::NeedsYou => lang.pick("needs you. Reconnect…", "à reconnecter…").to_owned(),
        Standing::Fine => {
            let fine = lang.pick("fine", "en ordre");
            match first_end(account).map(|end| end.since(now)).filter(|left| !left.is_zero()) {
                Some(left) => {
                    let left = text::duration(left, lang);
                    format!("{fine}, {}", lang.pick(&format!("{left} left"), &format!("encore {left}")))
                }
                None => fine.to_owned(),
            }
        }
        Standing::Working => lang.pick("refreshing", "rafraîchissement").to_owned(),
        Standing::Waiting => lang.pick("waiting", "en attente").to_owned(),
        Standing::Paused => lang.pick("paused", "en pause").to_owned(),
    };
    format!("{}{}{state}", account.name, lang.pick(": ", "\u{a0}: "))
}

/// When the default token ends.
fn first_end(account: &AccountView) -> Option<Timestamp> {
    account.tokens.first().and_then(|token| token.ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str, standing: Standing, left_ms: i64) -> AccountView {
        let id: AccountId = format!("{:032x}", name.len()).parse().expect("an id");
        let token = serde_json::json!({ "name": "access", "got": 0, "ends": left_ms, "life_ms": left_ms });
        serde_json::from_value(serde_json::json!({
            "id": id, "name": name, "provider": "practice", "service": "Practice", "host": "127.0.0.1",
            "identity": null, "standing": standing, "notice": null, "tokens": [token],
            "next_refresh": null, "last_refresh": null, "logged_in": null, "renewable": true, "ends": null,
            "cookies": 0, "generation": 1, "unsaved": false, "sinks": [], "readers": [], "strip": [],
            "login": null,
        }))
        .expect("a view")
    }

    fn texts(accounts: &[AccountView], keychain_locked: bool, lang: Lang) -> Vec<String> {
        let now = Timestamp(0);
        let content =
            Content { accounts, keychain_locked, is_replaced: false, start_at_login: true, now, lang };
        let text = |line| match line {
            Line::Separator => "-".to_owned(),
            Line::Choice(_, text) => text,
            Line::Switch(_, text, on) => format!("{text} {on}"),
        };
        lines(&content).into_iter().map(text).collect()
    }

    #[test]
    fn m1_the_menu_tells_state_and_time_left_in_both_languages() {
        let minute = 60_000;
        let accounts = [
            account("oneflex", Standing::NeedsYou, 0),
            account("work-slack", Standing::Fine, 702 * minute),
            account("bank", Standing::Paused, 0),
        ];
        assert_eq!(
            texts(&accounts, true, Lang::En),
            [
                "Unlock the keyring…",
                "oneflex: needs you. Reconnect…",
                "work-slack: fine, 11 h 42 min left",
                "bank: paused",
                "-",
                "Refresh now",
                "Pause all",
                "-",
                "Open Lamplighter",
                "Start at login true",
                "-",
                "Quit"
            ]
        );
        assert_eq!(
            texts(&accounts[..2], false, Lang::Fr),
            [
                "oneflex\u{a0}: à reconnecter…",
                "work-slack\u{a0}: en ordre, encore 11 h 42 min",
                "-",
                "Rafraîchir maintenant",
                "Tout mettre en pause",
                "-",
                "Ouvrir Lamplighter",
                "Lancer à l’ouverture de session true",
                "-",
                "Quitter"
            ]
        );
        assert_eq!(texts(&[], false, Lang::En), ["Open Lamplighter", "Start at login true", "-", "Quit"]);
        let paused = [account("bank", Standing::Paused, 0)];
        assert!(texts(&paused, false, Lang::En).contains(&"Resume all".to_owned()));
        assert!(grows_old(&accounts) && !grows_old(&paused));
    }

    #[test]
    fn m1_a_long_list_ends_in_the_window() {
        let accounts: Vec<_> = (0..15).map(|n| account(&format!("a{n}"), Standing::Fine, 0)).collect();
        let texts = texts(&accounts, false, Lang::En);
        assert_eq!(texts[11..14], ["a11: fine", "3 more…", "-"]);
    }

    #[test]
    fn m1_every_entry_comes_back_from_its_id() {
        let account: AccountId = "0123456789abcdef0123456789abcdef".parse().expect("an id");
        for entry in [
            Entry::Open,
            Entry::More,
            Entry::Reconnect(account.clone()),
            Entry::Account(account),
            Entry::RefreshNow,
            Entry::PauseAll(true),
            Entry::PauseAll(false),
            Entry::StartAtLogin,
            Entry::Unlock,
            Entry::Restart,
            Entry::Quit,
        ] {
            assert_eq!(Entry::from_id(&entry.id()), Some(entry));
        }
        assert_eq!(Entry::from_id("something"), None);
        assert_eq!(Entry::from_id("account:'); alert(1)"), None);
    }
}
