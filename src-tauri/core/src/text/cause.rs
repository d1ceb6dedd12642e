//! Causes as half a sentence.

use super::when::since as since_when;
use super::{Clock, Lang};
use crate::classify::Cause;
use crate::exchange::{BrowserEnd, NoChrome, NoReply, NotSent};
use crate::time::Timestamp;

/// What happened, to be followed by a full stop: "the connection failed".
pub fn cause(cause: &Cause, lang: Lang) -> String {
    let pick = |en: &str, fr: &str| lang.pick(en, fr).to_owned();
    match cause {
        Cause::NotSent { why } => not_sent(*why, lang).to_owned(),
        Cause::NoReply { why: NoReply::Deadline } => {
            pick("it did not answer in time", "il n’a pas répondu à temps")
        }
        Cause::NoReply { why: NoReply::TooLarge } => {
            pick("its answer was too large", "sa réponse était trop grande")
        }
        Cause::NoReply { .. } => pick(
            "the connection broke before the answer was complete",
            "la connexion a été coupée avant la fin de la réponse",
        ),
        Cause::Status { status } => said_by_status(*status, lang),
        Cause::Code { code } => match lang {
            Lang::En => format!("it answered “{code}”"),
            Lang::Fr => format!("il a répondu «\u{a0}{code}\u{a0}»"),
        },
        Cause::Page { .. } => pick(
            "something else answered in its place, perhaps this network’s sign-in page",
            "autre chose a répondu à sa place, peut-être la page de connexion de ce réseau",
        ),
        Cause::Redirected { host } => match lang {
            Lang::En => format!("it sent us on to {host}, where your login does not go"),
            Lang::Fr => format!("il a renvoyé vers {host}, où votre connexion n’est pas envoyée"),
        },
        Cause::LoggedOut => pick("it shows its sign-in page", "il affiche sa page de connexion"),
        Cause::Missing { field } => match lang {
            Lang::En => format!("part of its answer was missing ({field})"),
            Lang::Fr => format!("il manquait une partie de sa réponse ({field})"),
        },
        Cause::Browser { end } => browser(*end, lang).to_owned(),
        Cause::NoWay => pick(
            "none of its ways to refresh can be used now",
            "aucune de ses méthodes de rafraîchissement n’est utilisable pour l’instant",
        ),
        Cause::Unreadable => pick(
            "what it takes cannot be read on this computer",
            "ce qu’il faut pour cela est illisible sur cet ordinateur",
        ),
        Cause::HostDown => pick("it does not answer", "il ne répond pas"),
        Cause::Offline => pick(
            "nothing can be reached, says your check of the network",
            "rien n’est joignable, dit votre contrôle du réseau",
        ),
        Cause::HostOnly => pick(
            "it does not answer, though your check of the network says that all is well",
            "il ne répond pas, alors que votre contrôle du réseau dit que tout va bien",
        ),
        Cause::Crash => pick(
            "Lamplighter was stopped before the answer came",
            "Lamplighter a été arrêté avant la réponse",
        ),
    }
}

/// A status in words, for whoever does not know the numbers by heart; the number stays for who does.
fn said_by_status(status: u16, lang: Lang) -> String {
    let (en, fr) = match status {
        401 | 403 | 451 => ("it refused", "il a refusé"),
        413 | 431 => ("it finds the request too large", "il trouve la requête trop grande"),
        429 => ("it asks for fewer requests", "il demande moins de requêtes"),
        500..=599 => ("it reports a failure of its own", "il signale une panne de son côté"),
        _ => {
            return match lang {
                Lang::En => format!("it answered with status {status}"),
                Lang::Fr => format!("il a répondu avec le statut {status}"),
            };
        }
    };
    match lang {
        Lang::En => format!("{en} (status {status})"),
        Lang::Fr => format!("{fr} (statut {status})"),
    }
}

/// What an outage's cause says of the service.
pub(super) enum Service {
    Unreachable,
    /// Nothing is reachable.
    Offline,
    /// It answers, and what it answers is what is wrong.
    Failing,
    /// It answers, and not to us.
    Refusing,
    /// Nothing: what failed is here.
    Unasked,
}

