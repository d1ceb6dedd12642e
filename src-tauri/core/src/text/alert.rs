//! What whoever watches from elsewhere is told beside notices.

use super::Lang;

/// Its login was over, or it could not be refreshed, and that is settled.
pub fn works_again(account: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{account} works again."),
        Lang::Fr => format!("{account} fonctionne à nouveau."),
    }
}

/// Title and text of a trial.
pub fn alert_sample(lang: Lang) -> (String, String) {
    let (title, body) = match lang {
        Lang::En => ("Test of Lamplighter’s alerts", "Nothing is wrong. What needs you will be told here."),
        Lang::Fr => (
            "Essai des alertes de Lamplighter",
            "Tout va bien. Ce qui demande votre attention vous sera dit ici.",
        ),
    };
    (title.to_owned(), body.to_owned())
}
