//! What the provider tests share: built-in files bound to an account, replies, moments.

use std::collections::BTreeMap;

use lamplighter_core::exchange::{HttpRequest, Reply};
use lamplighter_core::id::{Generation, VarName};
use lamplighter_core::provider::{Bound, Provider, built_in, parse};
use lamplighter_core::record::{Held, Material};
use lamplighter_core::secret::Secret;
use lamplighter_core::time::{BootTime, Now, Timestamp};

/// 2026-01-01 00:00 UTC.
pub const START: i64 = 1_767_225_600_000;

pub fn now() -> Now {
    Now { wall: Timestamp(START), boot: BootTime { boot: 1, ms: 5_000 } }
}

pub fn later(ms: i64) -> Now {
    let shift = u64::try_from(ms).expect("later, not earlier");
    Now { wall: Timestamp(START + ms), boot: BootTime { boot: 1, ms: 5_000 + shift } }
}

pub fn provider(id: &str) -> Provider {
    let (_, text) = built_in::FILES.iter().find(|(name, _)| *name == id).expect("a built-in");
    read(text)
}

pub fn read(text: &str) -> Provider {
    parse("sample".parse().expect("a valid id"), text).unwrap_or_else(|mistakes| {
        let lines: Vec<_> =
            mistakes.iter().map(|mistake| mistake.line_text(lamplighter_core::text::Lang::En)).collect();
        panic!("{}", lines.join("\n"))
    })
}

pub fn vars(pairs: &[(&str, &str)]) -> BTreeMap<VarName, String> {
    pairs.iter().map(|(name, value)| (name.parse().expect("a name"), (*value).to_owned())).collect()
}

pub fn secrets(pairs: &[(&str, &str)]) -> BTreeMap<VarName, Secret> {
    pairs.iter().map(|(name, value)| (name.parse().expect("a name"), Secret::from(*value))).collect()
}

/// An account of a provider: what `Bound` borrows from.
pub struct Account {
    pub provider: Provider,
    pub vars: BTreeMap<VarName, String>,
    pub secrets: BTreeMap<VarName, Secret>,
    pub material: Material,
}

impl Account {
    pub fn new(provider: Provider, vars: &[(&str, &str)], secrets: &[(&str, &str)]) -> Self {
        let (vars, secrets) = (self::vars(vars), self::secrets(secrets));
        Self { provider, vars, secrets, material: Material::empty(Generation(1)) }
    }

    pub fn token(mut self, name: &str, value: &str) -> Self {
        self.material.tokens.insert(name.parse().expect("a name"), held(value));
        self
    }

    pub fn credential(mut self, chain: &str, value: &str) -> Self {
        self.material.credentials.insert(chain.parse().expect("a name"), held(value));
        self
    }

    pub fn bound(&self) -> Bound<'_> {
        Bound::new(&self.provider, &self.vars, &self.secrets).unwrap_or_else(|error| panic!("{error}"))
    }
}

pub fn held(value: &str) -> Held {
    Held { value: value.into(), got: now(), expiry: None }
}

pub fn reply(status: u16, content_type: &str, body: &str) -> Reply {
    let headers = vec![("content-type".to_owned(), Secret::from(content_type))];
    Reply { status, headers, body: body.into(), date: None }
}

pub fn json(status: u16, body: &str) -> Reply {
    reply(status, "application/json; charset=utf-8", body)
}

/// A request as text: what a person would see on the wire.
pub fn wire(request: &HttpRequest) -> String {
    let text = |secret: &Secret| secret.expose_str().expect("text").to_owned();
    let mut lines = vec![format!("{} {}", request.method, request.url)];
    lines.extend(request.headers.iter().map(|(name, value)| format!("{name}: {}", text(value))));
    lines.extend(request.body.as_ref().map(|body| format!("\n{}", text(body))));
    lines.join("\n")
}

/// An unsigned JWT with these claims.
pub fn jwt(claims: &str) -> String {
    use base64::Engine as _;
    let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.c2ln", part(r#"{"alg":"HS256","typ":"JWT"}"#), part(claims))
}
