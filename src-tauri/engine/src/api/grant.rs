//! A token on the wire: written by hand into a buffer that is zeroed, read into [`Secret`]s.

use lamplighter_core::api::TokenGrant;
use lamplighter_core::id::{Generation, TokenName};
use lamplighter_core::secret::{JsonWriter, Secret};
use lamplighter_core::time::Timestamp;
use serde::Deserialize;
use zeroize::Zeroizing;

/// The reply to a token request, and what `lamp token --json` prints.
pub fn write_grant(grant: &TokenGrant) -> Zeroizing<Vec<u8>> {
    let mut json = JsonWriter::new();
    json.object(|json| {
        json.text("answer", "token");
        json.secret_text("token", &grant.value);
        json.text("name", grant.name.as_str());
        json.value("ends", &grant.ends);
        json.value("left_ms", &grant.left_ms);
        json.value("generation", &grant.generation);
        json.array_at("headers", |json| {
            for (name, value) in &grant.headers {
                json.object(|json| {
                    json.text("name", name);
                    json.secret_text("value", value);
                });
            }
        });
        json.value("still_good", &grant.still_good);
        json.value("warning", &grant.warning);
    });
    json.finish()
}

/// Reads what [`write_grant`] wrote; `None` if it is anything else.
pub fn read_grant(json: &[u8]) -> Option<TokenGrant> {
    #[derive(Deserialize)]
    struct Header {
        name: String,
        value: Secret,
    }
    #[derive(Deserialize)]
    struct Wire {
        token: Secret,
        name: TokenName,
        ends: Option<Timestamp>,
        left_ms: Option<u64>,
        generation: Generation,
        headers: Vec<Header>,
        still_good: bool,
        warning: Option<String>,
    }
    let wire: Wire = serde_json::from_slice(json).ok()?;
    Some(TokenGrant {
        value: wire.token,
        name: wire.name,
        ends: wire.ends,
        left_ms: wire.left_ms,
        generation: wire.generation,
        headers: wire.headers.into_iter().map(|header| (header.name, header.value)).collect(),
        still_good: wire.still_good,
        warning: wire.warning,
    })
}
