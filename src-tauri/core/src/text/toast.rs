//! Native notifications, and the few sentences of all being well.

use std::time::Duration;

use super::cause::outage;
use super::chrome;
use super::notice::tokens;
use super::when::{about, around, duration};
use super::{Clock, Lang, Matter, Subject, Why, notice};
use crate::account::{Block, Death};
use crate::api::{Toast, ToastAction};
use crate::classify::Cause;
use crate::exchange::BrowserEnd;
use crate::id::AccountId;
use crate::record::StoreError;
use crate::refresh::End;
use crate::time::Timestamp;

/// One key per person's matter: a new toast of the same key replaces the old one.
pub fn toast_key(account: Option<&AccountId>, matter: Matter) -> String {
    let matter = match matter {
        Matter::NeedsYou => "needs-you",
        Matter::WillEnd => "will-end",
        Matter::Network => "network",
        Matter::Store => "store",
        Matter::Chrome => "chrome",
        Matter::Disk => "disk",
    };
    account.map_or_else(|| matter.to_owned(), |account| format!("{account}:{matter}"))
}

/// The notification of key `key` about `why`. Never a secret, never a link of the service's own (T22).
pub fn toast(key: String, account: Option<AccountId>, why: &Why, subject: &Subject<'_>) -> Toast {
    let lang = subject.lang;
    let told = notice(why, subject);
    let title = title(why, subject, &told.what);
    let mut parts = Vec::new();
    if title != told.what.trim_end_matches('.') && title != told.what {
        parts.push(told.what.clone());
    }
    match why.matter() {
        // The consequence and the way out are what counts in two seconds.
        Some(Matter::NeedsYou) => parts.push(tokens(tokens_until(why), subject)),
        // The title has said it.
        Some(Matter::WillEnd) => parts = told.cure.into_iter().collect(),
        Some(Matter::Chrome) => {
            parts = vec![chrome::needed(subject.service, lang)];
            parts.extend(told.cure);
        }
        Some(Matter::Network) => parts = [told.safe, told.next].into_iter().flatten().collect(),
        _ => parts.extend(told.cure),
    }
    let buttons = actions(why).into_iter().map(|action| (action, label(action, lang).to_owned())).collect();
    Toast { key, title, body: parts.join(" "), buttons, account }
}

fn title(why: &Why, subject: &Subject<'_>, what: &str) -> String {
    let (lang, account) = (subject.lang, subject.account);
    match (why.matter(), lang) {
        (Some(Matter::NeedsYou), Lang::En) => format!("{account} needs you."),
        (Some(Matter::NeedsYou), Lang::Fr) => format!("{account} a besoin de vous."),
        (Some(Matter::WillEnd), _) => match why {
            Why::WillEnd { at } => will_end(account, *at, subject.clock, lang),
            _ => what.to_owned(),
        },
        (Some(Matter::Chrome), _) => match why {
            Why::Waiting { cause: Cause::Browser { end: BrowserEnd::CannotRun(why) }, .. } => {
                chrome::missing(*why, lang).to_owned()
            }
            _ => what.to_owned(),
        },
        (Some(Matter::Network), _) => match why {
            Why::Waiting { cause, since, .. } => {
                format!("{}.", outage(cause, *since, subject.service, subject.clock, lang))
            }
            _ => what.to_owned(),
        },
        _ => what.to_owned(),
    }
}

/// "oneflex will probably end on Thursday": with the time instead of the day if that is today.
fn will_end(account: &str, at: Timestamp, clock: Clock<'_>, lang: Lang) -> String {
    let around = around(at, clock, lang);
    match lang {
        Lang::En => format!("{account} will probably end {around}."),
        Lang::Fr => format!("{account} va probablement expirer {around}."),
    }
}

/// Until when programs have a token, of what needs the person.
fn tokens_until(why: &Why) -> Option<Timestamp> {
    match why {
        Why::NeedsLogin { tokens_until, .. } | Why::Blocked { tokens_until, .. } => *tokens_until,
        _ => None,
    }
}

fn actions(why: &Why) -> Vec<ToastAction> {
    match why {
        Why::NeedsLogin {
            reason: Death::Final | Death::Rejected | Death::LostReply | Death::ProbeFailed | Death::Ran,
            ..
        } => {
            vec![ToastAction::Reconnect, ToastAction::Later]
        }
        Why::Blocked {
            block: Block::WrongPerson { .. } | Block::GrantEnded { .. } | Block::HostChanged { .. },
            ..
        } => {
            vec![ToastAction::Reconnect, ToastAction::Later]
        }
        Why::Blocked { .. } => vec![ToastAction::Open, ToastAction::Later],
        Why::WillEnd { .. } | Why::RecordGone | Why::Forgotten => {
            vec![ToastAction::Reconnect, ToastAction::Later]
        }
        Why::Elsewhere { .. } => vec![ToastAction::Open, ToastAction::Later],
        Why::Store { store: StoreError::Locked | StoreError::Declined }
        | Why::Unsaved { store: StoreError::Locked | StoreError::Declined, .. }
        | Why::Held { store: StoreError::Locked | StoreError::Declined, .. } => vec![ToastAction::Unlock],
        _ => vec![ToastAction::Open],
    }
}

fn label(action: ToastAction, lang: Lang) -> &'static str {
    match action {
        ToastAction::Reconnect => lang.pick("Reconnect", "Se reconnecter"),
        ToastAction::Later => lang.pick("Later", "Plus tard"),
        ToastAction::Open => lang.pick("Open", "Ouvrir"),
        ToastAction::Unlock => lang.pick("Unlock", "Déverrouiller"),
    }
}

