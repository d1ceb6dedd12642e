//! A [`Why`] in five parts: which account, what happened, is the login safe, what happens next and when, what
//! you can do.

use super::when::moment;
use super::{Lang, Subject, Why, cause, system};
use crate::account::{Block, Death};
use crate::record::StoreError;
use crate::report::{Code, Notice};
use crate::time::Timestamp;

/// What to tell a person or a program.
pub fn notice(why: &Why, subject: &Subject<'_>) -> Notice {
    let lang = subject.lang;
    let service = subject.service;
    let at = |time: Timestamp| moment(time, subject.clock, lang);
    let pick = |en: &str, fr: &str| lang.pick(en, fr).to_owned();
    let safe = pick("Your login is safe.", "Votre connexion n'est pas perdue.");
    let notice = match why {
        Why::NeedsLogin { reason, since, tokens_until } => {
            let notice = Notice::new(Code::NeedsLogin, ended(*reason, service, &at(*since), lang));
            until(notice, *tokens_until, subject)
                .safe(pick(
                    "The session is over; everything that was stored is still here.",
                    "La session est terminée ; tout ce qui était enregistré est encore là.",
                ))
                .cure(pick("Reconnect; it takes a minute.", "Reconnectez-vous, une minute suffit."))
        }
        Why::Blocked { block, tokens_until } => until(blocked(block, subject), *tokens_until, subject),
        Why::Suspect { confirm_at, tokens_until } => {
            let what = match lang {
                Lang::En => format!("{service} refused once."),
                Lang::Fr => format!("{service} a refusé une fois."),
            };
            let next = match lang {
                Lang::En => format!("It is asked again at {} before you are disturbed.", at(*confirm_at)),
                Lang::Fr => format!("Nouvel essai à {} avant de vous déranger.", at(*confirm_at)),
            };
            let safe = pick("Your login is probably fine.", "Votre connexion est probablement intacte.");
            let notice = Notice::new(Code::Temporary, what).safe(safe);
            if tokens_until.is_some() {
                notice.next(next)
            } else {
                notice.next(next).cure(pick(
                    "You can wait, or reconnect now.",
                    "Vous pouvez attendre, ou vous reconnecter maintenant.",
                ))
            }
        }
        Why::Waiting { cause: why, since, next, tokens_until } => {
            let what = match (since, lang) {
                (Some(since), Lang::En) => {
                    format!("Can't reach {service} since {}: {}.", at(*since), cause(why, lang))
                }
                (Some(since), Lang::Fr) => {
                    format!("{service} est injoignable depuis {} : {}.", at(*since), cause(why, lang))
                }
                (None, Lang::En) => format!("{service} could not refresh: {}.", cause(why, lang)),
                (None, Lang::Fr) => format!("{service} n'a pas pu rafraîchir : {}.", cause(why, lang)),
            };
            let next = match lang {
                Lang::En => format!("Next try at {}.", at(*next)),
                Lang::Fr => format!("Prochain essai à {}.", at(*next)),
            };
            let notice = Notice::new(Code::Temporary, what).safe(safe).next(next);
            match tokens_until {
                Some(until) => notice.cure(match lang {
                    Lang::En => format!("Nothing. Your programs have a valid token until {}.", at(*until)),
                    Lang::Fr => format!("Rien. Vos programmes ont un jeton valide jusqu'à {}.", at(*until)),
                }),
                None => {
                    notice.cure(pick("Check the network if this lasts.", "Vérifiez le réseau si cela dure."))
                }
            }
        }
        Why::LostReply { next } => {
            let what = match lang {
                Lang::En => format!("The answer of {service} got lost on the way."),
                Lang::Fr => format!("La réponse de {service} s'est perdue en route."),
            };
            let next = match lang {
                Lang::En => format!("It is asked for again at {}.", at(*next)),
                Lang::Fr => format!("Elle est redemandée à {}.", at(*next)),
            };
            Notice::new(Code::Temporary, what)
                .safe(pick(
                    "Most services answer again; then nothing is lost.",
                    "La plupart des services répondent à nouveau ; rien n'est alors perdu.",
                ))
                .next(next)
        }
        Why::Unsaved { store, next } => {
            let next = match lang {
                Lang::En => {
                    format!("Your programs have the new token. Saving is tried again at {}.", at(*next))
                }
                Lang::Fr => format!(
                    "Vos programmes ont le nouveau jeton. Nouvel essai d'enregistrement à {}.",
                    at(*next)
                ),
            };
            let safe = pick(
                "The login is safe: it is kept sealed beside the keyring until then.",
                "La connexion n'est pas perdue : elle est gardée scellée à côté du trousseau d'ici là.",
            );
            let (code, what, cure) = store_parts(store, lang);
            Notice::new(code, what).safe(safe).next(next).cure(cure)
        }
        Why::Store { store } => {
            let (code, what, cure) = store_parts(store, lang);
            Notice::new(code, what)
                .safe(safe)
                .next(pick(
                    "Everything continues as soon as the keyring opens.",
                    "Tout reprend dès que le trousseau s'ouvre.",
                ))
                .cure(cure)
        }
        Why::Disk { said } => {
            let said = system(said, lang);
            let what = match lang {
                Lang::En => format!("Nothing can be written to the disk: {said}."),
                Lang::Fr => format!("Impossible d'écrire sur le disque : {said}."),
            };
            Notice::new(Code::Disk, what)
                .safe(safe)
                .next(pick(
                    "Nothing is sent until it can be written down first; tried again every minute.",
                    "Rien n'est envoyé tant que rien ne peut être noté avant ; nouvel essai chaque minute.",
                ))
                .cure(pick(
                    "Free some space on the disk of your home folder.",
                    "Libérez de l'espace sur le disque de votre dossier personnel.",
                ))
        }
        Why::Paused => Notice::new(Code::Paused, pick("Paused by you.", "En pause, à votre demande."))
            .safe(pick(
                "The login is kept, but not refreshed.",
                "La connexion est conservée, mais pas rafraîchie.",
            ))
            .cure(pick("Resume it.", "Reprenez-la.")),
        Why::NeverLoggedIn => Notice::new(
            Code::NeedsLogin,
            pick("Nobody has signed in yet.", "Personne ne s'est encore connecté."),
        )
        .safe(pick(
            "Nothing is stored that could be lost.",
            "Rien n'est enregistré, rien ne peut être perdu.",
        ))
        .next(pick(
            "It is kept alive from the first login on.",
            "Le suivi commence dès la première connexion.",
        ))
        .cure(pick("Sign in; it takes a minute.", "Connectez-vous, une minute suffit.")),
        Why::RecordGone => {
            let what = match lang {
                Lang::En => format!("The login of {service} is not in your keyring any more."),
                Lang::Fr => format!("La connexion à {service} n'est plus dans votre trousseau."),
            };
            Notice::new(Code::NeedsLogin, what)
                .safe(pick(
                    "Lamplighter deleted nothing; the account and its settings are still here.",
                    "Lamplighter n'a rien effacé ; le compte et ses réglages sont toujours là.",
                ))
                .next(pick(
                    "Your programs have no valid token now.",
                    "Vos programmes n'ont plus de jeton valide.",
                ))
                .cure(pick(
                    "Open the keyring that held it, or reconnect; it takes a minute.",
                    "Ouvrez le trousseau qui la contenait, ou reconnectez-vous, une minute suffit.",
                ))
        }
        Why::WillEnd { at: end } => {
            let what = match lang {
                Lang::En => {
                    format!("The session will probably end on {}.", super::day(*end, subject.clock, lang))
                }
                Lang::Fr => {
                    format!("La session va probablement expirer {}.", super::day(*end, subject.clock, lang))
                }
            };
            Notice::new(Code::Temporary, what).cure(pick(
                "Reconnect when it suits you; it takes a minute.",
                "Reconnectez-vous quand cela vous arrange, une minute suffit.",
            ))
        }
        Why::TooSlow => Notice::new(
            Code::Temporary,
            pick("The refresh is not done yet.", "Le rafraîchissement n'est pas encore terminé."),
        )
        .safe(safe)
        .next(pick("It goes on.", "Il continue.")),
        Why::NoToken { name } => {
            let what = match lang {
                Lang::En => format!("There is no token “{name}”."),
                Lang::Fr => format!("Il n'y a pas de jeton « {name} »."),
            };
            Notice::new(Code::UnknownToken, what)
                .cure(pick("Ask for one of the account's tokens.", "Demandez l'un des jetons du compte."))
        }
    };
    if subject.account.is_empty() { notice } else { notice.of(subject.account) }
}

