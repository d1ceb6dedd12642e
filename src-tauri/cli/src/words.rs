//! Accounts in words, as look.md has them: states, tokens, times.

use std::time::Duration;

use lamplighter_core::api::{AccountView, LikelyView, Standing, TokenView};
use lamplighter_core::text::{Lang, around, duration, moment, spread};
use lamplighter_core::time::Timestamp;

use crate::screen::Screen;

/// One word for a state, never a colour alone.
pub fn standing(standing: Standing, lang: Lang) -> &'static str {
    match standing {
        Standing::Fine => lang.pick("Fine", "En ordre"),
        Standing::Working => lang.pick("Refreshing", "Rafraîchissement"),
        Standing::Waiting => lang.pick("Waiting", "En attente"),
        Standing::NeedsYou => lang.pick("Needs you", "À reconnecter"),
        Standing::Paused => lang.pick("Paused", "En pause"),
    }
}

/// "in 6 min", "6 min ago".
pub fn relative(at: Timestamp, screen: &Screen) -> String {
    if at >= *screen.now {
        let length = duration(at.since(*screen.now), screen.lang);
        match screen.lang {
            Lang::En => format!("in {length}"),
            Lang::Fr => format!("dans {length}"),
        }
    } else {
        let length = duration(screen.now.since(at), screen.lang);
        match screen.lang {
            Lang::En => format!("{length} ago"),
            Lang::Fr => format!("il y a {length}"),
        }
    }
}

/// "11 h 42 min left", "expired", or nothing if there is no token or no known end.
pub fn left(token: Option<&TokenView>, screen: &Screen) -> String {
    let Some(ends) = token.and_then(|token| token.ends) else {
        return match token {
            Some(_) => screen.pick("no known end", "fin inconnue").to_owned(),
            None => "–".to_owned(),
        };
    };
    let left = ends.since(*screen.now);
    if left == Duration::ZERO {
        return screen.pick("expired", "expiré").to_owned();
    }
    let left = duration(left, screen.lang);
    match screen.lang {
        Lang::En => format!("{left} left"),
        Lang::Fr => format!("encore {left}"),
    }
}

/// A time that may not be known.
pub fn maybe(at: Option<Timestamp>, screen: &Screen) -> String {
    at.map_or_else(|| "–".to_owned(), |at| relative(at, screen))
}

/// An account's details, one per line: what it is, how it stands, its tokens, its times.
pub fn details(account: &AccountView, screen: &Screen) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let mut say = |en: &str, fr: &str, text: String| lines.push((screen.pick(en, fr).to_owned(), text));
    say("State", "État", standing(account.standing, screen.lang).to_owned());
    let host = if account.host.is_empty() { String::new() } else { format!(" ({})", account.host) };
    say("Service", "Service", format!("{}{host}", account.service));
    if let Some(identity) = &account.identity {
        say("Signed in as", "Connecté en tant que", identity.clone());
    }
    for token in &account.tokens {
        say("Token", "Jeton", format!("{}, {}", token.name, left(Some(token), screen)));
    }
    say("Last refresh", "Rafraîchi", maybe(account.last_refresh, screen));
    say("Next refresh", "Prochain rafraîchissement", maybe(account.next_refresh, screen));
    if account.logged_in.is_some() {
        say("Logged in", "Connexion", maybe(account.logged_in, screen));
    }
    if let Some(ends) = account.ends {
        say("Session ends", "Fin de la session", moment(ends, screen.clock(), screen.lang));
    }
    if let Some(likely) = account.likely {
        say("Forecast", "Prévision", forecast(&likely, screen));
    }
    if account.renewable == Some(false) {
        let no = screen
            .pick("no, this service gives no way to renew", "non, ce service ne permet pas de renouveler");
        say("Kept alive", "Maintenue", no.to_owned());
    }
    say("Cookies", "Cookies", account.cookies.to_string());
    for sink in &account.sinks {
        let lamplighter_core::api::SinkSettings::Env { path, .. } = &sink.settings;
        say("Goes to", "Va vers", format!("{path}, {}", maybe(sink.delivered, screen)));
    }
    for reader in &account.readers {
        say("Used by", "Utilisé par", format!("{}, {}", reader.program, relative(reader.at, screen)));
    }
    if account.unsaved {
        let unsaved = screen.pick("not saved yet", "pas encore enregistrée");
        say("Newest session", "Session récente", unsaved.to_owned());
    }
    lines
}

/// "probably ends on 3 Dec (like your last 6, 9 to 14 days)".
fn forecast(likely: &LikelyView, screen: &Screen) -> String {
    let day = around(likely.at, screen.clock(), screen.lang);
    let (shortest, longest) =
        (Duration::from_millis(likely.shortest_ms), Duration::from_millis(likely.longest_ms));
    let spread = spread(shortest, longest, screen.lang);
    let sessions = likely.sessions;
    match screen.lang {
        Lang::En => format!("probably ends {day} (like your last {sessions}, {spread})"),
        Lang::Fr => format!("se terminera probablement {day} (comme vos {sessions} dernières, {spread})"),
    }
}
