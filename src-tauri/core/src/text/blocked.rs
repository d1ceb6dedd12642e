//! What only the person can settle, in words.

use super::{Lang, Subject};
use crate::account::Block;
use crate::report::{Code, Notice};

/// The parts of a notice about a block, but not until when tokens are good.
pub(super) fn blocked(block: &Block, subject: &Subject<'_>) -> Notice {
    let lang = subject.lang;
    match block {
        Block::GrantEnded { by_service: true } => outlived(subject),
        Block::GrantEnded { by_service: false } => grant_ended(lang),
        Block::ReminderOnly => reminder_only(lang),
        _ => Notice::new(Code::Blocked, what(block, subject))
            .safe(lang.pick("Your login is kept as it is.", "Votre connexion est conservée telle quelle."))
            .cure(cure(block, subject)),
    }
}

fn grant_ended(lang: Lang) -> Notice {
    Notice::new(
        Code::Ended,
        lang.pick(
            "The time for which you allowed this login to be kept is over.",
            "La durée pendant laquelle vous avez permis de garder cette connexion est écoulée.",
        ),
    )
    .safe(lang.pick(
        "What was stored is still here, but nothing is refreshed any more.",
        "Ce qui était enregistré est encore là, mais plus rien n’est rafraîchi.",
    ))
    .cure(lang.pick("Sign in again to allow it once more.", "Reconnectez-vous pour la prolonger."))
}

/// The service had said how long it would last.
fn outlived(subject: &Subject<'_>) -> Notice {
    let (lang, service) = (subject.lang, subject.service);
    let what = match lang {
        Lang::En => format!("{service} gave this login for a limited time, and that is over."),
        Lang::Fr => format!("{service} avait accordé cette connexion pour un temps limité, qui est écoulé."),
    };
    Notice::new(Code::Ended, what)
        .safe(lang.pick(
            "What was stored is still here, but the service takes it no more.",
            "Ce qui était enregistré est encore là, mais le service ne l’accepte plus.",
        ))
        .cure(lang.pick("Sign in again; it takes a minute.", "Reconnectez-vous, une minute suffit."))
}

fn reminder_only(lang: Lang) -> Notice {
    Notice::new(
        Code::Ended,
        lang.pick(
            "This account keeps reminders only; no session is stored.",
            "Ce compte ne garde que des rappels\u{a0}; aucune session n’est enregistrée.",
        ),
    )
    .safe(
        lang.pick("Nothing is stored that could be lost.", "Rien n’est enregistré, rien ne peut être perdu."),
    )
    .cure(lang.pick(
        "Nothing here: sign in at the service itself when you are reminded.",
        "Rien ici\u{a0}: connectez-vous auprès du service lui-même quand un rappel vous le dit.",
    ))
}

