//! The bodies of calls, read strictly: a misspelt member must not silently mean something else, and no text
//! may hold control characters (T13).

use std::collections::BTreeMap;
use std::time::Duration;

use lamplighter_core::api::{LoginAnswer, SinkSettings};
use lamplighter_core::id::{AccountName, ProviderId, TokenName, VarName};
use lamplighter_core::secret::Secret;
use lamplighter_core::time::parse_duration;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

pub(super) fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// Control characters in a secret. Line ends and tabs may be there: keys are often kept as PEM.
pub(super) fn has_control_bytes(secret: &Secret) -> bool {
    let text = secret.expose_str().unwrap_or_default();
    text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

pub(super) fn control_within(value: &Value) -> bool {
    match value {
        Value::String(text) => has_control(text),
        Value::Array(items) => items.iter().any(control_within),
        Value::Object(members) => {
            members.iter().any(|(key, value)| has_control(key) || control_within(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A body that may hold secrets.
pub(super) trait HoldsSecrets {
    /// Whether one of them holds control characters that no secret has.
    fn secrets_have_control(&self) -> bool;
}

impl HoldsSecrets for NewLoginBody {
    fn secrets_have_control(&self) -> bool {
        self.secrets.values().any(has_control_bytes)
    }
}

impl HoldsSecrets for ValueBody {
    fn secrets_have_control(&self) -> bool {
        has_control_bytes(&self.value)
    }
}

impl HoldsSecrets for LoginAnswer {
    fn secrets_have_control(&self) -> bool {
        match self {
            Self::Fields { values } => {
                values.iter().any(|(name, value)| has_control(name) || has_control_bytes(value))
            }
            Self::Address { url } => has_control(url.expose_str().unwrap_or_default()),
            Self::SignedIn | Self::AcceptPerson | Self::Cancel => false,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewLoginBody {
    pub provider: ProviderId,
    #[serde(default)]
    pub name: Option<AccountName>,
    #[serde(default)]
    pub vars: BTreeMap<VarName, String>,
    #[serde(default)]
    pub secrets: BTreeMap<VarName, Secret>,
    #[serde(default)]
    pub way: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ValueBody {
    pub value: Secret,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PatchBody {
    pub name: Option<AccountName>,
    pub sinks: Option<Vec<SinkSettings>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WayBody {
    pub way: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TestAlertsBody {
    pub account: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SinkBody {
    pub sink: SinkSettings,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RefreshBody {
    pub accounts: Vec<String>,
    pub force: bool,
    pub dry_run: bool,
}

/// [`lamplighter_core::api::TokenRequest`], with durations as people write them.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TokenBody {
    pub name: Option<TokenName>,
    #[serde(alias = "min_valid", deserialize_with = "span")]
    pub min_valid_ms: Option<u64>,
    #[serde(alias = "wait", deserialize_with = "span")]
    pub wait_ms: Option<u64>,
    pub stale: bool,
    pub rejected: Option<String>,
}

/// Milliseconds as a number, or a duration as people write it.
fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Span {
        Ms(u64),
        Text(String),
    }
    match Option::<Span>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Span::Ms(ms)) => Ok(Some(ms)),
        Some(Span::Text(text)) => {
            let span = parse_duration(&text)
                .ok_or_else(|| D::Error::custom("a duration is needed, such as `5m`"))?;
            Ok(Some(in_ms(span)))
        }
    }
}

/// Whole milliseconds of a duration, stopping at the end of the range.
fn in_ms(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
