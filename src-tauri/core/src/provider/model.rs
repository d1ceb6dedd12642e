//! A provider as it is once its file was read and found valid. Built only by the parser, so that everything
//! here can be relied on: names refer to things that exist, addresses are https or loopback, sources fit the
//! place that they stand in.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::id::{ChainName, ProviderId, TokenName, VarName};
use crate::record::StorageArea;

/// How one service works: where to log in, what to capture, how to refresh, how to prove it.
#[derive(Debug, Clone, PartialEq)]
pub struct Provider {
    /// Its id: the file's name.
    pub id: ProviderId,
    /// For people.
    pub name: String,
    /// Where secrets may go.
    pub hosts: Vec<Template>,
    /// Names of cookies that belong to the device, not the session.
    pub device: Vec<String>,
    /// What an account fills in, in the file's order.
    pub vars: Vec<(VarName, Var)>,
    /// OAuth end points.
    pub oauth: Option<OAuth>,
    /// Login ways, choices in order.
    pub logins: Vec<Login>,
    /// Access tokens in the file's order; the first is the default.
    pub tokens: Vec<(TokenName, Token)>,
    /// Rules of each chain; every chain that anything names is here.
    pub chains: BTreeMap<ChainName, ChainRules>,
    /// Refresh ways, cheapest first; those of one chain are its ladder.
    pub rungs: Vec<Rung>,
    /// Probes; those without a chain prove the whole account.
    pub probes: Vec<Probe>,
    /// What a consumer sees when its token is no longer good: any of these.
    pub expired: Vec<Condition>,
    /// What means logged out: any of these.
    pub dead: Vec<Condition>,
    /// How the service says what went wrong.
    pub answers: Answers,
    /// Timing.
    pub policy: Policy,
    /// How programs present the tokens.
    pub usage: Usage,
    /// What logs out at the service.
    pub revoke: Vec<Step>,
}

/// Text with `{{…}}` places, parsed once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Template(pub Vec<Part>);

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    /// As it stands.
    Text(String),
    /// A place to fill in.
    Place(Place),
}

/// What can be filled in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// `{{client_id}}`: a variable of the account.
    Var(VarName),
    /// `{{token.NAME}}`, `{{refresh.CHAIN}}`, `{{var.NAME}}`, `{{step.NAME}}`.
    Field(Field),
    /// `{{form.NAME}}`: what the person typed; in login steps only.
    Form(String),
}

/// Something that `save` can fill.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// `token.NAME`: an access token.
    Token(TokenName),
    /// `refresh.CHAIN`: a credential.
    Refresh(ChainName),
    /// `var.NAME`: kept with the material.
    Var(VarName),
    /// `step.NAME`: scratch, lives until the attempt ends.
    Step(String),
}

/// A variable of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Var {
    /// For people; the name if the file gives none.
    pub label: String,
    /// A sentence of help.
    pub help: Option<String>,
    /// Kept in the keychain, not in `config.toml`.
    pub secret: bool,
    /// Must be an address: scheme required, trailing slash cut.
    pub is_url: bool,
    /// Value if the account gives none.
    pub default: Option<String>,
}

/// `[oauth]`.
#[derive(Debug, Clone, PartialEq)]
pub struct OAuth {
    /// Authorization end point.
    pub authorize: Option<Template>,
    /// Token end point.
    pub token: Template,
    /// Device authorization end point (RFC 8628).
    pub device: Option<Template>,
    /// Client id.
    pub client_id: Template,
    /// Client secret.
    pub client_secret: Option<Template>,
    /// How the client proves itself at the token end point.
    pub client_auth: ClientAuth,
    /// Whether the code is bound to us by PKCE, S256 (RFC 7636).
    pub pkce: bool,
    /// Scope; nothing is sent if it renders empty.
    pub scope: Option<Template>,
    /// Expected issuer, compared with `iss` (RFC 9207) where given.
    pub issuer: Option<Template>,
    /// Further parameters of the authorization request; empty ones are not sent.
    pub extra: Vec<(String, Template)>,
}

/// Client authentication (RFC 6749 section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// HTTP Basic.
    Basic,
    /// `client_id` and `client_secret` in the body.
    Body,
    /// `client_id` alone: a public client.
    None,
}

/// One way to log in.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    /// How.
    pub kind: LoginKind,
    /// Steps after the person has done their part.
    pub steps: Vec<Step>,
    /// What the login itself brings.
    pub save: Vec<Save>,
}

