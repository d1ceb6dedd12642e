//! The machines of accounts and refreshes, driven step by step.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod accounts;
mod apart;
mod classify;
mod confirming;
mod crashes;
mod desk;
mod edited;
mod forecast;
mod forgetful;
mod grants;
mod held;
mod hosts;
mod journal;
mod judgement;
mod kept;
mod ladder;
mod likely;
mod lost_journal;
mod lost_reply;
mod many;
mod oddities;
mod outages;
mod pages;
mod policies;
mod probing;
mod prompts;
mod proof;
mod rates;
mod restarts;
mod resumed;
pub mod rig;
mod schedule;
mod settings;
mod settled;
mod shields;
mod store;
mod texts;
mod timing;
mod turns;
mod two_chains;
mod watched;
mod wishes;
mod writers;

/// OAuth with rotation.
pub const OAUTH: &str = r#"
format = 1
name = "Test"
hosts = ["id.example.com"]
[oauth]
authorize = "https://id.example.com/authorize"
token = "https://id.example.com/token"
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
[answers]
final = ["account_closed"]
app = ["bad_app"]
throttled = ["slow_down_please"]
transient = ["try_again"]
"#;

/// A cookie session: a GET mints the token, a probe tells who.
pub const COOKIES: &str = r#"
format = 1
name = "Test"
hosts = ["app.example.com"]
[[login]]
kind = "webview"
url = "https://app.example.com/"
done = [{ cookie = "sid" }]
save = { "token.access" = "local_storage:access_token" }
[tokens.access]
expires = ["15m"]
[[refresh]]
strategy = "http"
[[refresh.steps]]
method = "GET"
url = "https://app.example.com/api/session"
auth = "cookies"
save = { "token.access" = "json:access_token" }
[[probe]]
request = { method = "GET", url = "https://app.example.com/api/me", auth = "cookies" }
identity = ["json:email"]
[dead]
any = [{ url = "*/login*" }]
"#;

/// Two steps that both spend, with scratch between them.
pub const STEPS: &str = r#"
format = 1
name = "Test"
hosts = ["app.example.com"]
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
url = "https://app.example.com/rotate"
json = { key = "{{refresh.main}}" }
save = { "refresh.main" = "json:key", "step.code" = "json:code" }
[[refresh.steps]]
method = "POST"
url = "https://app.example.com/redeem"
json = { code = "{{step.code}}" }
save = { "token.access" = "json:access_token" }
"#;

/// Two chains, each with a rotation of its own, that answer with `ok: false`.
pub const PAIRS: &str = r#"
format = 1
name = "Pairs"
hosts = ["id.example.com"]
[oauth]
authorize = "https://id.example.com/authorize"
token = "https://id.example.com/token"
client_id = "lamp"
client_auth = "none"
[[login]]
kind = "oauth"
save = { "token.bot" = "json:access_token", "refresh.bot" = "json:refresh_token", "token.user" = "json:authed_user.access_token", "refresh.user" = "json:authed_user.refresh_token" }
[tokens.bot]
chain = "bot"
expires = ["json:expires_in", "12h"]
[tokens.user]
chain = "user"
expires = ["json:expires_in", "12h"]
[[refresh]]
chain = "bot"
strategy = "oauth"
save = { "token.bot" = "json:access_token", "refresh.bot" = "json:refresh_token" }
[[refresh]]
chain = "user"
strategy = "oauth"
save = { "token.user" = "json:access_token", "refresh.user" = "json:refresh_token" }
[answers]
error = { json = "ok", equals = false }
code = "json:error"
rejected = ["invalid_refresh_token", "invalid_auth"]
[[probe]]
chain = "bot"
request = { method = "POST", url = "https://id.example.com/auth.test", auth = "token:bot" }
identity = ["json:email"]
[[probe]]
chain = "user"
every = "6h"
request = { method = "POST", url = "https://id.example.com/auth.test", auth = "token:user" }
identity = ["json:email"]
[expired]
any = [{ status = 401 }, { json = "error", in = ["invalid_auth"] }]
"#;
