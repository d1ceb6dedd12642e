//! What passes by itself: a try that failed, an answer that got lost, a first no.

use super::cause::{Service, outage, whose};
use super::when::{at as at_when, until as until_when};
use super::{Lang, Subject, cause, no_certificates};
use crate::classify::Cause;
use crate::exchange::NotSent;
use crate::report::{Code, Notice};
use crate::time::Timestamp;

/// The last try failed for a passing reason.
pub(super) fn waiting(
    why: &Cause,
    since: Option<Timestamp>,
    next: Timestamp,
    tokens_until: Option<Timestamp>,
    subject: &Subject<'_>,
) -> Notice {
    let (lang, service) = (subject.lang, subject.service);
    let because = cause(why, lang);
    let what = match (since, lang) {
        (Some(_), Lang::En) => format!("{}: {because}.", outage(why, since, service, subject.clock, lang)),
        (Some(_), Lang::Fr) => {
            format!("{}\u{a0}: {because}.", outage(why, since, service, subject.clock, lang))
        }
        (None, Lang::En) => format!("{service} could not be refreshed: {because}."),
        (None, Lang::Fr) => format!("{service} n’a pas pu être rafraîchi\u{a0}: {because}."),
    };
    let at = at_when(next, subject.clock, lang);
    let next = match lang {
        Lang::En => format!("Next try {at}."),
        Lang::Fr => format!("Prochain essai {at}."),
    };
    // It does not pass by itself: no reason to wait until programs are without a token.
    let has_to_act = matches!(why, Cause::NotSent { why: NotSent::NoCertificates });
    let calm = nothing(tokens_until, subject).filter(|_| !has_to_act);
    Notice::new(Code::Temporary, what)
        .safe(lang.pick("Your login is safe.", "Votre connexion n’est pas perdue."))
        .next(next)
        .cure(calm.unwrap_or_else(|| advice(why, subject)))
}

/// The answer to a request got lost that can be sent once; it is asked for again at `next`.
pub(super) fn lost(
    why: Option<&Cause>,
    next: Timestamp,
    tokens_until: Option<Timestamp>,
    subject: &Subject<'_>,
) -> Notice {
    let (lang, service) = (subject.lang, subject.service);
    let because = why.map(|why| cause(why, lang));
    // It did answer, and did not say what counts.
    let is_answer = matches!(why, Some(Cause::Status { .. } | Cause::Code { .. }));
    let what = match (because, lang) {
        (Some(because), Lang::En) if is_answer => {
            format!("Whether {service} did what it was asked is not known: {because}.")
        }
        (Some(because), Lang::Fr) if is_answer => {
            format!("On ne sait pas si {service} a fait ce qui lui était demandé\u{a0}: {because}.")
        }
        (Some(because), Lang::En) => format!("The answer of {service} got lost: {because}."),
        (Some(because), Lang::Fr) => format!("La réponse de {service} s’est perdue\u{a0}: {because}."),
        (None, Lang::En) => format!("The answer of {service} got lost on the way."),
        (None, Lang::Fr) => format!("La réponse de {service} s’est perdue en route."),
    };
    let at = at_when(next, subject.clock, lang);
    let next = match lang {
        Lang::En => format!("It is asked for again {at}."),
        Lang::Fr => format!("Elle est redemandée {at}."),
    };
    let calm = lang.pick(
        "Nothing: it goes on by itself, and you are told if a login is needed.",
        "Rien\u{a0}: tout reprend de soi-même, et vous serez prévenu s’il faut vous reconnecter.",
    );
    let advice = || match why {
        Some(why @ Cause::Page { .. }) => advice(why, subject),
        _ => calm.to_owned(),
    };
    Notice::new(Code::Temporary, what)
        .safe(lang.pick(
            "Your login is kept; most services answer again, and then nothing is lost.",
            "Votre connexion est conservée\u{a0}; la plupart des services répondent à nouveau, et rien n’est alors perdu.",
        ))
        .next(next)
        .cure(nothing(tokens_until, subject).unwrap_or_else(advice))
}

