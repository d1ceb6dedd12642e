//! JSON as services answer it: read once, always the same way, values as secrets (F28).

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::model::JsonPath;
use crate::secret::Secret;

/// A JSON value whose texts are secrets. Of duplicate keys the last counts, as in every browser.
pub enum Json {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number, as it is written for whole numbers, else as a float.
    Number(serde_json::Number),
    /// A text.
    Text(Secret),
    /// An array.
    Array(Vec<Json>),
    /// An object, in order.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a whole document; a leading byte order mark is skipped. `None` if it is no JSON: nested deeper than
    /// 128, followed by something else, not UTF-8, with half a surrogate pair.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        serde_json::from_slice(bytes).ok()
    }

    /// The value at `path`; a number in the path counts elements of an array from 0.
    pub fn at(&self, path: &JsonPath) -> Option<&Self> {
        path.0.iter().try_fold(self, |value, step| match value {
            Self::Object(members) => members.iter().rfind(|(key, _)| key == step).map(|(_, value)| value),
            Self::Array(items) => items.get(step.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The value as text to be saved; `None` for `null`, an empty text, arrays and objects (F22, F23).
    pub fn to_secret(&self) -> Option<Secret> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text.duplicate()),
            Self::Number(number) => Some(number.to_string().into()),
            Self::Bool(value) => Some(value.to_string().into()),
            _ => None,
        }
    }

    /// A number of seconds: a number, or a text that is one (F20). NaN and infinity are none (F21).
    pub fn to_seconds(&self) -> Option<f64> {
        let seconds = match self {
            Self::Number(number) => number.as_f64(),
            Self::Text(text) => text.expose_str()?.trim().parse().ok(),
            _ => None,
        };
        seconds.filter(|seconds: &f64| seconds.is_finite())
    }

    /// Whether this is `wanted`; texts are compared in constant time.
    pub fn is(&self, wanted: &serde_json::Value) -> bool {
        use serde_json::Value;
        match (self, wanted) {
            (Self::Null, Value::Null) => true,
            (Self::Bool(is), Value::Bool(wanted)) => is == wanted,
            (Self::Number(is), Value::Number(wanted)) => is == wanted || is.as_f64() == wanted.as_f64(),
            (Self::Text(is), Value::String(wanted)) => *is == Secret::from(wanted.as_str()),
            _ => false,
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Json, E> {
        serde_json::Number::from_f64(value).map(Json::Number).ok_or_else(|| E::custom("no number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.into()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value().map_err(A::Error::custom)?;
            members.push((key, value));
        }
        Ok(Json::Object(members))
    }
}