/// An outage and since when, without its cause: "Can't reach Slack since 09:12"; of a service that does answer
/// "Slack has not been working since 09:12".
pub(super) fn outage(
    cause: &Cause,
    since: Option<Timestamp>,
    service: &str,
    clock: Clock<'_>,
    lang: Lang,
) -> String {
    let when = since.map(|at| format!(" {}", since_when(at, clock, lang))).unwrap_or_default();
    match (whose(cause), lang) {
        (Service::Unreachable, Lang::En) => format!("Can’t reach {service}{when}"),
        (Service::Unreachable, Lang::Fr) => format!("{service} est injoignable{when}"),
        (Service::Offline, Lang::En) => format!("Offline{when}"),
        (Service::Offline, Lang::Fr) => format!("Hors ligne{when}"),
        (Service::Failing, Lang::En) if when.is_empty() => format!("{service} is not working"),
        (Service::Failing, Lang::En) => format!("{service} has not been working{when}"),
        (Service::Failing, Lang::Fr) => format!("{service} ne fonctionne pas{when}"),
        (Service::Unasked | Service::Refusing, Lang::En) if when.is_empty() => {
            format!("{service} could not be refreshed")
        }
        (Service::Unasked | Service::Refusing, Lang::En) => format!("{service} has not been refreshed{when}"),
        (Service::Unasked | Service::Refusing, Lang::Fr) => {
            format!("{service} n’a pas pu être rafraîchi{when}")
        }
    }
}

pub(super) fn whose(cause: &Cause) -> Service {
    match cause {
        Cause::Status { status: 400..=499 } | Cause::Code { .. } | Cause::LoggedOut => Service::Refusing,
        Cause::Offline => Service::Offline,
        Cause::Status { .. }
        | Cause::HostOnly
        | Cause::Missing { .. }
        | Cause::NoReply { why: NoReply::TooLarge }
        | Cause::Browser { end: BrowserEnd::Ready | BrowserEnd::Dead } => Service::Failing,
        Cause::Browser { end: BrowserEnd::TimedOut | BrowserEnd::CannotRun(_) | BrowserEnd::Crashed }
        | Cause::Unreadable
        | Cause::NoWay
        | Cause::NotSent { why: NotSent::NoCertificates }
        | Cause::Crash => Service::Unasked,
        Cause::NotSent { .. }
        | Cause::NoReply { .. }
        | Cause::Page { .. }
        | Cause::Redirected { .. }
        | Cause::HostDown
        | Cause::Browser { end: BrowserEnd::Unreachable(_) } => Service::Unreachable,
    }
}

fn not_sent(why: NotSent, lang: Lang) -> &'static str {
    match why {
        NotSent::Dns => lang.pick("its name could not be found", "son nom est introuvable"),
        NotSent::Connect => lang.pick("the connection failed", "la connexion a échoué"),
        NotSent::Proxy => lang.pick("the proxy refused", "le proxy a refusé"),
        NotSent::Tls => lang.pick(
            "the encrypted connection is not trustworthy (this network interferes, or this computer’s clock is wrong)",
            "la connexion chiffrée n’est pas fiable (ce réseau s’interpose, ou l’horloge de l’ordinateur est fausse)",
        ),
        NotSent::Deadline => lang.pick("connecting took too long", "la connexion a pris trop de temps"),
        NotSent::NoCertificates => lang.pick(
            "this computer has no certificates by which a service could be recognised",
            "cet ordinateur n’a aucun certificat permettant de reconnaître un service",
        ),
    }
}

fn browser(end: BrowserEnd, lang: Lang) -> &'static str {
    match end {
        BrowserEnd::Ready => lang.pick("Chrome was done", "Chrome a terminé"),
        BrowserEnd::Dead => {
            lang.pick("Chrome met the sign-in page", "Chrome est arrivé sur la page de connexion")
        }
        BrowserEnd::TimedOut => lang.pick("Chrome was not done in time", "Chrome n’a pas terminé à temps"),
        BrowserEnd::Unreachable(why) => not_sent(why, lang),
        BrowserEnd::CannotRun(why) => no_chrome(why, lang),
        BrowserEnd::Crashed => lang.pick("Chrome crashed", "Chrome s’est arrêté"),
    }
}

fn no_chrome(why: NoChrome, lang: Lang) -> &'static str {
    match why {
        NoChrome::Missing => lang.pick("no Chrome was found", "aucun Chrome n’a été trouvé"),
        NoChrome::NoSandbox => lang.pick(
            "the system lets Chrome build no sandbox",
            "le système empêche Chrome de construire son bac à sable",
        ),
        NoChrome::Silent => lang.pick("no Chrome could be started", "aucun Chrome n’a pu être démarré"),
    }
}
