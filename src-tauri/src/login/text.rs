//! What the login window itself says, in English and French.

use lamplighter_core::provider::hosts::is_this_machine;
use lamplighter_core::text::Lang;
use url::Url;

/// Where the shown page comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// Host with its port, or `None` for a page that has none (an empty one, or one made by another page).
    pub host: Option<String>,
    /// Whether it came over an encrypted connection.
    pub is_secure: bool,
}

impl Place {
    /// Of an address that a webview shows.
    pub fn of(address: &str) -> Self {
        let Ok(url) = Url::parse(address) else { return Self::default() };
        let host = url.host_str().map(|host| match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        });
        Self { host, is_secure: url.scheme() == "https" }
    }

    /// For the bar, punycode left as it is so that look-alike letters cannot deceive.
    pub fn host_text(&self, lang: Lang) -> String {
        self.host.clone().unwrap_or_else(|| lang.pick("no address yet", "pas encore d’adresse").to_owned())
    }

    /// Whether the connection is encrypted, in words.
    pub fn security_text(&self, lang: Lang) -> &'static str {
        match (&self.host, self.is_secure) {
            (None, _) => "",
            (Some(_), true) => lang.pick("encrypted", "chiffré"),
            (Some(host), false) if is_local(host) => {
                lang.pick("not encrypted, this computer", "non chiffré, cet ordinateur")
            }
            (Some(_), false) => lang.pick("not encrypted", "non chiffré"),
        }
    }
}

fn is_local(host: &str) -> bool {
    Url::parse(&format!("http://{host}/")).is_ok_and(|url| url.host_str().is_some_and(is_this_machine))
}

/// What the bar says at its second line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The person signs in.
    SignIn,
    /// A capture is being judged.
    Checking,
    /// The person said that they are signed in, and the service does not confirm it.
    NotYet,
    /// The service could not be asked.
    Unreachable,
}

#[cfg(all(unix, not(target_os = "macos")))]
impl Phase {
    /// In words, for the bar.
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::SignIn => lang.pick(
                "Sign in as usual. This window closes by itself.",
                "Connectez-vous comme d’habitude. Cette fenêtre se ferme toute seule.",
            ),
            Self::Checking => lang.pick("Checking the login…", "Vérification de la connexion…"),
            Self::NotYet => lang.pick(
                "The service does not confirm the login yet. Finish signing in, then press the button again.",
                "Le service ne confirme pas encore la connexion. Terminez-la, puis appuyez de nouveau.",
            ),
            Self::Unreachable => lang.pick(
                "The service cannot be reached to check the login. It will be tried again; keep this window open.",
                "Le service est injoignable pour vérifier la connexion. Un nouvel essai suivra\u{a0}; gardez cette \
                 fenêtre ouverte.",
            ),
        }
    }
}

/// Label of the bar's button.
#[cfg(all(unix, not(target_os = "macos")))]
pub fn signed_in(lang: Lang) -> &'static str {
    lang.pick("I am signed in", "Je suis connecté")
}

/// The window's title: the host first, because a title is cut at its end. Without a bar it is all there is, so it
/// says whether the connection is encrypted, too.
pub fn title(lang: Lang, place: &Place, account: &str, provider: &str, has_bar: bool) -> String {
    let security = if has_bar { "" } else { place.security_text(lang) };
    let place = match (place.host_text(lang), security) {
        (host, "") => host,
        (host, security) => format!("{host} ({security})"),
    };
    match lang {
        Lang::En => format!("{place} – sign in to {provider} ({account})"),
        Lang::Fr => format!("{place} – connexion à {provider} ({account})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t14_where_no_bar_says_it_the_title_says_whether_the_page_is_encrypted() {
        let said = |address: &str, has_bar| title(Lang::En, &Place::of(address), "work", "Acme", has_bar);
        assert_eq!(said("https://acme.test/login", false), "acme.test (encrypted) – sign in to Acme (work)");
        assert_eq!(said("http://acme.test/", false), "acme.test (not encrypted) – sign in to Acme (work)");
        assert_eq!(said("about:blank", false), "no address yet – sign in to Acme (work)");
        assert_eq!(said("https://acme.test/login", true), "acme.test – sign in to Acme (work)");
    }
}