/// What happened.
fn what(block: &Block, subject: &Subject<'_>) -> String {
    let service = subject.service;
    match (block, subject.lang) {
        (Block::AppSettings, Lang::En) => {
            format!("{service} does not accept the app settings: client id or client secret.")
        }
        (Block::AppSettings, Lang::Fr) => {
            format!(
                "{service} n’accepte pas les réglages de l’application\u{a0}: identifiant ou secret client."
            )
        }
        (Block::WrongPerson { now }, Lang::En) => {
            format!("{service} says that this is another person now: {now}.")
        }
        (Block::WrongPerson { now }, Lang::Fr) => {
            format!("{service} indique maintenant une autre personne\u{a0}: {now}.")
        }
        (Block::HostChanged { hosts }, Lang::En) => format!(
            "The settings of {} now name other hosts: {}. Nothing is sent there before you agree.",
            account(subject),
            hosts.join(", ")
        ),
        (Block::HostChanged { hosts }, Lang::Fr) => format!(
            "Les réglages du compte {} nomment maintenant d’autres hôtes\u{a0}: {}. Rien n’y est envoyé sans votre accord.",
            account(subject),
            hosts.join(", ")
        ),
        (Block::Refused { status }, Lang::En) => format!(
            "{service} has refused for a day (status {status}) without saying that the session is over."
        ),
        (Block::Refused { status }, Lang::Fr) => {
            format!(
                "{service} refuse depuis un jour (statut {status}) sans dire que la session est terminée."
            )
        }
        (Block::LostReply, Lang::En) => {
            format!("An answer of {service} got lost, and this login is shared with another machine.")
        }
        (Block::LostReply, Lang::Fr) => format!(
            "Une réponse de {service} s’est perdue, et cette connexion est partagée avec une autre machine."
        ),
        (Block::Incomplete { missing }, Lang::En) => format!("Something is missing to refresh: {missing}."),
        (Block::Incomplete { missing }, Lang::Fr) => {
            format!("Il manque quelque chose pour rafraîchir\u{a0}: {missing}.")
        }
        // The other two have a text of their own.
        (Block::NewerFormat | Block::GrantEnded { .. } | Block::ReminderOnly, lang) => lang
            .pick(
                "A newer version of Lamplighter has stored this login.",
                "Une version plus récente de Lamplighter a enregistré cette connexion.",
            )
            .to_owned(),
    }
}

/// Its name, as it stands in commands.
fn account<'a>(subject: &Subject<'a>) -> &'a str {
    match subject.account {
        "" => subject.lang.pick("ACCOUNT", "COMPTE"),
        account => account,
    }
}

/// What the person can do.
fn cure(block: &Block, subject: &Subject<'_>) -> String {
    let lang = subject.lang;
    let account = account(subject);
    let plain = match block {
        Block::AppSettings => return app_settings(account, lang),
        Block::Incomplete { missing } => return fill_in(account, missing, lang),
        Block::LostReply => return try_once(account, lang),
        Block::WrongPerson { .. } => {
            ("Reconnect as the right person.", "Reconnectez-vous avec la bonne personne.")
        }
        Block::HostChanged { .. } => (
            "Reconnect to agree to them, or undo the change.",
            "Reconnectez-vous pour les accepter, ou annulez la modification.",
        ),
        Block::Refused { .. } => (
            "Open the service in your browser to see what it wants; then reconnect.",
            "Ouvrez le service dans votre navigateur pour voir ce qu’il demande, puis reconnectez-vous.",
        ),
        Block::NewerFormat | Block::GrantEnded { .. } | Block::ReminderOnly => {
            ("Update Lamplighter on this machine.", "Mettez Lamplighter à jour sur cette machine.")
        }
    };
    lang.pick(plain.0, plain.1).to_owned()
}

/// A lost answer to a login that another machine uses, too: only the person knows whether that one has it.
fn try_once(account: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("Try once more with `lamp refresh {account} --try-once`, or log in again."),
        Lang::Fr => {
            format!("Réessayez une fois avec `lamp refresh {account} --try-once`, ou reconnectez-vous.")
        }
    }
}

/// Where a value that is missing is given.
fn fill_in(account: &str, missing: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!(
            "Set a secret with `lamp secret set {account} {missing}`, anything else in config.toml under [accounts.{account}.vars]; or reconnect."
        ),
        Lang::Fr => format!(
            "Indiquez un secret avec `lamp secret set {account} {missing}`, toute autre valeur dans config.toml sous [accounts.{account}.vars]\u{a0}; ou reconnectez-vous."
        ),
    }
}

/// Where the client id and the client secret are corrected.
fn app_settings(account: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!(
            "Correct the secret with `lamp secret set {account} client_secret`, the id in config.toml under [accounts.{account}.vars]; all accounts of this app go on then."
        ),
        Lang::Fr => format!(
            "Corrigez le secret avec `lamp secret set {account} client_secret`, l’identifiant dans config.toml sous [accounts.{account}.vars]\u{a0}; tous les comptes de cette application reprennent alors."
        ),
    }
}
