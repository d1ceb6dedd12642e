//! What holds for every answer of every dialect, whatever is in it.

use std::sync::LazyLock;
use std::time::Duration;

use lamplighter_core::classify::{Cause, Outcome, RETRY_AFTER_DEFAULT, retry_after};
use lamplighter_core::exchange::{Exchange, NoReply, NotSent, Reply, Sent};
use lamplighter_core::secret::Secret;
use proptest::prelude::*;

use super::now;
use super::{Dialect, word};

const KNOWN: [&str; 11] = [
    "invalid_grant",
    "invalid_client",
    "unauthorized_client",
    "server_error",
    "token_not_valid",
    "invalid_refresh_token",
    "ratelimited",
    "access_denied",
    "oops",
    "Invalid refresh token",
    "",
];
const PLACES: [&str; 5] = ["error", "code", "message", "errorCode", "detail"];
const KINDS: [&str; 5] =
    ["application/json", "text/html", "application/x-www-form-urlencoded", "text/plain", ""];

static DIALECTS: LazyLock<Vec<Dialect>> = LazyLock::new(Dialect::all);

/// An answer of one of the services.
#[derive(Debug, Clone)]
struct Given {
    dialect: usize,
    status: u16,
    kind: &'static str,
    body: Vec<u8>,
    wait: Option<Vec<u8>>,
}

