//! A [`Why`] in five parts: which account, what happened, is the login safe, what happens next and when, what
//! you can do.

use super::blocked::blocked;
use super::chrome::no_chrome;
use super::store::{held_back, store_parts};
use super::waiting::{lost, suspect, waiting};
use super::when::{around, at as at_when, until as until_when};
use super::{Lang, Subject, Why, place, system};
use crate::account::{Block, Death};
use crate::classify::Cause;
use crate::exchange::BrowserEnd;
use crate::report::{Code, Notice};
use crate::time::Timestamp;

/// What to tell a person or a program.
pub fn notice(why: &Why, subject: &Subject<'_>) -> Notice {
    let lang = subject.lang;
    let service = subject.service;
    let at = |time: Timestamp| at_when(time, subject.clock, lang);
    let pick = |en: &str, fr: &str| lang.pick(en, fr).to_owned();
    let safe = pick("Your login is safe.", "Votre connexion n’est pas perdue.");
    let notice = match why {
        Why::NeedsLogin { reason, since, tokens_until } => {
            let next = pick(
                "Nothing more is sent until you reconnect.",
                "Plus rien n’est envoyé tant que vous ne vous êtes pas reconnecté.",
            );
            Notice::new(Code::NeedsLogin, ended(*reason, service, &at(*since), lang))
                .next(format!("{} {next}", tokens(*tokens_until, subject)))
                .safe(pick(
                    "The session is over; everything that was stored is still here.",
                    "La session est terminée\u{a0}; tout ce qui était enregistré est encore là.",
                ))
                .cure(pick("Reconnect; it takes a minute.", "Reconnectez-vous, une minute suffit."))
        }
        Why::Blocked { block: block @ Block::ReminderOnly, .. } => blocked(block, subject).next(pick(
            "Nothing is sent for it; you are reminded as before.",
            "Rien n’est envoyé pour lui\u{a0}; les rappels viennent comme avant.",
        )),
        Why::Blocked { block, tokens_until } => {
            let next = pick(
                "Nothing more is sent until that is settled.",
                "Plus rien n’est envoyé tant que ce n’est pas réglé.",
            );
            blocked(block, subject).next(format!("{} {next}", tokens(*tokens_until, subject)))
        }
        Why::Suspect { confirm_at, tokens_until } => suspect(*confirm_at, *tokens_until, subject),
        Why::Waiting {
            cause: Cause::Browser { end: BrowserEnd::CannotRun(why) },
            next,
            tokens_until,
            ..
        } => no_chrome(*why, *next, *tokens_until, subject),
        Why::Waiting { cause, since, next, tokens_until } => {
            waiting(cause, *since, *next, *tokens_until, subject)
        }
        Why::LostReply { cause, next, tokens_until } => lost(cause.as_ref(), *next, *tokens_until, subject),
        Why::Unsaved { store, next } => {
            let next = match lang {
                Lang::En => {
                    format!("Your programs have the new token. Saving is tried again {}.", at(*next))
                }
                Lang::Fr => format!(
                    "Vos programmes ont le nouveau jeton. Nouvel essai d’enregistrement {}.",
                    at(*next)
                ),
            };
            let safe = pick(
                "The login is safe: it is kept sealed beside the keyring until then.",
                "La connexion n’est pas perdue\u{a0}: elle est gardée scellée à côté du trousseau d’ici là.",
            );
            let (code, what, cure) = store_parts(store, lang);
            Notice::new(code, what).safe(safe).next(next).cure(cure)
        }
        Why::Store { store } => {
            let (code, what, cure) = store_parts(store, lang);
            let (safe, next) = held_back(store, lang);
            Notice::new(code, what).safe(safe).next(next).cure(cure)
        }
        Why::Disk { said } => {
            let said = system(said, lang);
            let what = match lang {
                Lang::En => format!("Nothing can be written to the disk: {said}."),
                Lang::Fr => format!("Impossible d’écrire sur le disque\u{a0}: {said}."),
            };
            Notice::new(Code::Disk, what)
                .safe(safe)
                .next(pick(
                    "Nothing is sent until it can be written down first; tried again every minute.",
                    "Rien n’est envoyé tant que rien ne peut être noté avant\u{a0}; nouvel essai chaque minute.",
                ))
                .cure(pick(
                    "Free some space on the disk of your home folder, or make it writable again.",
                    "Libérez de l’espace sur le disque de votre dossier personnel, ou rendez-le accessible en écriture.",
                ))
        }
        Why::Paused => Notice::new(Code::Paused, pick("Paused by you.", "En pause, à votre demande."))
            .safe(pick(
                "The login is kept, but not refreshed.",
                "La connexion est conservée, mais pas rafraîchie.",
            ))
            .next(pick(
                "Nothing is sent until you resume it.",
                "Rien n’est envoyé tant que vous ne la reprenez pas.",
            ))
            .cure(pick("Resume it.", "Reprenez-la.")),
        Why::NeverLoggedIn => Notice::new(
            Code::NeedsLogin,
            pick("Nobody has signed in yet.", "Personne ne s’est encore connecté."),
        )
        .safe(pick(
            "Nothing is stored that could be lost.",
            "Rien n’est enregistré, rien ne peut être perdu.",
        ))
        .next(pick(
            "It is kept alive from the first login on.",
            "Le suivi commence dès la première connexion.",
        ))
        .cure(pick("Sign in; it takes a minute.", "Connectez-vous, une minute suffit.")),
        Why::RecordGone => {
            let what = match lang {
                Lang::En => format!("The login of {service} is not in your keyring any more."),
                Lang::Fr => format!("La connexion à {service} n’est plus dans votre trousseau."),
            };
            Notice::new(Code::NeedsLogin, what)
                .safe(pick(
                    "Lamplighter deleted nothing; the account and its settings are still here.",
                    "Lamplighter n’a rien effacé\u{a0}; le compte et ses réglages sont toujours là.",
                ))
                .next(pick(
                    "Your programs have no valid token now. It goes on as soon as the login is there again.",
                    "Vos programmes n’ont plus de jeton valide. Tout reprend dès que la connexion est de nouveau là.",
                ))
                .cure(pick(
                    "Open the keyring that held it, or reconnect; it takes a minute.",
                    "Ouvrez le trousseau qui la contenait, ou reconnectez-vous, une minute suffit.",
                ))
        }
        Why::Forgotten => place::forgotten(subject),
        Why::Elsewhere { there, here } => place::elsewhere(*there, *here, subject),
        Why::OtherStore { named } => place::other_store(*named, lang),
        Why::WillEnd { at: end } => {
            let around = around(*end, subject.clock, lang);
            let what = match lang {
                Lang::En => format!("The session will probably end {around}."),
                Lang::Fr => format!("La session va probablement expirer {around}."),
            };
            Notice::new(Code::Temporary, what)
                .safe(pick("Your login works until then.", "Votre connexion fonctionne jusque-là."))
                .next(pick(
                    "It is refreshed as before; you are told when the session is over.",
                    "Elle est rafraîchie comme avant\u{a0}; vous serez prévenu quand la session prendra fin.",
                ))
                .cure(pick(
                    "Reconnect when it suits you; it takes a minute.",
                    "Reconnectez-vous quand cela vous arrange, une minute suffit.",
                ))
        }
        Why::TooSlow => Notice::new(
            Code::Temporary,
            pick("The refresh is not done yet.", "Le rafraîchissement n’est pas encore terminé."),
        )
        .safe(safe)
        .next(pick(
            "It goes on now, whether anybody waits for it or not.",
            "Il se poursuit maintenant, que quelqu’un l’attende ou non.",
        ))
        .cure(pick(
            "Ask again in a moment, or wait longer with `--wait`.",
            "Redemandez dans un instant, ou attendez plus longtemps avec `--wait`.",
        )),
        Why::NoToken { name } => {
            let what = match lang {
                Lang::En => format!("There is no token “{name}”."),
                Lang::Fr => format!("Il n’y a pas de jeton «\u{a0}{name}\u{a0}»."),
            };
            Notice::new(Code::UnknownToken, what)
                .safe(safe)
                .next(pick(
                    "Its other tokens are given as before.",
                    "Ses autres jetons sont donnés comme avant.",
                ))
                .cure(pick(
                    "Ask for one of the account’s tokens; `lamp status ACCOUNT` names them.",
                    "Demandez l’un des jetons du compte\u{a0}; `lamp status COMPTE` les nomme.",
                ))
        }
    };
    if subject.account.is_empty() { notice } else { notice.of(subject.account) }
}

/// What programs have meanwhile.
pub(super) fn tokens(tokens_until: Option<Timestamp>, subject: &Subject<'_>) -> String {
    let lang = subject.lang;
    match (tokens_until.map(|until| until_when(until, subject.clock, lang)), lang) {
        (Some(until), Lang::En) => format!("Your programs have a valid token {until}."),
        (Some(until), Lang::Fr) => format!("Vos programmes ont un jeton valide {until}."),
        (None, Lang::En) => "Your programs have no valid token now.".to_owned(),
        (None, Lang::Fr) => "Vos programmes n’ont plus de jeton valide.".to_owned(),
    }
}

fn ended(reason: Death, service: &str, at: &str, lang: Lang) -> String {
    match (reason, lang) {
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