/// How a login is done.
#[derive(Debug, Clone, PartialEq)]
pub enum LoginKind {
    /// In the embedded webview, or in a Chrome of its own if `chrome`.
    Web {
        /// First page.
        url: Template,
        /// All must hold; values that were there before do not count.
        done: Vec<Condition>,
        /// In Chrome instead of the webview.
        chrome: bool,
    },
    /// OAuth authorization code in the system browser (RFC 8252).
    OAuth {
        /// Where the code comes back.
        redirect: Redirect,
    },
    /// OAuth device code (RFC 8628).
    Device,
    /// Our own window asks; the values are used once and never stored.
    Form {
        /// Fields in the file's order.
        fields: Vec<(String, FormField)>,
    },
    /// The person pastes credentials.
    Paste {
        /// What is pasted, in the file's order.
        fields: Vec<(Field, FormField)>,
    },
}

/// A field that a person fills in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormField {
    /// For people.
    pub label: String,
    /// Hidden while typed.
    pub secret: bool,
    /// May stay empty.
    pub optional: bool,
}

/// Where an authorization code comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redirect {
    /// `http://127.0.0.1:PORT/callback` with a random port (RFC 8252 section 7.3).
    Loopback,
    /// `http://localhost:PORT/PATH`, listened to on 127.0.0.1 and ::1.
    Localhost {
        /// Port.
        port: u16,
        /// Path with its leading slash.
        path: String,
    },
    /// The person pastes the address at which the browser ended.
    Paste(Template),
}

/// An access token's rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// Which chain mints it.
    pub chain: ChainName,
    /// When it ends: the first that yields.
    pub expires: Vec<ExpirySource>,
}

/// A chain's rules.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChainRules {
    /// When the credential itself ends: the first that yields.
    pub expires: Vec<ExpirySource>,
    /// How long a credential lives at most, from when it was got.
    pub life: Option<Duration>,
    /// How long it lives unused.
    pub idle: Option<Duration>,
    /// Refresh after this, though not expired.
    pub max_age: Option<Duration>,
    /// What to do when a reply was lost.
    pub lost_reply: LostReply,
}

/// What may be done when the reply to a spending request was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LostReply {
    /// Replay, journalled (the default).
    #[default]
    Replay,
    /// Ask the person: the chain is shared with another machine.
    Ask,
}

/// Where an expiry comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum ExpirySource {
    /// The `exp` claim of the value itself.
    Jwt,
    /// Seconds from now, in the reply that brought it.
    Json(JsonPath),
    /// The expiry of this cookie.
    Cookie(String),
    /// A fixed life.
    Life(Duration),
}

/// A dotted path into JSON: `authed_user.access_token`, `items.0.id`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JsonPath(pub Vec<String>);

/// One way to refresh a chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Rung {
    /// Which chain.
    pub chain: ChainName,
    /// How.
    pub strategy: Strategy,
    /// What it brings, beside what its steps save.
    pub save: Vec<Save>,
    /// Overrides whether it spends.
    pub spends: Option<bool>,
}

/// How a rung refreshes.
#[derive(Debug, Clone, PartialEq)]
pub enum Strategy {
    /// `grant_type=refresh_token` (RFC 6749 section 6).
    OAuth,
    /// Requests of our own.
    Http {
        /// In order.
        steps: Vec<Step>,
    },
    /// A headless Chrome with cookies and storage restored.
    Browser {
        /// Where to go.
        url: Template,
        /// All must hold; a value counts only if it changed, and its token must end later than before.
        ready: Vec<Condition>,
        /// `restore = "all"`: the tokens that this rung saves are restored too.
        restore_all: bool,
    },
    /// Only the person can.
    Manual,
}

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Method, upper case.
    pub method: String,
    /// Address.
    pub url: Template,
    /// Headers.
    pub headers: Vec<(String, Template)>,
    /// Query parameters, added to the address.
    pub query: Vec<(String, Template)>,
    /// Body.
    pub body: Body,
    /// What it presents.
    pub auth: Auth,
    /// All must hold, else the step is left out.
    pub when: Vec<Condition>,
    /// Overrides whether it spends.
    pub spends: Option<bool>,
    /// What its reply brings.
    pub save: Vec<Save>,
}

/// A step's body.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// None.
    Empty,
    /// `application/json`.
    Json(JsonTemplate),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, Template)>),
    /// Any text; its `Content-Type` is among the headers.
    Text(Template),
}

/// JSON whose strings are templates.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonTemplate {
    /// A string.
    Text(Template),
    /// A number, a boolean.
    Plain(serde_json::Value),
    /// An array.
    Array(Vec<JsonTemplate>),
    /// An object.
    Object(Vec<(String, JsonTemplate)>),
}