/// The service said no once; it is asked again at `confirm_at`.
pub(super) fn suspect(
    confirm_at: Timestamp,
    tokens_until: Option<Timestamp>,
    subject: &Subject<'_>,
) -> Notice {
    let (lang, service) = (subject.lang, subject.service);
    let at = at_when(confirm_at, subject.clock, lang);
    let (what, next) = match lang {
        Lang::En => {
            (format!("{service} refused once."), format!("It is asked again {at} before you are disturbed."))
        }
        Lang::Fr => {
            (format!("{service} a refusé une fois."), format!("Nouvel essai {at} avant de vous déranger."))
        }
    };
    let choice =
        lang.pick("You can wait, or reconnect now.", "Vous pouvez attendre, ou vous reconnecter maintenant.");
    Notice::new(Code::Temporary, what)
        .safe(lang.pick(
            "Your login is kept, and is probably fine.",
            "Votre connexion est conservée, et probablement intacte.",
        ))
        .next(next)
        .cure(nothing(tokens_until, subject).unwrap_or_else(|| choice.to_owned()))
}

/// While programs have a token there is nothing to do.
fn nothing(tokens_until: Option<Timestamp>, subject: &Subject<'_>) -> Option<String> {
    let until = until_when(tokens_until?, subject.clock, subject.lang);
    Some(match subject.lang {
        Lang::En => format!("Nothing. Your programs have a valid token {until}."),
        Lang::Fr => format!("Rien. Vos programmes ont un jeton valide {until}."),
    })
}

/// What can be done about it. Whose fault it is is not known, and nobody is blamed.
fn advice(why: &Cause, subject: &Subject<'_>) -> String {
    let (lang, service) = (subject.lang, subject.service);
    match (why, lang) {
        (Cause::NotSent { why: NotSent::Tls }, _) => lang
            .pick(
                "Look at this computer’s clock. If it is right, another network helps; there is no way around this one that is safe.",
                "Regardez l’horloge de cet ordinateur. Si elle est juste, un autre réseau aidera\u{a0}; aucun moyen sûr ne contourne celui-ci.",
            )
            .to_owned(),
        (Cause::NotSent { why: NotSent::NoCertificates }, _) => no_certificates(lang).to_owned(),
        (Cause::NotSent { why: NotSent::Proxy }, _) => lang
            .pick(
                "Nothing, if the proxy comes back by itself; else correct it in the settings of this computer.",
                "Rien, si le proxy revient de lui-même\u{a0}; sinon, corrigez-le dans les réglages de cet ordinateur.",
            )
            .to_owned(),
        (Cause::Page { .. } | Cause::Redirected { .. }, _) => lang
            .pick(
                "Open any web page: if this network asks you to sign in, do so. The rest goes on by itself.",
                "Ouvrez une page web\u{a0}: si ce réseau vous demande de vous identifier, faites-le. Le reste reprend de soi-même.",
            )
            .to_owned(),
        (Cause::LoggedOut, _) => lang
            .pick(
                "Nothing yet: you are told if a login is needed.",
                "Rien pour l’instant\u{a0}: vous serez prévenu s’il faut vous reconnecter.",
            )
            .to_owned(),
        (Cause::NoWay | Cause::Unreadable, _) => lang
            .pick(
                "Reconnect if your programs need a token now.",
                "Reconnectez-vous si vos programmes ont besoin d’un jeton maintenant.",
            )
            .to_owned(),
        _ => by_service(&whose(why), service, lang),
    }
}

fn by_service(whose: &Service, service: &str, lang: Lang) -> String {
    match (whose, lang) {
        (Service::Unreachable, Lang::En) => format!(
            "Nothing: it goes on by itself. If other sites do not open either, it is the connection and not {service}."
        ),
        (Service::Unreachable, Lang::Fr) => format!(
            "Rien\u{a0}: tout reprend de soi-même. Si d’autres sites ne s’ouvrent pas non plus, c’est la liaison et non {service}."
        ),
        (Service::Failing | Service::Refusing, Lang::En) => format!(
            "Nothing: it goes on by itself once {service} answers as usual, and you are told if you are needed."
        ),
        (Service::Failing | Service::Refusing, Lang::Fr) => format!(
            "Rien\u{a0}: tout reprend dès que {service} répond normalement, et vous serez prévenu si l’on a besoin de vous."
        ),
        (Service::Offline, Lang::En) => {
            format!("Nothing: {service} is asked again as soon as the network is back.")
        }
        (Service::Offline, Lang::Fr) => {
            format!("Rien\u{a0}: {service} sera de nouveau sollicité dès le retour du réseau.")
        }
        (Service::Unasked, Lang::En) => format!(
            "Nothing: it is tried again by itself. If this lasts, open {service} in your browser and see whether it loads."
        ),
        (Service::Unasked, Lang::Fr) => format!(
            "Rien\u{a0}: un nouvel essai vient de soi-même. Si cela dure, ouvrez {service} dans votre navigateur pour voir si la page se charge."
        ),
    }
}
