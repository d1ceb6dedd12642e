//! The table of calls: what the server routes, the client asks and the description prints.

/// HTTP method of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Does something.
    Post,
    /// Sets a thing that has a name.
    Put,
    /// Changes a part.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// As it stands in a request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Which call a route stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is explained by its row in the table")]
pub enum Call {
    Accounts,
    NewLogin,
    Account,
    Patch,
    Logout,
    Token,
    Pause,
    Resume,
    TryOnce,
    Check,
    Login,
    Secrets,
    SetSecret,
    RemoveSecret,
    Sinks,
    TestSink,
    History,
    Refresh,
    PauseAll,
    ResumeAll,
    LoginState,
    LoginAnswer,
    LoginCancel,
    Alerts,
    TestAlerts,
    Providers,
    Settings,
    SetSettings,
    Engine,
    Show,
    RetryStore,
    Events,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// HTTP method.
    pub method: Method,
    /// Path, with `{id}` (an account's name or id, or a login's id) and `{name}` in it.
    pub path: &'static str,
    /// What it does.
    pub call: Call,
    /// Members of the body or of the query: name, JSON type, whether it must be there.
    pub takes: &'static [(&'static str, &'static str, bool)],
    /// What comes back: the `answer` of the reply, or the kind of thing it is.
    pub gives: &'static str,
    /// In a sentence, for the printed description.
    pub summary: &'static str,
}

const fn row(
    method: Method,
    path: &'static str,
    call: Call,
    takes: &'static [(&'static str, &'static str, bool)],
    gives: &'static str,
    summary: &'static str,
) -> Route {
    Route { method, path, call, takes, gives, summary }
}

use Method::{Delete, Get, Patch, Post, Put};

/// Members of a body that starts the login of a new account.
const NEW_LOGIN: &[(&str, &str, bool)] = &[
    ("provider", "string", true),
    ("name", "string", false),
    ("vars", "object", false),
    ("secrets", "object", false),
    ("way", "integer", false),
];

/// Members of a body that asks for a token.
const TOKEN: &[(&str, &str, bool)] = &[
    ("name", "string", false),
    ("min_valid", "string", false),
    ("wait", "string", false),
    ("stale", "boolean", false),
    ("rejected", "string", false),
];

const REFRESH: &[(&str, &str, bool)] =
    &[("accounts", "array", false), ("force", "boolean", false), ("dry_run", "boolean", false)];

/// All calls.
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    row(Get, "/v1/accounts", Call::Accounts, &[], "accounts", "All accounts, those that need the person first."),
    row(Post, "/v1/accounts", Call::NewLogin, NEW_LOGIN, "login", "Creates an account by starting its login."),
    row(Get, "/v1/accounts/{id}", Call::Account, &[], "account", "One account, by name or id."),
    row(Patch, "/v1/accounts/{id}", Call::Patch, &[("name", "string", false), ("sinks", "array", false)], "account",
        "Changes the account’s name, or where its tokens go: one of the two."),
    row(Delete, "/v1/accounts/{id}", Call::Logout, &[], "logged_out", "The same as logout."),
    row(Post, "/v1/accounts/{id}/token", Call::Token, TOKEN, "token",
        "A token that is valid for at least `min_valid` (such as `5m`), refreshed if needed; waits `wait` (30 s) at most. `stale`: any that is still valid. `rejected`: SHA-256 in hex of a token that got a 401."),
    row(Post, "/v1/accounts/{id}/pause", Call::Pause, &[], "account", "Stops refreshing until resumed."),
    row(Post, "/v1/accounts/{id}/resume", Call::Resume, &[], "account", "Refreshes again."),
    row(Post, "/v1/accounts/{id}/logout", Call::Logout, &[], "logged_out",
        "Revokes at the service, then deletes what is stored; says if revoking failed."),
    row(Post, "/v1/accounts/{id}/try-once", Call::TryOnce, &[], "refresh",
        "Sends a request whose reply was lost once more, where the service’s file leaves that to the person, and reports."),
    row(Post, "/v1/accounts/{id}/check", Call::Check, &[], "account", "Proves that the login works, refreshing if needed."),
    row(Post, "/v1/accounts/{id}/login", Call::Login, &[("way", "integer", false)], "login", "Starts the login of an account that exists."),
    row(Get, "/v1/accounts/{id}/secrets", Call::Secrets, &[], "secrets", "Names of secret variables, never their values."),
    row(Put, "/v1/accounts/{id}/secrets/{name}", Call::SetSecret, &[("value", "string", true)], "done", "Sets a secret variable."),
    row(Delete, "/v1/accounts/{id}/secrets/{name}", Call::RemoveSecret, &[], "done", "Removes a secret variable."),
    row(Get, "/v1/accounts/{id}/sinks", Call::Sinks, &[], "sinks", "Where its tokens go, and how the last delivery went."),
    row(Post, "/v1/accounts/{id}/sinks", Call::TestSink, &[("sink", "object", true)], "sink",
        "Writes the current token to a sink that is given in full, as a trial."),
    row(Get, "/v1/accounts/{id}/history", Call::History, &[("limit", "integer", false)], "history", "Past refreshes, newest first."),
    row(Post, "/v1/refresh", Call::Refresh, REFRESH, "refresh", "Refreshes these accounts, or all that are due, and reports."),
    row(Post, "/v1/pause", Call::PauseAll, &[], "accounts", "Pauses all accounts."),
    row(Post, "/v1/resume", Call::ResumeAll, &[], "accounts", "Resumes all accounts."),
    row(Post, "/v1/logins", Call::NewLogin, NEW_LOGIN, "login", "Starts the login of a new account."),
    row(Get, "/v1/logins/{id}", Call::LoginState, &[], "login", "How a login stands."),
    row(Post, "/v1/logins/{id}", Call::LoginAnswer, &[("answer", "string", true), ("values", "object", false), ("url", "string", false)], "login",
        "Answers a login’s question: `fields`, `address`, `signed_in`, `accept_person`, `cancel`."),
    row(Delete, "/v1/logins/{id}", Call::LoginCancel, &[], "login", "Gives a login up."),
    row(Get, "/v1/alerts", Call::Alerts, &[], "alerts", "Who is told elsewhere, and how the last message to each went."),
    row(Post, "/v1/alerts/test", Call::TestAlerts, &[("account", "string", false)], "alerts",
        "Sends a marked sample to all of them, or to those that are told of one account."),
    row(Get, "/v1/providers", Call::Providers, &[], "providers", "All providers, those of broken files included."),
    row(Get, "/v1/settings", Call::Settings, &[], "settings", "Settings for all accounts."),
    row(Patch, "/v1/settings", Call::SetSettings, &[], "settings", "Changes the settings that are named."),
    row(Get, "/v1/engine", Call::Engine, &[], "engine", "The engine as a whole."),
    row(Post, "/v1/show", Call::Show, &[], "done", "Shows the window of the desktop app."),
    row(Post, "/v1/store", Call::RetryStore, &[], "done", "Tries again now what waits for the keychain."),
    row(Get, "/v1/events", Call::Events, &[], "events", "What changes, as server-sent events, a snapshot first; a slow reader is told `lagged`."),
];

/// The row of a call; of calls with two ways in, the first.
pub fn route_of(call: Call) -> &'static Route {
    ROUTES
        .iter()
        .find(|route| route.call == call)
        .expect("every call has a row, as the test `every_request_arrives_as_it_was_sent` shows")
}