fn until(notice: Notice, tokens_until: Option<Timestamp>, subject: &Subject<'_>) -> Notice {
    let lang = subject.lang;
    notice.next(match tokens_until.map(|until| moment(until, subject.clock, lang)) {
        Some(until) => match lang {
            Lang::En => format!("Your programs have a valid token until {until}."),
            Lang::Fr => format!("Vos programmes ont un jeton valide jusqu'à {until}."),
        },
        None => lang
            .pick("Your programs have no valid token now.", "Vos programmes n'ont plus de jeton valide.")
            .to_owned(),
    })
}

fn ended(reason: Death, service: &str, since: &str, lang: Lang) -> String {
    match (reason, lang) {
        (Death::Final | Death::Rejected | Death::ProbeFailed, Lang::En) => {
            format!("{service} ended the session at {since}.")
        }
        (Death::Final | Death::Rejected | Death::ProbeFailed, Lang::Fr) => {
            format!("{service} a mis fin à la session à {since}.")
        }
        (Death::LostReply, Lang::En) => {
            format!("An answer of {service} got lost, and {service} does not send it twice.")
        }
        (Death::LostReply, Lang::Fr) => {
            format!("Une réponse de {service} s'est perdue, et {service} ne la renvoie pas.")
        }
        (Death::Ran, Lang::En) => {
            format!("The session ended at {since}; {service} gives no way to renew it.")
        }
        (Death::Ran, Lang::Fr) => {
            format!("La session a pris fin à {since} ; {service} ne permet pas de la renouveler.")
        }
    }
}

