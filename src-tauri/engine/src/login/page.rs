//! The page that the system browser shows when it comes back to us: no script, nothing loaded from elsewhere.

use lamplighter_core::text::Lang;

/// How it went, for the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The code arrived.
    Arrived,
    /// The service or the person said no.
    Refused,
    /// Not an answer to our question.
    Foreign,
}

impl Ending {
    fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::Arrived => lang.pick("You can close this window", "Vous pouvez fermer cette fenêtre"),
            Self::Refused => lang.pick("Nothing was changed", "Rien n’a été modifié"),
            Self::Foreign => {
                lang.pick("This page belongs to no login", "Cette page ne correspond à aucune connexion")
            }
        }
    }

    fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Arrived => lang.pick(
                "Lamplighter has what it needs and goes on by itself.",
                "Lamplighter a ce qu’il lui faut et continue tout seul.",
            ),
            Self::Refused => lang.pick(
                "The service did not give access. Lamplighter says what you can do; you can close this window.",
                "Le service n’a pas donné l’accès. Lamplighter indique quoi faire\u{a0}; vous pouvez fermer cette fenêtre.",
            ),
            Self::Foreign => lang.pick(
                "It is too old, was used already, or comes from somewhere else. Start the login again in Lamplighter.",
                "Elle est trop ancienne, a déjà servi ou vient d’ailleurs. Recommencez la connexion dans Lamplighter.",
            ),
        }
    }

    /// The whole page.
    pub fn html(self, lang: Lang) -> String {
        let (code, title, text) = (lang.pick("en", "fr"), self.title(lang), self.text(lang));
        format!(
            "<!doctype html><html lang=\"{code}\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
             <title>{title}</title><style>body{{font:16px system-ui,sans-serif;margin:20vh auto;max-width:32em;\
             padding:0 16px;text-align:center}}h1{{font-size:20px}}</style><h1>{title}</h1><p>{text}</p></html>\n"
        )
    }
}
