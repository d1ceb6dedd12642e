//! [`Request`] in, HTTP out: the client's side of [`super::decode`].

use lamplighter_core::api::{LoginAnswer, Request, TokenRequest};
use lamplighter_core::secret::JsonWriter;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::route::{Call, Method, route_of};

/// A call, ready to be sent.
pub(crate) struct Outgoing {
    /// HTTP method.
    pub method: Method,
    /// Path and query, percent-encoded.
    pub path: String,
    /// JSON body.
    pub body: Option<Zeroizing<Vec<u8>>>,
}

/// All but RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The call that `request` is; `None` for what only the desktop app does for its own window.
pub(crate) fn encode(request: &Request) -> Option<Outgoing> {
    Some(match request {
        Request::Accounts => bare(Call::Accounts, None),
        Request::Account { account } => bare(Call::Account, Some(account)),
        Request::Refresh { accounts, force, dry_run } => with(Call::Refresh, None, |json| {
            json.value("accounts", accounts);
            json.value("force", force);
            json.value("dry_run", dry_run);
        }),
        Request::TryOnce { account } => bare(Call::TryOnce, Some(account)),
        Request::Check { account } => bare(Call::Check, Some(account)),
        Request::Pause { account } => bare(Call::Pause, Some(account)),
        Request::Resume { account } => bare(Call::Resume, Some(account)),
        Request::PauseAll { paused: true } => bare(Call::PauseAll, None),
        Request::PauseAll { paused: false } => bare(Call::ResumeAll, None),
        Request::Logout { account } => bare(Call::Logout, Some(account)),
        Request::Rename { account, name } => {
            with(Call::Patch, Some(account), |json| json.text("name", name.as_str()))
        }
        Request::NewLogin { provider, name, vars, secrets, way } => with(Call::NewLogin, None, |json| {
            json.text("provider", provider.as_str());
            json.value("name", name);
            json.value("vars", vars);
            json.object_at("secrets", |json| {
                for (name, value) in secrets {
                    json.secret_text(name.as_str(), value);
                }
            });
            json.value("way", way);
        }),
        Request::Login { account, way } => with(Call::Login, Some(account), |json| json.value("way", way)),
        Request::LoginState { login } => bare(Call::LoginState, Some(login)),
        Request::LoginAnswer { login, answer: LoginAnswer::Cancel } => bare(Call::LoginCancel, Some(login)),
        Request::LoginAnswer { login, answer: given } => {
            with(Call::LoginAnswer, Some(login), |json| answer(json, given))
        }
        Request::SetSecret { account, name, value } => {
            let mut out = with(Call::SetSecret, Some(account), |json| json.secret_text("value", value));
            out.path = out.path.replace("{name}", name.as_str());
            out
        }
        Request::RemoveSecret { account, name } => {
            let mut out = bare(Call::RemoveSecret, Some(account));
            out.path = out.path.replace("{name}", name.as_str());
            out
        }
        Request::Secrets { account } => bare(Call::Secrets, Some(account)),
        Request::Alerts => bare(Call::Alerts, None),
        Request::TestAlerts { account } => {
            with(Call::TestAlerts, None, |json| json.value("account", account))
        }
        Request::Providers => bare(Call::Providers, None),
        Request::SetSinks { account, sinks } => {
            with(Call::Patch, Some(account), |json| json.value("sinks", sinks))
        }
        Request::TestSink { account, sink } => {
            with(Call::TestSink, Some(account), |json| json.value("sink", sink))
        }
        Request::History { account, limit } => {
            let mut out = bare(Call::History, Some(account));
            if let Some(limit) = limit {
                out.path.push_str(&format!("?limit={limit}"));
            }
            out
        }
        Request::Settings => bare(Call::Settings, None),
        Request::SetSettings { settings } => {
            let mut json = JsonWriter::new();
            json.element(settings);
            Outgoing { body: Some(json.finish()), ..bare(Call::SetSettings, None) }
        }
        Request::Engine => bare(Call::Engine, None),
        Request::Show => bare(Call::Show, None),
        Request::RetryStore => bare(Call::RetryStore, None),
        Request::ToastAnswer { .. } | Request::CopyToken { .. } | Request::OpenFolder { .. } => return None,
    })
}

/// The call that asks for a token.
pub(crate) fn encode_token(account: &str, request: &TokenRequest) -> Outgoing {
    let mut json = JsonWriter::new();
    json.element(request);
    Outgoing { body: Some(json.finish()), ..bare(Call::Token, Some(account)) }
}

/// The call that opens the stream of events.
pub(crate) fn encode_events() -> Outgoing {
    bare(Call::Events, None)
}

fn answer(json: &mut JsonWriter, answer: &LoginAnswer) {
    match answer {
        LoginAnswer::Fields { values } => {
            json.text("answer", "fields");
            json.object_at("values", |json| {
                for (name, value) in values {
                    json.secret_text(name, value);
                }
            });
        }
        LoginAnswer::Address { url } => {
            json.text("answer", "address");
            json.secret_text("url", url);
        }
        LoginAnswer::SignedIn => json.text("answer", "signed_in"),
        LoginAnswer::AcceptPerson => json.text("answer", "accept_person"),
        LoginAnswer::Cancel => json.text("answer", "cancel"),
    }
}

fn bare(call: Call, id: Option<&str>) -> Outgoing {
    let route = route_of(call);
    let path = match id {
        Some(id) => route.path.replace("{id}", &utf8_percent_encode(id, SEGMENT).to_string()),
        None => route.path.to_owned(),
    };
    Outgoing { method: route.method, path, body: None }
}

fn with(call: Call, id: Option<&str>, members: impl FnOnce(&mut JsonWriter)) -> Outgoing {
    let mut json = JsonWriter::new();
    json.object(members);
    Outgoing { body: Some(json.finish()), ..bare(call, id) }
}
