//! The services of the simulation: what the eight providers of part 3 of `faults.md` do with a credential, each as
//! strict as its documentation lets it be, and three that live on cookies or need several steps.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lamplighter_core::id::{ChainName, ProviderId, VarName};
use lamplighter_core::provider::{Provider, built_in, parse};

/// Whose rules an account lives under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Two chains; a short grace; answers errors with 200 and `ok: false`; two living access tokens.
    Slack,
    /// No rotation; validated every hour; the rejection stands in words.
    Twitch,
    /// No rotation; grants of a week that say so (`refresh_token_expires_in`).
    Google,
    /// Rotates, and the older ones stay good; a throttle that calls itself `invalid_grant`; single-page apps' 24 h.
    Microsoft,
    /// Rotates without grace; the old access token dies with the refresh; errors with 200.
    GitHub,
    /// A leeway for the one before the last; reuse after it ends the family.
    Auth0,
    /// 30 s of grace; reuse after it ends everything; dead after 7 days unused.
    Okta,
    /// Rotation without blacklist: every refresh token is good until its own end, a day after it was made.
    Jwt,
    /// Rotation with blacklist: no grace at all.
    Blacklist,
    /// A cookie session that slides with each GET, or through a browser where the site lets no robots in.
    Site,
    /// A cookie alone refreshes, and is replaced by each refresh; the one before has some grace.
    Alone,
    /// Two requests that both spend.
    Steps,
}

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// All of them.
pub const KINDS: [Kind; 12] = [
    Kind::Slack,
    Kind::Twitch,
    Kind::Google,
    Kind::Microsoft,
    Kind::GitHub,
    Kind::Auth0,
    Kind::Okta,
    Kind::Jwt,
    Kind::Blacklist,
    Kind::Site,
    Kind::Alone,
    Kind::Steps,
];