/// "All 4 logins are fine. Next refresh in 6 min."
pub fn all_is_well(logins: usize, next: Option<Duration>, lang: Lang) -> String {
    let all = match (logins, lang) {
        (0, _) => return lang.pick("No logins yet.", "Aucune connexion pour l’instant.").to_owned(),
        (1, Lang::En) => "Your login is fine.".to_owned(),
        (1, Lang::Fr) => "Votre connexion va bien.".to_owned(),
        (_, Lang::En) => format!("All {logins} logins are fine."),
        (_, Lang::Fr) => format!("Les {logins} connexions vont bien."),
    };
    match next.map(|next| duration(next, lang)) {
        Some(next) => {
            format!("{all} {} {next}.", lang.pick("Next refresh in", "Prochain rafraîchissement dans"))
        }
        None => all,
    }
}

/// When nobody wants any of them refreshed.
pub fn all_paused(lang: Lang) -> String {
    lang.pick("All logins are paused.", "Toutes les connexions sont en pause.").to_owned()
}

/// look.md, "proof at login".
pub fn proof_words(
    identity: Option<&str>,
    renewable: bool,
    ends: Option<Timestamp>,
    clock: Clock<'_>,
    lang: Lang,
) -> String {
    let signed_in = signed_in(identity, lang);
    let rest = match (renewable, ends.map(|ends| about(ends, clock, lang)), lang) {
        (true, _, Lang::En) => "Lamplighter can keep this alive.".to_owned(),
        (true, _, Lang::Fr) => "Lamplighter peut maintenir cette session.".to_owned(),
        (false, Some(ends), Lang::En) => format!(
            "This service gives no way to renew: the session ends {ends}, and you will be told the day before."
        ),
        (false, Some(ends), Lang::Fr) => format!(
            "Ce service ne permet pas de renouveler\u{a0}: la session prendra fin {ends}, et vous serez prévenu la veille."
        ),
        (false, None, _) => lang
            .pick("This service gives no way to renew.", "Ce service ne permet pas de renouveler.")
            .to_owned(),
    };
    format!("{signed_in} {rest}")
}

/// The same when the trial refresh came to no answer yet: `said` is why.
pub fn unproven_words(identity: Option<&str>, said: &str, lang: Lang) -> String {
    let signed_in = signed_in(identity, lang);
    match lang {
        Lang::En => format!("{signed_in} Whether it can be kept alive will show later. {said}"),
        Lang::Fr => format!("{signed_in} On verra plus tard si la session peut être maintenue. {said}"),
    }
}

fn signed_in(identity: Option<&str>, lang: Lang) -> String {
    match (identity.filter(|identity| !identity.is_empty()), lang) {
        (Some(identity), Lang::En) => format!("Signed in as {identity}."),
        (Some(identity), Lang::Fr) => format!("Connecté en tant que {identity}."),
        (None, _) => lang.pick("Signed in.", "Connecté.").to_owned(),
    }
}

/// An attempt's end as a line of the history: a stable word, and the same for people.
pub fn outcome_words(end: &End, lang: Lang) -> (&'static str, String) {
    let (word, en, fr) = match end {
        End::Renewed { probe: Some(false) } => {
            ("renewed", "Refreshed, but not proven", "Rafraîchi, mais pas confirmé")
        }
        End::Renewed { .. } => ("renewed", "Refreshed", "Rafraîchi"),
        End::Proven => ("passed", "Still signed in", "Toujours connecté"),
        End::ProbeFailed => ("failed", "The check said no", "La vérification a dit non"),
        End::WrongPerson { .. } => {
            ("failed", "Another person is signed in", "Une autre personne est connectée")
        }
        End::ProbeSilent => ("unknown", "The check got no answer", "La vérification est restée sans réponse"),
        End::Transient { cause, .. } => {
            return (
                "transient",
                format!("{}: {}", lang.pick("Later", "Plus tard"), super::cause(cause, lang)),
            );
        }
        End::Unknown { cause, .. } | End::StillLost { cause, .. } => {
            return (
                "unknown",
                format!("{}: {}", lang.pick("Answer lost", "Réponse perdue"), super::cause(cause, lang)),
            );
        }
        End::Rejected { .. } => ("rejected", "Refused: no longer signed in", "Refusé\u{a0}: plus connecté"),
        End::Refused { .. } => ("refused", "Refused without a reason", "Refusé sans raison"),
        End::AppRejected => {
            ("app_rejected", "The app settings are wrong", "Les réglages de l’application sont faux")
        }
        End::AskPerson => {
            ("unknown", "Answer lost; it is up to you", "Réponse perdue\u{a0}; à vous de décider")
        }
        End::Committed => ("renewed", "Signed in", "Connecté"),
        End::LoggedOut { revoke_failed: None } => ("renewed", "Logged out", "Déconnecté"),
        End::LoggedOut { .. } => (
            "renewed",
            "Deleted here; not revoked at the service",
            "Supprimé ici\u{a0}; non révoqué auprès du service",
        ),
        End::CannotRun { no_chrome: Some(_) } => {
            ("transient", "No Chrome could be started", "Aucun Chrome n’a pu être démarré")
        }
        End::CannotRun { .. } => ("transient", "Only you can renew it", "Vous seul pouvez le renouveler"),
        _ => ("transient", "Not done", "Pas fait"),
    };
    (word, lang.pick(en, fr).to_owned())
}
