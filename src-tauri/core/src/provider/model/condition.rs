//! What must hold; never an expression.

use super::{Field, JsonPath, Template};
use crate::record::StorageArea;

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
    /// `{ url = "*/login*" }`: the final address, or a Location that was not followed; at the provider's own hosts,
    /// unless the pattern names scheme and host.
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