/// What differs between two accounts of one service.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// What its access tokens live.
    pub life: Duration,
    /// The grant ends so long after the login, whatever happens.
    pub fixed: Option<Duration>,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Slack => "Slack",
            Self::Twitch => "Twitch",
            Self::Google => "Google",
            Self::Microsoft => "Microsoft",
            Self::GitHub => "GitHub",
            Self::Auth0 => "Auth0",
            Self::Okta => "Okta",
            Self::Jwt => "SimpleJWT",
            Self::Blacklist => "blacklist",
            Self::Site => "site",
            Self::Alone => "cookie",
            Self::Steps => "steps",
        }
    }

    pub fn index(self) -> usize {
        self as usize
    }

    /// How the `nth` account of this service is.
    pub fn manner(self, nth: usize) -> Manner {
        let life = match self {
            Self::Slack => 12 * HOUR,
            Self::Twitch => 4 * HOUR,
            Self::GitHub => 8 * HOUR,
            Self::Google | Self::Microsoft | Self::Okta | Self::Steps => HOUR,
            Self::Auth0 => 2 * HOUR,
            // As it is installed; most sites set more.
            Self::Jwt | Self::Blacklist if nth.is_multiple_of(4) => 300 * SECOND,
            Self::Jwt | Self::Blacklist => HOUR / 2,
            Self::Site | Self::Alone => 3 * HOUR,
        };
        let fixed = match self {
            Self::Google if nth % 2 == 1 => Some(7 * DAY),
            Self::Microsoft if nth % 4 == 1 => Some(DAY),
            _ => None,
        };
        Manner { life, fixed }
    }

    /// How long the one before the current credential is taken; `MAX` if the older ones simply stay good.
    pub fn grace(self) -> Duration {
        match self {
            Self::Twitch | Self::Google | Self::Microsoft | Self::Jwt | Self::Site => Duration::MAX,
            Self::Slack => 120 * SECOND,
            Self::Auth0 | Self::Okta => 30 * SECOND,
            Self::Alone | Self::Steps => 300 * SECOND,
            Self::GitHub | Self::Blacklist => Duration::ZERO,
        }
    }

    /// Whether the service gives up a login of its own accord when an answer gets lost.
    pub fn can_lose(self) -> bool {
        self.grace() < Duration::MAX
    }

    pub fn rotates(self) -> bool {
        !matches!(self, Self::Twitch | Self::Google)
    }

    /// How long a credential lives that nobody uses.
    pub fn idle(self) -> Duration {
        match self {
            Self::Okta => 7 * DAY,
            Self::Microsoft => 90 * DAY,
            Self::Jwt | Self::Blacklist => DAY,
            Self::Site | Self::Alone => 14 * DAY,
            _ => 180 * DAY,
        }
    }

    /// How many access tokens live side by side.
    pub fn living_tokens(self) -> usize {
        match self {
            Self::GitHub => 1,
            Self::Slack => 2,
            _ => 50,
        }
    }

    pub fn is_jwt(self) -> bool {
        matches!(self, Self::Jwt | Self::Blacklist)
    }

    pub fn lives_on_cookies(self) -> bool {
        matches!(self, Self::Site | Self::Alone)
    }

    /// Talks the standard's token end point.
    pub fn is_oauth(self) -> bool {
        matches!(
            self,
            Self::Slack
                | Self::Twitch
                | Self::Google
                | Self::Microsoft
                | Self::GitHub
                | Self::Auth0
                | Self::Okta
        )
    }

    pub fn has_probe(self) -> bool {
        self != Self::Steps
    }

    pub fn chains(self) -> Vec<ChainName> {
        match self {
            Self::Slack => ["bot", "user"].iter().map(|name| name.parse().expect("a name")).collect(),
            _ => vec![ChainName::main()],
        }
    }

    /// Its provider file: the one that ships where there is one. Every kind has a host of its own.
    pub fn provider(self) -> Arc<Provider> {
        let (id, text) = match self {
            Self::Slack => ("slack", shipped("slack")),
            Self::Twitch => ("twitch", shipped("twitch")),
            Self::Jwt | Self::Blacklist => ("simplejwt", shipped("simplejwt")),
            Self::Google => ("google", oauth("google", GOOGLE)),
            Self::Microsoft => ("microsoft", oauth("microsoft", MICROSOFT)),
            Self::GitHub => ("github", oauth("github", GITHUB)),
            Self::Auth0 => ("auth0", oauth("auth0", AUTH0)),
            Self::Okta => ("okta", oauth("okta", OKTA)),
            Self::Site => ("site", SITE.to_owned()),
            Self::Alone => ("alone", ALONE.to_owned()),
            Self::Steps => ("steps", STEPS.to_owned()),
        };
        let id: ProviderId = id.parse().expect("an id");
        Arc::new(parse(id, &text).unwrap_or_else(|mistakes| panic!("{self:?} is valid: {mistakes:?}")))
    }

    /// What the account fills in.
    pub fn vars(self) -> BTreeMap<VarName, String> {
        let given: &[(&str, &str)] = match self {
            Self::Slack => &[("client_id", "lamp"), ("scopes", "chat:write")],
            Self::Twitch => &[("client_id", "lamp")],
            Self::Jwt => &[("base", "https://jwt.example.com")],
            Self::Blacklist => &[("base", "https://black.example.com")],
            _ => &[],
        };
        let var = |(name, value): &(&str, &str)| (name.parse().expect("a name"), (*value).to_owned());
        given.iter().map(var).collect()
    }

    /// Names of its secret variables.
    pub fn secrets(self) -> &'static [&'static str] {
        match self {
            Self::Slack | Self::Twitch => &["client_secret"],
            _ => &[],
        }
    }
}

fn shipped(name: &str) -> String {
    let (_, text) = built_in::FILES.iter().find(|(id, _)| *id == name).expect("it ships");
    (*text).to_owned()
}

/// The standard, in a dialect.
fn oauth(name: &str, dialect: &str) -> String {
    OAUTH.replace("HOST", &format!("{name}.example.com")).replace("DIALECT", dialect)
}

