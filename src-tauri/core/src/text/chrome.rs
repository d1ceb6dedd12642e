//! No Chrome runs, and a login needs one (F60).

use super::when::{at as at_when, until as until_when};
use super::{Lang, Subject};
use crate::exchange::NoChrome;
use crate::report::{Code, Notice};
use crate::time::Timestamp;

/// What to tell; the next try is at `next`, and programs have a token until `tokens_until`.
pub(super) fn no_chrome(
    why: NoChrome,
    next: Timestamp,
    tokens_until: Option<Timestamp>,
    subject: &Subject<'_>,
) -> Notice {
    let (lang, service) = (subject.lang, subject.service);
    let pick = |en: &str, fr: &str| lang.pick(en, fr).to_owned();
    let at = at_when(next, subject.clock, lang);
    let until = tokens_until.map(|until| until_when(until, subject.clock, lang));
    let next = match (until, lang) {
        (Some(until), Lang::En) => format!("Your programs have a valid token {until}. Next try {at}."),
        (Some(until), Lang::Fr) => {
            format!("Vos programmes ont un jeton valide {until}. Prochain essai {at}.")
        }
        (None, Lang::En) => format!("Your programs have no valid token. Next try {at}."),
        (None, Lang::Fr) => format!("Vos programmes n’ont pas de jeton valide. Prochain essai {at}."),
    };
    let what = format!("{} {}", missing(why, lang), needed(service, lang));
    let cure = match why {
        NoChrome::Missing => pick(
            "Install Chrome or Chromium, or set where it is in the settings; then refresh.",
            "Installez Chrome ou Chromium, ou indiquez où il se trouve dans les réglages\u{a0}; puis rafraîchissez.",
        ),
        NoChrome::NoSandbox => pick(
            "This system lets Chrome build no sandbox: allow unprivileged user namespaces, then refresh. Lamplighter \
             does not run Chrome without one.",
            "Ce système empêche Chrome de construire son bac à sable\u{a0}: autorisez les espaces de noms utilisateur \
             non privilégiés, puis rafraîchissez. Lamplighter ne lance pas Chrome sans lui.",
        ),
        NoChrome::Silent => pick(
            "Start Chrome yourself to see what it says, or set another one in the settings; then refresh.",
            "Lancez Chrome vous-même pour voir ce qu’il dit, ou indiquez-en un autre dans les réglages\u{a0}; puis \
             rafraîchissez.",
        ),
    };
    Notice::new(Code::NoChrome, what)
        .safe(pick("Your login is safe.", "Votre connexion n’est pas perdue."))
        .next(next)
        .cure(cure)
}

/// "No Chrome was found."
pub(super) fn missing(why: NoChrome, lang: Lang) -> &'static str {
    match why {
        NoChrome::Missing => lang.pick("No Chrome was found.", "Aucun Chrome n’a été trouvé."),
        _ => lang.pick("No Chrome could be started.", "Aucun Chrome n’a pu être démarré."),
    }
}

/// What for.
pub(super) fn needed(service: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{service} cannot be refreshed without one."),
        Lang::Fr => format!("{service} ne peut pas être rafraîchi sans lui."),
    }
}
