//! The type of everything that must never be seen (invariant I7), and the one writer that may encode it.
//!
//! [`Secret`] has no `Debug`, `Display`, `Serialize` or `Clone`, and is zeroed on drop. A struct that holds
//! one can therefore not be printed, serialised or copied by accident: it does not compile. What has to
//! leave the process (keychain, login child, local API) is written by hand with [`JsonWriter`] into a
//! [`Zeroizing`] buffer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Deserializer};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, Zeroizing};

/// Secret bytes: a cookie's value, a token, a password, a key.
///
/// Bytes and not text, because cookies may hold invalid UTF-8 that has to be replayed exactly (F29).
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes over `bytes`; the caller keeps no copy.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes themselves. Every use is a place to look at in a review: search for `expose`.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The bytes as text, or `None` if they are not UTF-8.
    pub fn expose_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// A second copy, made on purpose; both are zeroed on drop.
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes at all. An empty token counts as absent (F23).
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// SHA-256 of the bytes, for telling two tokens apart without keeping either.
    pub fn digest(&self) -> [u8; 32] {
        use sha2::Digest as _;
        sha2::Sha256::digest(&self.0).into()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Compared in constant time.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Secret {}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

/// Secrets may come in as JSON text (a form of our own window, `lamp secret set`); they never go out that way.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// Secret bytes that travel as base64 in JSON; for `#[serde(deserialize_with = "secret::from_base64")]`.
///
/// # Errors
/// If the text is not base64.
pub fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    let text = Zeroizing::new(String::deserialize(deserializer)?);
    BASE64.decode(text.as_bytes()).map(Secret).map_err(|_| serde::de::Error::custom("not base64"))
}

/// Writes JSON by hand into a buffer that is zeroed on drop: the one encoder that secrets pass through.
///
/// ```
/// use lamplighter_core::secret::{JsonWriter, Secret};
/// let mut json = JsonWriter::new();
/// json.object(|json| {
///     json.text("name", "access");
///     json.secret_text("value", &Secret::from("t\"1"));
/// });
/// assert_eq!(&*json.finish(), br#"{"name":"access","value":"t\"1"}"#);
/// ```
pub struct JsonWriter {
    out: Zeroizing<Vec<u8>>,
    comma: bool,
}

impl Default for JsonWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl JsonWriter {
    /// An empty document. The buffer starts large, because each growth leaves a copy behind that only the
    /// zero-on-free allocator clears.
    pub fn new() -> Self {
        Self { out: Zeroizing::new(Vec::with_capacity(16 * 1024)), comma: false }
    }

    /// The finished bytes.
    pub fn finish(self) -> Zeroizing<Vec<u8>> {
        self.out
    }

    /// An object, as the document itself or as an element of an array.
    pub fn object(&mut self, body: impl FnOnce(&mut Self)) {
        self.separate();
        self.nest(b'{', b'}', body);
    }

    /// A member that is an object.
    pub fn object_at(&mut self, key: &str, body: impl FnOnce(&mut Self)) {
        self.key(key);
        self.nest(b'{', b'}', body);
    }

    /// A member that is an array; write its elements with [`Self::object`] or [`Self::element`].
    pub fn array_at(&mut self, key: &str, body: impl FnOnce(&mut Self)) {
        self.key(key);
        self.nest(b'[', b']', body);
    }

    /// An array, as the document itself or as an element of another.
    pub fn array(&mut self, body: impl FnOnce(&mut Self)) {
        self.separate();
        self.nest(b'[', b']', body);
    }

    /// A secret array element, as text like [`Self::secret_text`].
    pub fn secret_element(&mut self, value: &Secret) {
        self.separate();
        self.secret_string(value);
    }

    /// An array element that is no secret.
    pub fn element(&mut self, value: &impl serde::Serialize) {
        self.separate();
        self.plain(value);
        self.comma = true;
    }

    /// A member that is no secret, as text.
    pub fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        self.string(value.as_bytes());
        self.comma = true;
    }

    /// A member that is no secret, of any serialisable type.
    pub fn value(&mut self, key: &str, value: &impl serde::Serialize) {
        self.key(key);
        self.plain(value);
        self.comma = true;
    }

    /// A secret member as text; bytes that are not UTF-8 become U+FFFD. For tokens, which are ASCII.
    pub fn secret_text(&mut self, key: &str, value: &Secret) {
        self.key(key);
        self.secret_string(value);
    }

    /// A secret member as base64: bytes come back exactly. Read with [`from_base64`].
    pub fn secret_base64(&mut self, key: &str, value: &Secret) {
        self.key(key);
        let text = Zeroizing::new(BASE64.encode(value.expose()));
        self.string(text.as_bytes());
        self.comma = true;
    }

    fn secret_string(&mut self, value: &Secret) {
        match value.expose_str() {
            Some(text) => self.string(text.as_bytes()),
            None => {
                let text = Zeroizing::new(String::from_utf8_lossy(value.expose()).into_owned());
                self.string(text.as_bytes());
            }
        }
        self.comma = true;
    }

    fn nest(&mut self, open: u8, close: u8, body: impl FnOnce(&mut Self)) {
        self.out.push(open);
        self.comma = false;
        body(self);
        self.out.push(close);
        self.comma = true;
    }

    fn separate(&mut self) {
        if self.comma {
            self.out.push(b',');
        }
        self.comma = false;
    }

    fn key(&mut self, key: &str) {
        self.separate();
        self.string(key.as_bytes());
        self.out.push(b':');
    }

    fn plain(&mut self, value: &impl serde::Serialize) {
        // Serialising plain data into memory fails only for maps with keys that are not text; we have none.
        if serde_json::to_writer(&mut *self.out, value).is_err() {
            self.out.extend_from_slice(b"null");
        }
    }

    fn string(&mut self, utf8: &[u8]) {
        self.out.push(b'"');
        for &byte in utf8 {
            match byte {
                b'"' => self.out.extend_from_slice(b"\\\""),
                b'\\' => self.out.extend_from_slice(b"\\\\"),
                0..0x20 | 0x7f => {
                    const HEX: &[u8; 16] = b"0123456789abcdef";
                    let hex = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
                    self.out.extend_from_slice(b"\\u00");
                    self.out.extend_from_slice(&hex);
                }
                _ => self.out.push(byte),
            }
        }
        self.out.push(b'"');
    }
}