const OAUTH: &str = r#"
format = 1
name = "OAuth"
hosts = ["HOST"]
[oauth]
authorize = "https://HOST/authorize"
token = "https://HOST/token"
client_id = "lamp"
client_auth = "none"
[[login]]
kind = "oauth"
save = { "token.access" = "json:access_token", "refresh.main" = "json:refresh_token" }
[tokens.access]
expires = ["json:expires_in", "1h"]
[[refresh]]
strategy = "oauth"
save = { "token.access" = "json:access_token", "refresh.main" = "json:refresh_token?" }
[[probe]]
every = "12h"
request = { method = "GET", url = "https://HOST/me", auth = "token:access" }
identity = ["json:email"]
DIALECT
"#;

const GOOGLE: &str = r#"
[chains.main]
expires = ["json:refresh_token_expires_in"]
[answers]
app = ["disabled_client", "deleted_client"]
throttled = ["rate_limit_exceeded"]
transient = ["internal_failure", "backend_error"]
"#;

const MICROSOFT: &str = r#"
[chains.main]
idle = "90d"
[answers]
code = "json:error_codes.0"
rejected = ["interaction_required", "login_required", "consent_required"]
throttled = ["50196"]
transient = ["90033"]
"#;

const GITHUB: &str = r#"
[answers]
rejected = ["bad_refresh_token"]
app = ["incorrect_client_credentials", "application_suspended"]
"#;

const AUTH0: &str = r#"
[answers]
app = ["access_denied"]
throttled = ["too_many_requests"]
"#;

const OKTA: &str = r#"
[chains.main]
idle = "7d"
[answers]
code = "json:errorCode"
throttled = ["E0000047"]
transient = ["E0000009"]
"#;

const SITE: &str = r#"
format = 1
name = "Site"
hosts = ["site.example.com"]
[[login]]
kind = "webview"
url = "https://site.example.com/"
done = [{ cookie = "sid" }]
save = { "token.access" = "local_storage:access_token" }
[tokens.access]
expires = ["3h"]
[[refresh]]
strategy = "http"
[[refresh.steps]]
method = "GET"
url = "https://site.example.com/api/session"
auth = "cookies"
save = { "token.access" = "json:access_token" }
[[refresh]]
strategy = "browser"
url = "https://site.example.com/"
ready = [{ local_storage = "access_token" }]
save = { "token.access" = "local_storage:access_token" }
[[probe]]
request = { method = "GET", url = "https://site.example.com/api/me", auth = "cookies" }
identity = ["json:email"]
[dead]
any = [{ url = "*/login*" }]
"#;

const ALONE: &str = r#"
format = 1
name = "Cookie only"
hosts = ["alone.example.com"]
[[login]]
kind = "webview"
url = "https://alone.example.com/"
done = [{ cookie = "sid" }]
save = { "token.access" = "cookie:access_token" }
[tokens.access]
expires = ["3h"]
[[refresh]]
strategy = "http"
[[refresh.steps]]
method = "POST"
url = "https://alone.example.com/auth/refresh"
auth = "cookies"
save = { "token.access" = "cookie:access_token" }
[[probe]]
every = "12h"
request = { method = "GET", url = "https://alone.example.com/api/me", auth = "cookies" }
identity = ["json:email"]
[dead]
any = [{ url = "*/login*" }]
"#;

const STEPS: &str = r#"
format = 1
name = "Steps"
hosts = ["steps.example.com"]
[[login]]
kind = "paste"
[login.fields]
"refresh.main" = { label = "Key", secret = true }
"token.access" = { label = "Token", secret = true, optional = true }
[tokens.access]
expires = ["1h"]
[[refresh]]
strategy = "http"
[[refresh.steps]]
method = "POST"
url = "https://steps.example.com/rotate"
json = { key = "{{refresh.main}}" }
save = { "refresh.main" = "json:key", "step.code" = "json:code" }
[[refresh.steps]]
method = "POST"
url = "https://steps.example.com/redeem"
json = { code = "{{step.code}}" }
save = { "token.access" = "json:access_token" }
"#;
