//! What only the person can settle, in words.

use super::{Lang, Subject};
use crate::account::Block;
use crate::report::{Code, Notice};

/// The parts of a notice about a block, but not until when tokens are good.
pub(super) fn blocked(block: &Block, subject: &Subject<'_>) -> Notice {
    let (lang, service) = (subject.lang, subject.service);
    let pick = |en: &str, fr: &str| lang.pick(en, fr).to_owned();
    let kept = pick("Your login is kept as it is.", "Votre connexion est conservée telle quelle.");
    match block {
        Block::AppSettings => {
            let what = match lang {
                Lang::En => {
                    format!("{service} does not accept the app settings: client id or client secret.")
                }
                Lang::Fr => format!(
                    "{service} n’accepte pas les réglages de l’application\u{a0}: identifiant ou secret client."
                ),
            };
            Notice::new(Code::Blocked, what).safe(kept).cure(app_settings(subject.account, lang))
        }
        Block::WrongPerson { now } => {
            let what = match lang {
                Lang::En => format!("{service} says that this is another person now: {now}."),
                Lang::Fr => format!("{service} indique maintenant une autre personne\u{a0}: {now}."),
            };
            Notice::new(Code::Blocked, what)
                .safe(kept)
                .cure(pick("Reconnect as the right person.", "Reconnectez-vous avec la bonne personne."))
        }
        Block::HostChanged { hosts } => {
            let hosts = hosts.join(", ");
            let what = match lang {
                Lang::En => format!(
                    "The provider file now names other hosts: {hosts}. Nothing is sent there before you agree."
                ),
                Lang::Fr => format!(
                    "Le fichier du service nomme d’autres hôtes\u{a0}: {hosts}. Rien n’y est envoyé sans votre accord."
                ),
            };
            Notice::new(Code::Blocked, what).safe(kept).cure(pick(
                "Reconnect to agree to them, or undo the change.",
                "Reconnectez-vous pour les accepter, ou annulez la modification.",
            ))
        }
        Block::GrantEnded => Notice::new(
            Code::Ended,
            pick(
                "The time for which you allowed this login to be kept is over.",
                "La durée pendant laquelle vous avez permis de garder cette connexion est écoulée.",
            ),
        )
        .safe(pick(
            "What was stored is still here, but nothing is refreshed any more.",
            "Ce qui était enregistré est encore là, mais plus rien n’est rafraîchi.",
        ))
        .cure(pick("Sign in again to allow it once more.", "Reconnectez-vous pour la prolonger.")),
        Block::ReminderOnly => Notice::new(
            Code::Ended,
            pick(
                "This account keeps reminders only; no session is stored.",
                "Ce compte ne garde que des rappels\u{a0}; aucune session n’est enregistrée.",
            ),
        )
        .safe(pick(
            "Nothing is stored that could be lost.",
            "Rien n’est enregistré, rien ne peut être perdu.",
        ))
        .cure(pick(
            "Nothing here: sign in at the service itself when you are reminded.",
            "Rien ici\u{a0}: connectez-vous auprès du service lui-même quand un rappel vous le dit.",
        )),
        Block::Refused { status } => {
            let what = match lang {
                Lang::En => format!(
                    "{service} has refused for a day (status {status}) without saying that the session is over."
                ),
                Lang::Fr => format!(
                    "{service} refuse depuis un jour (statut {status}) sans dire que la session est terminée."
                ),
            };
            Notice::new(Code::Blocked, what).safe(kept).cure(pick(
                "Open the service in your browser to see what it wants; then reconnect.",
                "Ouvrez le service dans votre navigateur pour voir ce qu’il demande, puis reconnectez-vous.",
            ))
        }
        Block::LostReply => {
            let what = match lang {
                Lang::En => {
                    format!("An answer of {service} got lost, and this login is shared with another machine.")
                }
                Lang::Fr => format!(
                    "Une réponse de {service} s’est perdue, et cette connexion est partagée avec une autre machine."
                ),
            };
            let account =
                if subject.account.is_empty() { lang.pick("ACCOUNT", "COMPTE") } else { subject.account };
            let cure = match lang {
                Lang::En => {
                    format!("Try once more with `lamp refresh {account} --try-once`, or log in again.")
                }
                Lang::Fr => {
                    format!(
                        "Réessayez une fois avec `lamp refresh {account} --try-once`, ou reconnectez-vous."
                    )
                }
            };
            Notice::new(Code::Blocked, what).safe(kept).cure(cure)
        }
        Block::NewerFormat => Notice::new(
            Code::Blocked,
            pick(
                "A newer version of Lamplighter has stored this login.",
                "Une version plus récente de Lamplighter a enregistré cette connexion.",
            ),
        )
        .safe(kept)
        .cure(pick("Update Lamplighter on this machine.", "Mettez Lamplighter à jour sur cette machine.")),
        Block::Incomplete { missing } => {
            let what = match lang {
                Lang::En => format!("Something is missing to refresh: {missing}."),
                Lang::Fr => format!("Il manque quelque chose pour rafraîchir\u{a0}: {missing}."),
            };
            Notice::new(Code::Blocked, what).safe(kept).cure(fill_in(subject.account, missing, lang))
        }
    }
}

/// Where a value that is missing is given.
fn fill_in(account: &str, missing: &str, lang: Lang) -> String {
    let account = if account.is_empty() { lang.pick("ACCOUNT", "COMPTE") } else { account };
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
    let account = if account.is_empty() { lang.pick("ACCOUNT", "COMPTE") } else { account };
    match lang {
        Lang::En => format!(
            "Correct the secret with `lamp secret set {account} client_secret`, the id in config.toml under [accounts.{account}.vars]; all accounts of this app go on then."
        ),
        Lang::Fr => format!(
            "Corrigez le secret avec `lamp secret set {account} client_secret`, l’identifiant dans config.toml sous [accounts.{account}.vars]\u{a0}; tous les comptes de cette application reprennent alors."
        ),
    }
}
