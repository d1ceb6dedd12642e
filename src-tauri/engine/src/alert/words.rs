//! What is said of a hook that did not take a message.

use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;

fn notice(what: String, cure: &str, lang: Lang) -> Notice {
    Notice::new(Code::Temporary, what)
        .safe(lang.pick("Your logins are safe.", "Vos connexions ne sont pas perdues."))
        .cure(cure)
}

/// What a sample is not: tried again by itself.
fn again(is_sample: bool, real: &'static str, lang: Lang) -> &'static str {
    if is_sample {
        lang.pick(
            "A sample is sent once: see that the address is right and answers, then again: lamp alert test",
            "Un essai n’est envoyé qu’une fois\u{a0}: vérifiez que l’adresse est juste et répond, puis de nouveau\u{a0}: lamp alert test",
        )
    } else {
        real
    }
}

pub(super) fn unreachable(to: &str, is_sample: bool, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("The alert to {to} could not be delivered: it does not answer."),
        Lang::Fr => format!("L’alerte vers {to} n’a pas pu être remise\u{a0}: pas de réponse."),
    };
    notice(
        what,
        again(
            is_sample,
            lang.pick(
                "Nothing: it is tried again as long as it is still so.",
                "Rien\u{a0}: de nouveaux essais suivent tant que cela vaut encore.",
            ),
            lang,
        ),
        lang,
    )
}

pub(super) fn said(to: &str, status: u16, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("The alert to {to} was not taken: status {status}."),
        Lang::Fr => format!("L’alerte vers {to} n’a pas été acceptée\u{a0}: statut {status}."),
    };
    notice(
        what,
        lang.pick(
            "Check its address under alerts in config.toml, then: lamp alert test",
            "Vérifiez son adresse sous alerts dans config.toml, puis\u{a0}: lamp alert test",
        ),
        lang,
    )
}

pub(super) fn bad_address(to: &str, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("{to} holds no address that a message could go to."),
        Lang::Fr => format!("{to} ne contient pas d’adresse à laquelle un message pourrait aller."),
    };
    notice(
        what,
        lang.pick(
            "Set it again; it begins with https://",
            "Définissez-la de nouveau\u{a0}; elle commence par https://",
        ),
        lang,
    )
}

pub(super) fn no_secret(name: &str, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("The address “{name}” of an alert is not where logins are kept."),
        Lang::Fr => format!(
            "L’adresse «\u{a0}{name}\u{a0}» d’une alerte n’est pas là où les connexions sont gardées."
        ),
    };
    let cure = match lang {
        Lang::En => format!("Set it: lamp secret set alerts {name}"),
        Lang::Fr => format!("Définissez-la\u{a0}: lamp secret set alerts {name}"),
    };
    notice(what, &cure, lang)
}

pub(super) fn store_shut(is_sample: bool, lang: Lang) -> Notice {
    notice(
        lang.pick(
            "The address of an alert cannot be read now from where logins are kept.",
            "L’adresse d’une alerte ne peut pas être lue pour l’instant là où les connexions sont gardées.",
        )
        .to_owned(),
        if is_sample {
            lang.pick(
                "Unlock where logins are kept, then again: lamp alert test",
                "Déverrouillez l’endroit où les connexions sont gardées, puis de nouveau\u{a0}: lamp alert test",
            )
        } else {
            lang.pick(
                "Unlock where logins are kept; it is tried again.",
                "Déverrouillez l’endroit où les connexions sont gardées\u{a0}; un nouvel essai suivra.",
            )
        },
        lang,
    )
}
