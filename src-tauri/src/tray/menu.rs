//! The tray menu: accounts that need the person first, then what can be done.

use lamplighter_core::api::{AccountView, Standing};
use lamplighter_core::text::Lang;
use lamplighter_core::time::Timestamp;
use lamplighter_engine::clock::{Clock as _, SystemClock};
use tauri::menu::{Menu, MenuBuilder};
use tauri::{AppHandle, Wry};

/// Accounts that the menu names; the window has the rest.
const MOST: usize = 12;

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// Open the window.
    Open,
    /// Log in again.
    Reconnect(String),
    /// Show this account.
    Account(String),
    /// Refresh all now.
    RefreshNow,
    /// Pause (true) or resume (false) all.
    PauseAll(bool),
    /// Start with the desktop, or do not.
    StartAtLogin(bool),
    /// Ask the keychain to unlock.
    Unlock,
    /// End the app.
    Quit,
}

impl Entry {
    /// The entry's id in the menu.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Open => "open".to_owned(),
            Self::Reconnect(account) => format!("reconnect:{account}"),
            Self::Account(account) => format!("account:{account}"),
            Self::RefreshNow => "refresh".to_owned(),
            Self::PauseAll(true) => "pause".to_owned(),
            Self::PauseAll(false) => "resume".to_owned(),
            Self::StartAtLogin(true) => "autostart:on".to_owned(),
            Self::StartAtLogin(false) => "autostart:off".to_owned(),
            Self::Unlock => "unlock".to_owned(),
            Self::Quit => "quit".to_owned(),
        }
    }

    /// The entry with this id.
    pub(super) fn from_id(id: &str) -> Option<Self> {
        Some(match id {
            "open" => Self::Open,
            "refresh" => Self::RefreshNow,
            "pause" => Self::PauseAll(true),
            "resume" => Self::PauseAll(false),
            "autostart:on" => Self::StartAtLogin(true),
            "autostart:off" => Self::StartAtLogin(false),
            "unlock" => Self::Unlock,
            "quit" => Self::Quit,
            _ => match id.split_once(':')? {
                ("reconnect", account) => Self::Reconnect(account.to_owned()),
                ("account", account) => Self::Account(account.to_owned()),
                _ => return None,
            },
        })
    }
}

/// The menu as it is before anything is known.
pub(super) fn build(
    app: &AppHandle,
    accounts: &[AccountView],
    lang: Lang,
    start_at_login: bool,
) -> tauri::Result<Menu<Wry>> {
    build_with(app, accounts, lang, start_at_login, false)
}

/// The menu for these accounts.
pub(super) fn build_with(
    app: &AppHandle,
    accounts: &[AccountView],
    lang: Lang,
    start_at_login: bool,
    keychain_locked: bool,
) -> tauri::Result<Menu<Wry>> {
    let mut menu = MenuBuilder::new(app);
    if keychain_locked {
        menu = menu.text(Entry::Unlock.id(), lang.pick("Unlock the keyring…", "Déverrouiller le trousseau…"));
    }
    for account in accounts.iter().take(MOST) {
        let id = if account.standing == Standing::NeedsYou {
            Entry::Reconnect(account.id.to_string())
        } else {
            Entry::Account(account.id.to_string())
        };
        menu = menu.text(id.id(), line(account, lang));
    }
    if accounts.len() > MOST {
        let more = accounts.len() - MOST;
        let text = match lang {
            Lang::En => format!("{more} more…"),
            Lang::Fr => format!("{more} de plus…"),
        };
        menu = menu.text(Entry::Open.id(), text);
    }
    let all_paused = !accounts.is_empty() && accounts.iter().all(|account| account.standing == Standing::Paused);
    let pause = if all_paused {
        (Entry::PauseAll(false), lang.pick("Resume all", "Tout reprendre"))
    } else {
        (Entry::PauseAll(true), lang.pick("Pause all", "Tout mettre en pause"))
    };
    if !accounts.is_empty() {
        menu = menu
            .separator()
            .text(Entry::RefreshNow.id(), lang.pick("Refresh now", "Rafraîchir maintenant"))
            .text(pause.0.id(), pause.1);
    }
    let start = tauri::menu::CheckMenuItemBuilder::with_id(
        Entry::StartAtLogin(!start_at_login).id(),
        lang.pick("Start at login", "Lancer à l'ouverture de session"),
    )
    .checked(start_at_login)
    .build(app)?;
    menu.separator()
        .text(Entry::Open.id(), lang.pick("Open Lamplighter", "Ouvrir Lamplighter"))
        .item(&start)
        .separator()
        .text(Entry::Quit.id(), lang.pick("Quit", "Quitter"))
        .build()
}

/// One account's line: name, state, time left; "Reconnect" where it needs the person.
fn line(account: &AccountView, lang: Lang) -> String {
    let name = &account.name;
    match account.standing {
        Standing::NeedsYou => match lang {
            Lang::En => format!("{name}: needs you. Reconnect…"),
            Lang::Fr => format!("{name} : à reconnecter. Se reconnecter…"),
        },
        Standing::Fine => match account.tokens.first().and_then(|token| token.ends) {
            Some(ends) => match lang {
                Lang::En => format!("{name}: fine, until {}", clock(ends)),
                Lang::Fr => format!("{name} : en ordre, jusqu'à {}", clock(ends)),
            },
            None => format!("{name}{}", lang.pick(": fine", " : en ordre")),
        },
        Standing::Working => format!("{name}{}", lang.pick(": refreshing", " : rafraîchissement")),
        Standing::Waiting => format!("{name}{}", lang.pick(": waiting", " : en attente")),
        Standing::Paused => format!("{name}{}", lang.pick(": paused", " : en pause")),
    }
}

/// Hour and minute in the person's time zone, with the date where it is not today's.
fn clock(at: Timestamp) -> String {
    let zoned = |at: Timestamp| {
        let timestamp = jiff::Timestamp::from_millisecond(at.0).ok()?;
        Some(timestamp.to_zoned(jiff::tz::TimeZone::system()))
    };
    let (Some(at), Some(now)) = (zoned(at), zoned(SystemClock::new().now().wall)) else { return String::new() };
    let form = if at.date() == now.date() { "%H:%M" } else { "%d/%m %H:%M" };
    at.strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::Entry;

    #[test]
    fn every_entry_comes_back_from_its_id() {
        let account = "0123456789abcdef0123456789abcdef".to_owned();
        for entry in [
            Entry::Open,
            Entry::Reconnect(account.clone()),
            Entry::Account(account),
            Entry::RefreshNow,
            Entry::PauseAll(true),
            Entry::PauseAll(false),
            Entry::StartAtLogin(true),
            Entry::StartAtLogin(false),
            Entry::Unlock,
            Entry::Quit,
        ] {
            assert_eq!(Entry::from_id(&entry.id()), Some(entry));
        }
        assert_eq!(Entry::from_id("something"), None);
    }
}
