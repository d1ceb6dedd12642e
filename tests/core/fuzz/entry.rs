//! What must hold for any bytes, and samples to start from.

use std::sync::LazyLock;

use lamplighter_core::classify::Outcome;
use lamplighter_core::exchange::{Exchange, Reply, Sent};
use lamplighter_core::id::Generation;
use lamplighter_core::jar::Jar;
use lamplighter_core::journal::{Answer, Back, Entry, Place};
use lamplighter_core::provider::{built_in, parse};
use lamplighter_core::record::{decode, encode};
use lamplighter_core::secret::Secret;

use crate::dialects::{Dialect, now};
use crate::machines::OAUTH;
use crate::machines::rig::{Rig, minted};

static DIALECTS: LazyLock<Vec<Dialect>> = LazyLock::new(Dialect::all);
const KINDS: [&str; 4] = ["application/json", "text/html", "application/x-www-form-urlencoded", ""];
const STATUSES: [u16; 8] = [200, 400, 401, 403, 429, 500, 502, 503];

/// Which service, which status, what kind of body; then the body.
pub fn answers() -> Vec<Vec<u8>> {
    let bodies = [
        r#"{"ok":true,"access_token":"a","refresh_token":"r","expires_in":3600}"#,
        r#"{"error":"invalid_grant","error_codes":[50196]}"#,
        r#"{"ok":false,"error":"ratelimited"}"#,
        r#"{"detail":"x","code":"token_not_valid"}"#,
        "access_token=a&refresh_token=r%2F&expires_in=1",
        "<html><form action=/login>",
        "\u{feff}{\"a\":[1.5e9,null,\"\\ud83d\\ude00\"]}",
    ];
    let heads = [[0, 0, 0], [3, 1, 0], [0, 0, 0], [7, 2, 0], [4, 0, 2], [2, 0, 1], [1, 6, 3]];
    heads.iter().zip(bodies).map(|(head, body)| [&head[..], body.as_bytes()].concat()).collect()
}

pub fn answer(bytes: &[u8]) {
    let [service, status, kind, body @ ..] = bytes else { return };
    let dialect = &DIALECTS[usize::from(*service) % DIALECTS.len()];
    let status = STATUSES[usize::from(*status) % STATUSES.len()];
    let kind = KINDS[usize::from(*kind) % KINDS.len()];
    let reply = Reply {
        status,
        headers: vec![
            ("content-type".to_owned(), Secret::from(kind)),
            ("retry-after".to_owned(), Secret::new(body.get(..8).unwrap_or(body))),
            ("location".to_owned(), Secret::new(body)),
        ],
        body: Secret::new(body),
        date: None,
    };
    let exchange =
        Exchange { sent: Sent::Maybe, reply: Ok(reply), took: std::time::Duration::ZERO, at: now() };
    let outcome = dialect.means(&exchange);
    let is_no = matches!(outcome, Outcome::Rejected { .. } | Outcome::AppRejected { .. });
    assert!(!(is_no && matches!(status, 429 | 503)), "{status}: {outcome:?}");
    // A no comes from a status or from a word that is in the body, or in it as an escape.
    let says = |word: &str| String::from_utf8_lossy(body).contains(word);
    let is_said =
        ["inval", "unauth", "token", "account", "access", "client", "%", "\\u", "_"].into_iter().any(says);
    assert!(!is_no || status == 401 || is_said, "{}: {status}: {outcome:?}", dialect.name);
}

pub fn cookies() -> Vec<Vec<u8>> {
    let lines = [
        "sid=abc; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600",
        "__Host-id=1; Path=/; Secure; Expires=Wed, 01 Jan 2031 00:00:00 GMT",
        "a=\"b c\"; Domain=example.com; Partitioned",
        "=; ;;;=",
    ];
    lines.map(|line| line.as_bytes().to_vec()).into()
}

pub fn cookie(bytes: &[u8]) {
    let url = "https://app.example.com/a/b".parse().expect("an address");
    let mut jar = Jar::default();
    _ = jar.receive(&url, bytes, now().wall);
    for cookie in &jar.cookies {
        let value = cookie.value.expose();
        assert!(!value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0 | b';')), "{value:?}");
        assert!(!cookie.name.contains(['\r', '\n', '\0', ';', '=']), "{:?}", cookie.name);
        assert!(cookie.name.len() + value.len() <= 4096);
        let most = 400 * 86_400_000 + 1000;
        assert!(cookie.expires.is_none_or(|end| end.0 <= now().wall.0 + most));
    }
}

/// Records and journal entries.
pub fn records() -> Vec<Vec<u8>> {
    let record = Rig::new(OAUTH).record();
    let chain = "main".parse().expect("a name");
    let place = Place { chain, generation: Generation(1), rung: 0, step: 0 };
    let answer = Answer { place, back: Back::Http(minted(2, now())), next: None };
    vec![encode(&record).to_vec(), Entry::Answer(answer).encode().to_vec()]
}

pub fn record(bytes: &[u8]) {
    if let Ok(record) = decode(bytes) {
        let written = encode(&record);
        let again = decode(&written).expect("what we write we can read");
        assert!(*encode(&again) == *written, "the same bytes");
    }
}

pub fn journal(bytes: &[u8]) {
    if let Some(entry) = Entry::decode(bytes) {
        assert!(Entry::decode(&entry.encode()).is_some(), "what we write we can read");
    }
}

pub fn files() -> Vec<Vec<u8>> {
    built_in::FILES.iter().map(|(_, text)| text.as_bytes().to_vec()).collect()
}

pub fn file(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().count() + 2;
    if let Err(mistakes) = parse("sample".parse().expect("a name"), &text) {
        assert!(!mistakes.is_empty());
        for mistake in mistakes {
            assert!((1..=lines).contains(&mistake.line) && mistake.column >= 1, "{}", mistake.line);
        }
    }
}