/// What a step presents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// Nothing.
    None,
    /// The jar's cookies for that address.
    Cookies,
    /// This token as Bearer.
    Token(TokenName),
}

/// `"field" = "source"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Save {
    /// What is filled.
    pub field: Field,
    /// From where.
    pub source: Source,
    /// A trailing `?`: may be absent, then the old value stays.
    pub optional: bool,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// `json:PATH` of the reply.
    Json(JsonPath),
    /// `cookie:NAME` of the jar after the reply.
    Cookie(String),
    /// `header:NAME` of the reply.
    Header(String),
    /// `local_storage:[ORIGIN#]KEY[/PATH]`, `session_storage:…`.
    Storage {
        /// Which storage.
        area: StorageArea,
        /// Origin; any of the provider's hosts if absent.
        origin: Option<Template>,
        /// Key.
        key: String,
        /// Path into the item, if it is JSON.
        path: Option<JsonPath>,
    },
    /// `request_header:NAME`: seen in a browser.
    RequestHeader(String),
    /// `text:REGEX`: first group in the reply's text.
    Text(String),
    /// `jwt:FIELD/CLAIM`: a claim of a token that is held.
    Jwt {
        /// Which value.
        field: Field,
        /// Path of the claim.
        claim: JsonPath,
    },
}

/// A condition; never an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// `{ status = 401 }`.
    Status(u16),
    /// `{ json = PATH, equals = … }` or `{ json = PATH, in = […] }`; neither = it is there.
    Json {
        /// Where.
        path: JsonPath,
        /// One of these; empty = any value.
        any_of: Vec<serde_json::Value>,
    },
    /// `{ header = NAME, equals = … }`; no value = it is there.
    Header {
        /// Name, lower case.
        name: String,
        /// Value.
        equals: Option<String>,
    },
    /// `{ url = "*/login*" }`: the final address, or a Location that was not followed.
    Url(String),
    /// `{ cookie = "sid" }`.
    Cookie(String),
    /// `{ local_storage = KEY }`, `{ session_storage = KEY }`, with an optional `ORIGIN#`.
    Storage {
        /// Which storage.
        area: StorageArea,
        /// Origin; any of the provider's hosts if absent.
        origin: Option<Template>,
        /// Key.
        key: String,
    },
    /// `{ selector = "#login" }`: in browser rungs only.
    Selector(String),
    /// `{ present = FIELD }`.
    Present(Field),
    /// `{ absent = FIELD }`.
    Absent(Field),
}

/// A cheap check that proves "still logged in, and as this person".
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// Which chain it proves; all if absent.
    pub chain: Option<ChainName>,
    /// The request.
    pub request: Step,
    /// Sources that all must be there; together they are the person.
    pub identity: Vec<Source>,
    /// Also run by itself, this often, and at every start.
    pub every: Option<Duration>,
}

/// How the service says what went wrong: dialects as data. Empty = RFC 6749 section 5.2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answers {
    /// A 2xx with this is an error all the same.
    pub error: Option<Condition>,
    /// Where the error's code is; `error` (RFC 6749) if absent.
    pub code: Option<JsonPath>,
    /// Codes that end the session and need no confirmation.
    pub last: Vec<String>,
    /// Codes that say the credential is no longer good; confirmed before the person is asked.
    pub rejected: Vec<String>,
    /// Codes about the client's own settings.
    pub app: Vec<String>,
    /// Codes for "too many".
    pub throttled: Vec<String>,
    /// Codes for "try again".
    pub transient: Vec<String>,
}

/// Timing that a provider asks for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Policy {
    /// Refresh this long before the end.
    pub margin: Option<Duration>,
    /// How long after the first rejection the confirming try comes (S3.3).
    pub confirm_after: Option<Duration>,
    /// A second rejection counts as confirming only within this time.
    pub confirm_window: Option<Duration>,
    /// A grant's whole life (S3.2).
    pub grant: Option<Duration>,
}

/// How programs present the tokens.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Usage {
    /// Headers; empty = Bearer of the first token.
    pub headers: Vec<(String, Template)>,
    /// WebSockets, for the proxy that comes later.
    pub websocket: Option<WebSocketUse>,
}

/// `[use.websocket]`.
#[derive(Debug, Clone, PartialEq)]
pub struct WebSocketUse {
    /// Subprotocols.
    pub protocols: Vec<Template>,
    /// Messages to send again after a reconnect.
    pub resume: Vec<Template>,
}