fn blocked(block: &Block, subject: &Subject<'_>) -> Notice {
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
                    "{service} n'accepte pas les réglages de l'application : identifiant ou secret client."
                ),
            };
            Notice::new(Code::Blocked, what).safe(kept).cure(pick(
                "Correct them; all accounts of this app go on then.",
                "Corrigez-les ; tous les comptes de cette application reprennent alors.",
            ))
        }
        Block::WrongPerson { now } => {
            let what = match lang {
                Lang::En => format!("{service} says that this is another person now: {now}."),
                Lang::Fr => format!("{service} indique maintenant une autre personne : {now}."),
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
                    "Le fichier du service nomme d'autres hôtes : {hosts}. Rien n'y est envoyé sans votre accord."
                ),
            };
            Notice::new(Code::Blocked, what).safe(kept).cure(pick(
                "Reconnect to agree to them, or undo the change.",
                "Reconnectez-vous pour les accepter, ou annulez la modification.",
            ))
        }
        Block::GrantEnded => Notice::new(
            Code::Ended,
            pick("The time that this grant was given for is over.", "La durée accordée est écoulée."),
        )
        .cure(pick("Sign in again to grant more.", "Reconnectez-vous pour la prolonger.")),
        Block::ReminderOnly => Notice::new(
            Code::Ended,
            pick(
                "This account keeps reminders only; no session is stored.",
                "Ce compte ne garde que des rappels ; aucune session n'est enregistrée.",
            ),
        ),
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
                "Ouvrez le service dans votre navigateur pour voir ce qu'il demande, puis reconnectez-vous.",
            ))
        }
        Block::LostReply => {
            let what = match lang {
                Lang::En => {
                    format!("An answer of {service} got lost, and this login is shared with another machine.")
                }
                Lang::Fr => format!(
                    "Une réponse de {service} s'est perdue, et cette connexion est partagée avec une autre machine."
                ),
            };
            Notice::new(Code::Blocked, what)
                .safe(kept)
                .cure(pick("Try once, or log in.", "Essayez une fois, ou reconnectez-vous."))
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
                Lang::Fr => format!("Il manque quelque chose pour rafraîchir : {missing}."),
            };
            Notice::new(Code::Blocked, what)
                .safe(kept)
                .cure(pick("Fill it in, or reconnect.", "Complétez-le, ou reconnectez-vous."))
        }
    }
}

/// Code, what happened, and the cure.
fn store_parts(store: &StoreError, lang: Lang) -> (Code, String, String) {
    let pick = |en: &str, fr: &str| lang.pick(en, fr).to_owned();
    match store {
        StoreError::Locked => (
            Code::StoreLocked,
            pick("Your keyring is locked.", "Votre trousseau est verrouillé."),
            pick("Unlock it and everything continues.", "Déverrouillez-le et tout reprend."),
        ),
        StoreError::Absent(_) => (
            Code::StoreAbsent,
            pick("No keyring is running.", "Aucun trousseau n'est en service."),
            pick(
                "Start the keyring of your desktop. From cron or over SSH it is there only while you are signed in to the desktop.",
                "Démarrez le trousseau de votre bureau. Depuis cron ou SSH, il n'est là que tant que votre session de bureau est ouverte.",
            ),
        ),
        StoreError::Denied(_) => (
            Code::StoreAbsent,
            pick("The keyring refused access.", "Le trousseau a refusé l'accès."),
            pick(
                "Allow Lamplighter in your keyring's settings.",
                "Autorisez Lamplighter dans les réglages de votre trousseau.",
            ),
        ),
        StoreError::Slow => (
            Code::StoreAbsent,
            pick("The keyring does not answer.", "Le trousseau ne répond pas."),
            pick("Look whether it waits for your password.", "Regardez s'il attend votre mot de passe."),
        ),
        StoreError::TooLarge { bytes } => (
            Code::StoreAbsent,
            match lang {
                Lang::En => format!("The session does not fit into the keyring: {bytes} bytes."),
                Lang::Fr => format!("La session ne tient pas dans le trousseau : {bytes} octets."),
            },
            pick("Use the sealed file as the store.", "Utilisez le fichier scellé pour l'enregistrer."),
        ),
        StoreError::Conflict | StoreError::Corrupt(_) => (
            Code::StoreAbsent,
            pick(
                "What the keyring holds for this account cannot be used.",
                "Ce que le trousseau contient pour ce compte est inutilisable.",
            ),
            pick(
                "Reconnect; the old entry is kept aside.",
                "Reconnectez-vous ; l'ancienne entrée est conservée à part.",
            ),
        ),
        StoreError::NewerFormat(_) => (
            Code::Blocked,
            pick(
                "A newer version of Lamplighter has stored this login.",
                "Une version plus récente de Lamplighter a enregistré cette connexion.",
            ),
            pick("Update Lamplighter on this machine.", "Mettez Lamplighter à jour sur cette machine."),
        ),
    }
}
