//! One request and what came back, as the classifier and the refresh machine see it.

use std::time::Duration;

use url::Url;

use crate::jar::Cookie;
use crate::record::StorageItem;
use crate::secret::Secret;
use crate::time::{Now, Timestamp};

/// A request that is ready to be sent: templates filled in, cookies chosen. The engine only carries it out.
pub struct HttpRequest {
    /// Method, upper case.
    pub method: String,
    /// Address. Its query may hold secrets: never logged, shown only as scheme, host and path.
    pub url: Url,
    /// Headers, `Cookie`, `User-Agent` and `Authorization` included, in order.
    pub headers: Vec<(String, Secret)>,
    /// Body, with its `Content-Type` among the headers.
    pub body: Option<Secret>,
}

/// Whether the request can have reached the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sent {
    /// The connector never handed over a connection, for this reason.
    No(NotSent),
    /// A connection was there, so anything can have arrived.
    Maybe,
}

/// Why nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotSent {
    /// The name did not resolve.
    Dns,
    /// No route, refused, reset while connecting.
    Connect,
    /// The configured proxy refused.
    Proxy,
    /// The certificate or the handshake failed: interception, or a wrong clock (F3).
    Tls,
    /// Connecting took too long.
    Deadline,
    /// This computer has no certificates of authorities, without which nobody can be trusted.
    NoCertificates,
}

/// What the server answered, its body read to the end (or not: then the exchange has no reply).
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Headers in order, names in lower case.
    pub headers: Vec<(String, Secret)>,
    /// Body, decoded, at most 1 MiB.
    pub body: Secret,
    /// The server's `Date`.
    pub date: Option<Timestamp>,
}

/// Why there is no reply though a connection was there (F5 to F8, F27): the fate of the request is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoReply {
    /// Nothing was sent, so nothing can come back.
    NotSent,
    /// Reset or closed before the reply was complete.
    Cut,
    /// The header, body or total deadline passed.
    Deadline,
    /// Larger than 1 MiB after decoding, or not decodable.
    TooLarge,
    /// Not HTTP.
    Malformed,
}

/// One request and its fate.
pub struct Exchange {
    /// Whether it can have arrived.
    pub sent: Sent,
    /// The answer.
    pub reply: Result<Reply, NoReply>,
    /// How long it took.
    pub took: Duration,
    /// When it ended.
    pub at: Now,
}

/// One visit of a Chrome that has the account's cookies and storage.
pub struct BrowserVisit {
    /// Where to go.
    pub url: Url,
    /// Hosts whose storage may be read and restored, as in the provider file.
    pub hosts: Vec<String>,
    /// Cookies to restore.
    pub cookies: Vec<Cookie>,
    /// Web storage to restore.
    pub storage: Vec<StorageItem>,
    /// User agent of the capture.
    pub user_agent: Option<String>,
    /// Languages of the capture.
    pub languages: Option<String>,
    /// All must hold for the visit to be over.
    pub ready: Vec<BrowserCondition>,
    /// Any of them ends the visit at once: logged out.
    pub dead: Vec<BrowserCondition>,
    /// The whole process tree is gone after this, whatever happens.
    pub deadline: Duration,
}

/// What a browser can be asked while it runs.
pub enum BrowserCondition {
    /// This storage key is there, with a value of another digest than the one given (SHA-256).
    Storage {
        /// Origin, or any origin of the provider's hosts.
        origin: Option<String>,
        /// Which storage.
        area: crate::record::StorageArea,
        /// Key.
        key: String,
        /// Digest of the value that does not count, because it was there before.
        not: Option<[u8; 32]>,
    },
    /// This cookie is there, with a value of another digest than the one given.
    Cookie {
        /// Name.
        name: String,
        /// Digest of the value that does not count.
        not: Option<[u8; 32]>,
    },
    /// The address matches this pattern, at the visit's `hosts` or at the host that it names; `*` stands for anything.
    Url(String),
    /// An element of a page of the visit's `hosts` matches this CSS selector.
    Selector(String),
}

/// What a visit brought.
pub struct BrowserResult {
    /// How it ended.
    pub end: BrowserEnd,
    /// Address at the end.
    pub url: Option<Url>,
    /// All cookies at the end; `None` if they could not be read.
    pub cookies: Option<Vec<Cookie>>,
    /// Web storage of the provider's hosts at the end; `None` if it could not be read.
    pub storage: Option<Vec<StorageItem>>,
    /// Request headers seen on the provider's hosts, newest last, for `request_header:` sources.
    pub request_headers: Vec<(String, Secret)>,
    /// The browser's own user agent.
    pub user_agent: Option<String>,
    /// How long it took.
    pub took: Duration,
    /// When it ended.
    pub at: Now,
}

/// How a visit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BrowserEnd {
    /// All of `ready` held.
    Ready,
    /// One of `dead` held.
    Dead,
    /// The deadline passed with neither.
    TimedOut,
    /// The page could not be loaded (DNS, connection, TLS): nothing can be said about the login (I9).
    Unreachable(NotSent),
    /// There is no Chrome, or it did not start.
    CannotRun(NoChrome),
    /// Chrome died on the way.
    Crashed,
}

/// Why no Chrome runs (F60).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoChrome {
    /// None was found, or the one that the settings name is not there.
    Missing,
    /// The system lets it build no sandbox.
    NoSandbox,
    /// It is there, and did not start or did not answer.
    Silent,
}
