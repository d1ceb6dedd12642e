//! Somebody asks more often than a service should be asked.

use super::when::at as at_when;
use super::{Lang, Subject};
use crate::report::{Code, Notice};
use crate::time::Timestamp;

/// Refreshed again, when asked, at `next` (S2.5).
pub(super) fn limited(next: Timestamp, subject: &Subject<'_>) -> Notice {
    let (lang, service) = (subject.lang, subject.service);
    let at = at_when(next, subject.clock, lang);
    let (what, next) = match lang {
        Lang::En => (
            format!("{service} was asked very often in a short time and is left alone for now."),
            format!("It can be asked again {at}. What is due by the schedule goes on meanwhile."),
        ),
        Lang::Fr => (
            format!("{service} a été sollicité très souvent en peu de temps\u{a0}; on lui laisse un répit."),
            format!("Il sera de nouveau sollicité {at}. Ce qui est prévu par le calendrier se poursuit."),
        ),
    };
    Notice::new(Code::Temporary, what)
        .safe(lang.pick("Your login is safe.", "Votre connexion n’est pas perdue."))
        .next(next)
        .cure(lang.pick(
            "Ask less often: a token that is valid for some time is given without a refresh.",
            "Demandez moins souvent\u{a0}: un jeton encore valide est donné sans rafraîchissement.",
        ))
}
