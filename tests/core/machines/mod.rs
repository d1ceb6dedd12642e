//! The machines of accounts and refreshes, driven step by step.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod accounts;
mod classify;
mod crashes;
mod desk;
mod forecast;
mod journal;
mod ladder;
mod lost_journal;
mod lost_reply;
mod oddities;
mod proof;
pub mod rig;
mod schedule;
mod store;
mod texts;

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