impl Given {
    fn dialect(&self) -> &'static Dialect {
        &DIALECTS[self.dialect]
    }

    fn reply(&self) -> Reply {
        let mut headers = vec![("content-type".to_owned(), Secret::from(self.kind))];
        headers.extend(self.wait.clone().map(|wait| ("retry-after".to_owned(), Secret::new(wait))));
        Reply { status: self.status, headers, body: Secret::new(self.body.clone()), date: None }
    }

    fn means(&self) -> Outcome {
        let sent = Sent::Maybe;
        let exchange = Exchange { sent, reply: Ok(self.reply()), took: Duration::ZERO, at: now() };
        self.dialect().means(&exchange)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// An answer with whatever in it: half of the bodies are such as services send.
fn answers() -> impl Strategy<Value = Given> {
    let json = (prop::sample::select(&PLACES[..]), prop::sample::select(&KNOWN[..]), any::<bool>())
        .prop_map(|(place, code, ok)| format!(r#"{{"ok":{ok},"{place}":"{code}","x":1}}"#).into_bytes());
    let good = Just(br#"{"ok":true,"access_token":"a","access":"a","refresh_token":"r"}"#.to_vec());
    let page = Just(b"<html><form>".to_vec());
    let bytes = prop::collection::vec(any::<u8>(), 0..60);
    let body = prop_oneof![4 => json, 1 => good, 1 => page, 2 => bytes];
    let statuses = prop_oneof![
        3 => prop::sample::select(&[200_u16, 201, 302, 400, 401, 403, 404, 408, 429, 500, 502, 503, 504, 522][..]),
        1 => 0..=999_u16,
    ];
    let wait = prop::collection::vec(any::<u8>(), 0..12);
    (0..8_usize, statuses, prop::sample::select(&KINDS[..]), body, prop::option::of(wait))
        .prop_map(|(dialect, status, kind, body, wait)| Given { dialect, status, kind, body, wait })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn i9_only_a_401_or_a_code_in_the_body_is_ever_a_no(given in answers()) {
        let (dialect, status, outcome) = (given.dialect(), given.status, given.means());
        if matches!(outcome, Outcome::Rejected { .. } | Outcome::AppRejected { .. }) {
            let body = given.text();
            let answers = &dialect.provider.answers;
            let named = [&answers.last, &answers.rejected, &answers.app];
            let mut codes = named.into_iter().flatten().map(String::as_str)
                .chain(["invalid_grant", "invalid_client", "unauthorized_client"]);
            prop_assert!(status == 401 || codes.any(|code| body.contains(code)), "{}: {status} {body}", dialect.name);
            prop_assert!(!matches!(status, 408 | 413 | 425 | 429 | 503), "{status}");
        }
    }

    #[test]
    fn a_mark_is_taken_back_only_for_what_says_that_nothing_was_done(given in answers()) {
        let (dialect, status) = (given.dialect(), given.status);
        if let Outcome::Transient { .. } = given.means() {
            let body = given.text();
            let answers = &dialect.provider.answers;
            let mut codes = answers.throttled.iter().chain(&answers.transient).map(String::as_str)
                .chain(["temporarily_unavailable", "server_error"]);
            let says = matches!(status, 408 | 413 | 425 | 429 | 503) || codes.any(|code| body.contains(code));
            prop_assert!(says || (status == 500 && body.contains(['{', '='])), "{}: {status} {body}", dialect.name);
        }
    }

    #[test]
    fn the_same_answer_means_the_same_and_a_good_one_is_2xx(given in answers()) {
        let (status, outcome) = (given.status, given.means());
        prop_assert_eq!(&outcome, &given.means());
        if outcome == Outcome::Renewed {
            prop_assert!((200..300).contains(&status));
        }
        if (500..=599).contains(&status) {
            prop_assert!(word(&outcome) != "refused" && word(&outcome) != "renewed");
        }
    }

    #[test]
    fn f09_f10_whatever_retry_after_says_the_wait_is_between_five_seconds_and_a_day(given in answers()) {
        let reply = given.reply();
        let wait = retry_after(&reply, now());
        let has = reply.headers.iter().any(|(name, _)| name == "retry-after");
        prop_assert_eq!(wait.is_some(), has);
        if let Some(wait) = wait {
            prop_assert!(wait >= Duration::from_secs(5) && wait <= Duration::from_secs(24 * 3600));
        }
    }

    #[test]
    fn f10_retry_after_of_digits_is_believed_and_of_letters_is_a_minute(seconds in 5..=86_400_u64, word in "[a-z]{1,9}") {
        let reply = |value: &str| Reply {
            status: 429,
            headers: vec![("retry-after".to_owned(), Secret::from(value))],
            body: "".into(),
            date: None,
        };
        prop_assert_eq!(retry_after(&reply(&seconds.to_string()), now()), Some(Duration::from_secs(seconds)));
        prop_assert_eq!(retry_after(&reply(&word), now()), Some(RETRY_AFTER_DEFAULT));
    }

    #[test]
    fn i7_no_cause_repeats_more_than_a_short_plain_code(secret in "[A-Za-z0-9_./+-]{41,200}", dialect in 0..8_usize, place in 0..5_usize) {
        let body = format!(r#"{{"ok":false,"{}":"{secret}"}}"#, PLACES[place]);
        let headers = vec![("content-type".to_owned(), Secret::from("application/json"))];
        let reply = Reply { status: 400, headers, body: body.as_str().into(), date: None };
        let exchange = Exchange { sent: Sent::Maybe, reply: Ok(reply), took: Duration::ZERO, at: now() };
        let said = format!("{:?}", DIALECTS[dialect].means(&exchange));
        prop_assert!(!said.contains(&secret[..41]), "{said}");
    }
}

#[test]
fn f08_no_beginning_of_any_services_answer_is_a_good_one_or_a_no() {
    for dialect in DIALECTS.iter() {
        for case in &dialect.cases {
            if !(200..300).contains(&case.status) || !case.content_type.contains("json") {
                continue;
            }
            for end in 0..case.body.len() {
                let cut = super::Case {
                    seen: String::new(),
                    status: case.status,
                    content_type: case.content_type.clone(),
                    headers: case.headers.clone(),
                    body: case.body[..end].to_owned(),
                    means: String::new(),
                    wait_s: None,
                };
                let outcome = dialect.means(&cut.exchange());
                assert!(
                    matches!(outcome, Outcome::Unknown { cause: Cause::Page { .. } }),
                    "{}: {outcome:?}",
                    cut.body
                );
            }
        }
    }
}

#[test]
fn what_never_left_passes_and_what_left_without_an_answer_is_unknown_in_every_dialect() {
    for dialect in DIALECTS.iter() {
        for why in [NotSent::Dns, NotSent::Connect, NotSent::Proxy, NotSent::Tls, NotSent::Deadline] {
            let exchange = crate::machines::rig::not_sent(why, now());
            assert_eq!(
                dialect.means(&exchange),
                Outcome::Transient { retry_after: None, cause: Cause::NotSent { why } }
            );
        }
        for why in [NoReply::Cut, NoReply::Deadline, NoReply::TooLarge, NoReply::Malformed] {
            let exchange = crate::machines::rig::cut(why, now());
            assert_eq!(dialect.means(&exchange), Outcome::Unknown { cause: Cause::NoReply { why } });
        }
    }
}
