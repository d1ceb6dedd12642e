//! Cookies as JSON, the same in the record and on the pipe of the login child.

use serde::Deserialize;

use super::{Cookie, SameSite};
use crate::secret::{JsonWriter, Secret, from_base64};
use crate::time::Timestamp;

/// Writes `cookie` as an element of an array; its value as base64, because it can be any bytes (F29).
pub fn write_cookie(json: &mut JsonWriter, cookie: &Cookie) {
    json.object(|json| {
        json.text("name", &cookie.name);
        json.secret_base64("value", &cookie.value);
        json.text("domain", &cookie.domain);
        json.value("host_only", &cookie.host_only);
        json.text("path", &cookie.path);
        json.value("secure", &cookie.secure);
        json.value("http_only", &cookie.http_only);
        json.value("same_site", &cookie.same_site);
        if let Some(end) = cookie.expires {
            json.value("expires", &end);
        }
        if cookie.partitioned {
            json.value("partitioned", &true);
        }
    });
}

/// What [`write_cookie`] wrote; becomes a [`Cookie`] by `into`.
#[derive(Deserialize)]
pub struct CookieWire {
    name: String,
    #[serde(deserialize_with = "from_base64")]
    value: Secret,
    domain: String,
    host_only: bool,
    path: String,
    secure: bool,
    http_only: bool,
    same_site: SameSite,
    #[serde(default)]
    expires: Option<Timestamp>,
    #[serde(default)]
    partitioned: bool,
}

impl From<CookieWire> for Cookie {
    fn from(wire: CookieWire) -> Self {
        Self {
            name: wire.name,
            value: wire.value,
            domain: wire.domain,
            host_only: wire.host_only,
            path: wire.path,
            secure: wire.secure,
            http_only: wire.http_only,
            same_site: wire.same_site,
            expires: wire.expires,
            partitioned: wire.partitioned,
        }
    }
}
