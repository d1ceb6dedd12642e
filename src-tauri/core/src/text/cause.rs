//! Causes as half a sentence.

use super::Lang;
use crate::classify::Cause;
use crate::exchange::{BrowserEnd, NoReply, NotSent};

/// What happened, to be followed by a full stop: "the connection failed".
pub fn cause(cause: &Cause, lang: Lang) -> String {
    let pick = |en: &str, fr: &str| lang.pick(en, fr).to_owned();
    match cause {
        Cause::NotSent { why } => not_sent(*why, lang).to_owned(),
        Cause::NoReply { why: NoReply::Deadline } => {
            pick("it did not answer in time", "il n'a pas répondu à temps")
        }
        Cause::NoReply { why: NoReply::TooLarge } => {
            pick("its answer was too large", "sa réponse était trop grande")
        }
        Cause::NoReply { .. } => pick(
            "the connection broke before the answer was complete",
            "la connexion a été coupée avant la fin de la réponse",
        ),
        Cause::Status { status } => match lang {
            Lang::En => format!("it answered with status {status}"),
            Lang::Fr => format!("il a répondu avec le statut {status}"),
        },
        Cause::Code { code } => match lang {
            Lang::En => format!("it answered “{code}”"),
            Lang::Fr => format!("il a répondu « {code} »"),
        },
        Cause::Page { .. } => pick(
            "something else answered in its place, perhaps this network's sign-in page",
            "autre chose a répondu à sa place, peut-être la page de connexion de ce réseau",
        ),
        Cause::Redirected { host } => match lang {
            Lang::En => format!("it sent us on to {host}, where your login does not go"),
            Lang::Fr => format!("il a renvoyé vers {host}, où votre connexion n'est pas envoyée"),
        },
        Cause::LoggedOut => pick("it shows its sign-in page", "il affiche sa page de connexion"),
        Cause::Missing { field } => match lang {
            Lang::En => format!("its answer held no {field}"),
            Lang::Fr => format!("sa réponse ne contenait pas {field}"),
        },
        Cause::Browser { end } => browser(*end, lang).to_owned(),
        Cause::HostDown => pick("it does not answer", "il ne répond pas"),
        Cause::Crash => pick(
            "Lamplighter was stopped before the answer came",
            "Lamplighter a été arrêté avant la réponse",
        ),
    }
}

fn not_sent(why: NotSent, lang: Lang) -> &'static str {
    match why {
        NotSent::Dns => lang.pick("its name could not be found", "son nom est introuvable"),
        NotSent::Connect => lang.pick("the connection failed", "la connexion a échoué"),
        NotSent::Proxy => lang.pick("the proxy refused", "le proxy a refusé"),
        NotSent::Tls => lang.pick(
            "the encrypted connection is not trustworthy: this network interferes, or this computer's clock is wrong",
            "la connexion chiffrée n'est pas fiable : ce réseau s'interpose, ou l'horloge de l'ordinateur est fausse",
        ),
        NotSent::Deadline => lang.pick("connecting took too long", "la connexion a pris trop de temps"),
    }
}

fn browser(end: BrowserEnd, lang: Lang) -> &'static str {
    match end {
        BrowserEnd::Ready => lang.pick("Chrome was done", "Chrome a terminé"),
        BrowserEnd::Dead => {
            lang.pick("Chrome met the sign-in page", "Chrome est arrivé sur la page de connexion")
        }
        BrowserEnd::TimedOut => lang.pick("Chrome was not done in time", "Chrome n'a pas terminé à temps"),
        BrowserEnd::Unreachable(why) => not_sent(why, lang),
        BrowserEnd::CannotRun => lang.pick("no Chrome could be started", "aucun Chrome n'a pu être démarré"),
        BrowserEnd::Crashed => lang.pick("Chrome crashed", "Chrome s'est arrêté"),
    }
}
