//! A session that is over, that is not there (any more), or that will end.

use super::notice::tokens;
use super::when::{around, at as at_when};
use super::{Lang, Subject};
use crate::account::Death;
use crate::report::{Code, Notice};
use crate::time::Timestamp;

/// The session is over.
pub(super) fn over(
    reason: Death,
    since: Timestamp,
    tokens_until: Option<Timestamp>,
    subject: &Subject<'_>,
) -> Notice {
    let lang = subject.lang;
    let next = lang.pick(
        "Nothing more is sent until you reconnect.",
        "Plus rien n’est envoyé tant que vous ne vous êtes pas reconnecté.",
    );
    Notice::new(Code::NeedsLogin, ended(reason, since, subject))
        .safe(lang.pick(
            "The session is over; everything that was stored is still here.",
            "La session est terminée\u{a0}; tout ce qui était enregistré est encore là.",
        ))
        .next(format!("{} {next}", tokens(tokens_until, subject)))
        .cure(reconnect(reason, lang))
}

/// Whoever is told no twice may have been overtaken by a copy of the same login: nothing tells (F50).
fn reconnect(reason: Death, lang: Lang) -> &'static str {
    match reason {
        Death::Rejected => lang.pick(
            "Reconnect; it takes a minute. If the same login is used elsewhere, too, give each place one of its own.",
            "Reconnectez-vous, une minute suffit. Si la même connexion sert aussi ailleurs, donnez à chaque endroit la sienne.",
        ),
        Death::Final | Death::ProbeFailed | Death::LostReply | Death::Ran => {
            lang.pick("Reconnect; it takes a minute.", "Reconnectez-vous, une minute suffit.")
        }
    }
}

fn ended(reason: Death, since: Timestamp, subject: &Subject<'_>) -> String {
    let service = subject.service;
    let at = at_when(since, subject.clock, subject.lang);
    match (reason, subject.lang) {
        (Death::Final | Death::Rejected | Death::ProbeFailed, Lang::En) => {
            format!("{service} ended the session {at}.")
        }
        (Death::Final | Death::Rejected | Death::ProbeFailed, Lang::Fr) => {
            format!("{service} a mis fin à la session {at}.")
        }
        (Death::LostReply, Lang::En) => {
            format!("An answer of {service} got lost, and {service} does not accept this login any more.")
        }
        (Death::LostReply, Lang::Fr) => {
            format!("Une réponse de {service} s’est perdue, et {service} n’accepte plus cette connexion.")
        }
        (Death::Ran, Lang::En) => {
            format!("The session ended {at}; {service} gives no way to renew it.")
        }
        (Death::Ran, Lang::Fr) => {
            format!("La session a pris fin {at}\u{a0}; {service} ne permet pas de la renouveler.")
        }
    }
}

/// The session will end, as far as anybody can tell.
pub(super) fn will_end(end: Timestamp, subject: &Subject<'_>) -> Notice {
    let lang = subject.lang;
    let around = around(end, subject.clock, lang);
    let what = match lang {
        Lang::En => format!("The session will probably end {around}."),
        Lang::Fr => format!("La session va probablement expirer {around}."),
    };
    Notice::new(Code::Temporary, what)
        .safe(lang.pick("Your login works until then.", "Votre connexion fonctionne jusque-là."))
        .next(lang.pick(
            "It is refreshed as before; you are told when the session is over.",
            "Elle est rafraîchie comme avant\u{a0}; vous serez prévenu quand la session prendra fin.",
        ))
        .cure(lang.pick(
            "Reconnect when it suits you; it takes a minute.",
            "Reconnectez-vous quand cela vous arrange, une minute suffit.",
        ))
}

/// Nothing is stored yet.
pub(super) fn never(lang: Lang) -> Notice {
    Notice::new(
        Code::NeedsLogin,
        lang.pick("Nobody has signed in yet.", "Personne ne s’est encore connecté."),
    )
    .safe(
        lang.pick("Nothing is stored that could be lost.", "Rien n’est enregistré, rien ne peut être perdu."),
    )
    .next(
        lang.pick(
            "It is kept alive from the first login on.",
            "Le suivi commence dès la première connexion.",
        ),
    )
    .cure(lang.pick("Sign in; it takes a minute.", "Connectez-vous, une minute suffit."))
}

/// Something was stored, and is not there any more.
pub(super) fn gone(subject: &Subject<'_>) -> Notice {
    let (lang, service) = (subject.lang, subject.service);
    let what = match lang {
        Lang::En => format!("The login of {service} is not where logins are kept any more."),
        Lang::Fr => format!("La connexion à {service} n’est plus là où les connexions sont gardées."),
    };
    Notice::new(Code::NeedsLogin, what)
        .safe(lang.pick(
            "Lamplighter deleted nothing; the account and its settings are still here.",
            "Lamplighter n’a rien effacé\u{a0}; le compte et ses réglages sont toujours là.",
        ))
        .next(lang.pick(
            "Your programs have no valid token now. It goes on as soon as the login is there again.",
            "Vos programmes n’ont plus de jeton valide. Tout reprend dès que la connexion est de nouveau là.",
        ))
        .cure(lang.pick(
            "Open what held it, or reconnect; it takes a minute.",
            "Ouvrez ce qui la contenait, ou reconnectez-vous, une minute suffit.",
        ))
}
