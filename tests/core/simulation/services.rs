//! The services of the simulation, as provider files, and what each of them forgives.

use std::sync::Arc;
use std::time::Duration;

use lamplighter_core::id::ChainName;
use lamplighter_core::provider::Provider;

use crate::machines::{COOKIES, OAUTH, PAIRS, rig};

/// What a service does with a credential that was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Never rotates (Google).
    Static,
    /// Rotates, and the older ones stay good (Microsoft).
    Forgiving,
    /// Rotates; the one before is good for this long; after that its use ends the session (Okta, Auth0).
    Grace(Duration),
    /// Rotates; no grace; the second use is refused (GitHub, SimpleJWT with a blacklist).
    Strict,
    /// Rotates with grace, and answers errors with 200 and `ok: false`.
    Dialect(Duration),
    /// Two chains, bot and user, each with a rotation of its own (Slack).
    Pairs(Duration),
    /// A cookie session that slides with each GET; older cookies stay good.
    Sliding,
    /// A cookie alone refreshes, and is replaced by each refresh; the one before has some grace (S2.1).
    CookieOnly(Duration),
    /// Cookies, by requests while the service lets robots in, else through a browser.
    Ladder,
}

const SECOND: Duration = Duration::from_secs(1);

/// All of them. Endless grace is here to show that nothing of ours loses a login.
pub const KINDS: [Kind; 10] = [
    Kind::Static,
    Kind::Forgiving,
    Kind::Grace(Duration::from_secs(30)),
    Kind::Strict,
    Kind::Dialect(Duration::from_secs(60)),
    Kind::Grace(Duration::MAX),
    Kind::Pairs(Duration::from_secs(120)),
    Kind::Sliding,
    Kind::CookieOnly(Duration::from_secs(300)),
    Kind::Ladder,
];

impl Kind {
    /// How long the one before the current credential is taken.
    pub fn grace(self) -> Duration {
        match self {
            Self::Static | Self::Forgiving | Self::Sliding | Self::Ladder => Duration::MAX,
            Self::Grace(grace) | Self::Dialect(grace) | Self::Pairs(grace) | Self::CookieOnly(grace) => grace,
            Self::Strict => Duration::ZERO,
        }
    }

    /// Whether the service gives up a login of its own accord when an answer gets lost.
    pub fn can_lose(self) -> bool {
        self.grace() < Duration::MAX
    }

    pub fn rotates(self) -> bool {
        self != Self::Static
    }

    pub fn lives_on_cookies(self) -> bool {
        matches!(self, Self::Sliding | Self::CookieOnly(_) | Self::Ladder)
    }

    pub fn chains(self) -> Vec<ChainName> {
        match self {
            Self::Pairs(_) => ["bot", "user"].iter().map(|name| name.parse().expect("a name")).collect(),
            _ => vec![ChainName::main()],
        }
    }

    /// What its access tokens live.
    pub fn life(self) -> Duration {
        match self {
            Self::Static | Self::Forgiving => 8 * 3600 * SECOND,
            Self::Pairs(_) => 12 * 3600 * SECOND,
            Self::Dialect(_) => 4 * 3600 * SECOND,
            Self::Grace(_) => 2 * 3600 * SECOND,
            Self::Strict => 3600 * SECOND,
            Self::Sliding | Self::CookieOnly(_) | Self::Ladder => 3 * 3600 * SECOND,
        }
    }

    /// Its provider file; every kind has a host of its own.
    pub fn provider(self) -> Arc<Provider> {
        let (name, toml) = match self {
            Self::Static => ("static", OAUTH.to_owned()),
            Self::Forgiving => ("forgiving", OAUTH.to_owned()),
            Self::Grace(Duration::MAX) => ("endless", OAUTH.to_owned()),
            Self::Grace(_) => ("grace", OAUTH.to_owned()),
            Self::Strict => ("strict", OAUTH.to_owned()),
            Self::Dialect(_) => ("dialect", OAUTH.to_owned()),
            Self::Pairs(_) => ("pairs", PAIRS.to_owned()),
            Self::Sliding => ("sliding", COOKIES.replace("15m", "3h")),
            Self::CookieOnly(_) => ("alone", COOKIE_ONLY.to_owned()),
            Self::Ladder => ("ladder", COOKIES.replace("15m", "3h").replace("[[probe]]", BROWSER)),
        };
        let own = |text: &str| text.replace("id.example.com", &format!("{name}.example.com"));
        Arc::new(rig::provider(&own(&toml.replace("app.example.com", "id.example.com"))))
    }
}

const BROWSER: &str = r#"
[[refresh]]
strategy = "browser"
url = "https://app.example.com/"
ready = [{ local_storage = "access_token" }]
save = { "token.access" = "local_storage:access_token" }
[[probe]]"#;

const COOKIE_ONLY: &str = r#"
format = 1
name = "Cookie only"
hosts = ["id.example.com"]
[[login]]
kind = "webview"
url = "https://id.example.com/"
done = [{ cookie = "sid" }]
save = { "token.access" = "cookie:access_token" }
[tokens.access]
expires = ["3h"]
[[refresh]]
strategy = "http"
[[refresh.steps]]
method = "POST"
url = "https://id.example.com/auth/refresh"
auth = "cookies"
save = { "token.access" = "cookie:access_token" }
[[probe]]
every = "12h"
request = { method = "GET", url = "https://id.example.com/api/me", auth = "cookies" }
identity = ["json:email"]
[dead]
any = [{ url = "*/login*" }]
"#;
