//! The table of design 4: what an exchange means.

use std::time::Duration;

use lamplighter_core::classify::{Cause, Outcome, RETRY_AFTER_DEFAULT, classify};
use lamplighter_core::exchange::{Exchange, NoReply, NotSent};
use lamplighter_core::id::Generation;
use lamplighter_core::provider::Bound;
use lamplighter_core::record::Material;
use lamplighter_core::time::Now;
use testkit::clock::ManualClock;

use super::OAUTH;
use super::rig::{cut, json, not_sent, provider, reply};

fn outcome(exchange: &Exchange) -> Outcome {
    let provider = provider(OAUTH);
    let (vars, secrets) = (Default::default(), Default::default());
    let bound = Bound::new(&provider, &vars, &secrets).unwrap();
    let url = "https://id.example.com/token".parse().unwrap();
    let material = Material::empty(Generation(1));
    classify(&bound, &url, &material, &provider.rungs[0].save, exchange)
}

fn now() -> Now {
    ManualClock::new().now()
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Renewed => "renewed",
        Outcome::Transient { .. } => "transient",
        Outcome::Rejected { last: true, .. } => "final",
        Outcome::Rejected { .. } => "rejected",
        Outcome::Refused { .. } => "refused",
        Outcome::AppRejected { .. } => "app",
        Outcome::Unknown { .. } => "unknown",
    }
}

#[test]
fn every_row_of_the_table_holds() {
    let rows: &[(u16, &str, &str)] = &[
        (200, r#"{"access_token":"x"}"#, "renewed"),
        (200, "<html>", "unknown"),
        (200, r#"{"access_token":"#, "unknown"),
        (200, r#"{"error":"bad_refresh_token"}"#, "refused"),
        (200, r#"{"error":"invalid_grant"}"#, "rejected"),
        (400, r#"{"error":"invalid_grant"}"#, "rejected"),
        (400, r#"{"error":"account_closed"}"#, "final"),
        (400, r#"{"error":"invalid_client"}"#, "app"),
        (401, r#"{"error":"unauthorized_client"}"#, "app"),
        (400, r#"{"error":"bad_app"}"#, "app"),
        (400, r#"{"error":"try_again"}"#, "transient"),
        (400, r#"{"error":"slow_down_please"}"#, "transient"),
        (400, r#"{"error":"never_heard_of"}"#, "refused"),
        (401, "", "rejected"),
        (403, "<html>blocked</html>", "refused"),
        (404, "", "refused"),
        (405, "", "refused"),
        (410, "", "refused"),
        (451, "", "refused"),
        (302, "", "refused"),
        (408, "", "transient"),
        (413, "", "transient"),
        (425, "", "transient"),
        (429, "", "transient"),
        (503, "", "transient"),
        (500, r#"{"error":"oops"}"#, "transient"),
        (500, "<html>", "unknown"),
        (502, "", "unknown"),
        (504, "", "unknown"),
        (520, "", "unknown"),
        (530, "", "unknown"),
    ];
    for (status, body, expected) in rows {
        let is_json = body.starts_with('{');
        let exchange = if is_json { json(*status, body, now()) } else { reply(*status, &[], body, now()) };
        assert_eq!(word(&outcome(&exchange)), *expected, "{status} {body}");
    }
}

#[test]
fn f04_what_never_left_is_transient() {
    for why in [NotSent::Dns, NotSent::Connect, NotSent::Proxy, NotSent::Tls, NotSent::Deadline] {
        assert_eq!(
            outcome(&not_sent(why, now())),
            Outcome::Transient { retry_after: None, cause: Cause::NotSent { why } }
        );
    }
}

#[test]
fn f05_f07_f27_what_left_and_was_not_answered_is_unknown() {
    for why in [NoReply::Cut, NoReply::Deadline, NoReply::TooLarge, NoReply::Malformed] {
        assert_eq!(outcome(&cut(why, now())), Outcome::Unknown { cause: Cause::NoReply { why } });
    }
}

#[test]
fn f09_f10_retry_after_is_believed_within_reason() {
    let wait = |value: &str| {
        let exchange = reply(429, &[("retry-after", value)], "", now());
        match outcome(&exchange) {
            Outcome::Transient { retry_after: Some(wait), .. } => wait,
            other => panic!("{other:?}"),
        }
    };
    let day = Duration::from_secs(24 * 3600);
    assert_eq!(wait("120"), Duration::from_secs(120));
    assert_eq!(wait("999999999999999999999"), day);
    assert_eq!(wait("604800"), day);
    assert_eq!(wait("0"), Duration::from_secs(5), "never a loop");
    for garbage in ["-5", "1e9", "soon", "", "Thu, 01 Jan 1970 00:00:00 GMT", "\u{0}"] {
        assert_eq!(wait(garbage), RETRY_AFTER_DEFAULT, "{garbage:?}");
    }
    // The clock's start is 2026-01-01 00:00:00 UTC.
    assert_eq!(wait("Thu, 01 Jan 2026 00:02:00 GMT"), Duration::from_secs(120));
    assert_eq!(wait("Wed, 01 Jan 2031 00:00:00 GMT"), day);
}

#[test]
fn f28_odd_json_is_parsed_one_way_or_unknown_and_never_a_panic() {
    let deep = "[".repeat(10_000);
    let bodies = [
        "\u{feff}{\"access_token\":\"x\"}",
        "{\"a\":1}trailing",
        "{\"a\":\"\\ud800\"}",
        &deep,
        "{\"error\":1,\"error\":2}",
    ];
    for body in bodies {
        _ = outcome(&json(200, body, now()));
        _ = outcome(&json(400, body, now()));
    }
}

#[test]
fn i7_a_code_that_could_echo_a_secret_is_not_kept() {
    let body = format!(r#"{{"error":"{}"}}"#, "eyJ".repeat(40));
    match outcome(&json(400, &body, now())) {
        Outcome::Refused { cause: Cause::Code { code }, .. } => assert_eq!(code, "?"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn i7_a_code_is_kept_only_if_it_is_short_plain_and_of_short_words() {
    let word = "a".repeat(40);
    let kept = [word.clone(), format!("{} {}", "b".repeat(39), word), "urn:x.y-z_1 2".to_owned()];
    let dropped = [
        format!("{} {}", word, word),
        format!("{word}a"),
        "short but \u{2019}odd".to_owned(),
        "<script>".to_owned(),
        ["word"; 17].join(" "),
    ];
    for code in &kept {
        assert_eq!(showable(code), *code);
    }
    for code in &dropped {
        assert_eq!(showable(code), "?", "{code}");
    }
}

/// What is kept of a code of the service's.
fn showable(code: &str) -> String {
    let body = serde_json::json!({ "error": code }).to_string();
    match outcome(&json(400, &body, now())) {
        Outcome::Refused { cause: Cause::Code { code }, .. } => code,
        other => panic!("{other:?}"),
    }
}

/// A page that is no JSON, as an answer that should bring this.
fn page_that_should_bring(save: &str) -> Outcome {
    let cookies = super::COOKIES
        .replace(r#"save = { "token.access" = "json:access_token" }"#, &format!("save = {{ {save} }}"));
    let provider = provider(&cookies);
    let (vars, secrets) = (Default::default(), Default::default());
    let bound = Bound::new(&provider, &vars, &secrets).unwrap();
    let url = "https://app.example.com/api/session".parse().unwrap();
    let page = reply(200, &[("content-type", "text/html")], "<html>Welcome, Ana</html>", now());
    classify(&bound, &url, &Material::empty(Generation(1)), &provider.rungs[0].steps()[0].save, &page)
}

#[test]
fn f01_f28_a_page_is_no_answer_only_where_json_is_wanted() {
    let of_json = r#""token.access" = "json:access_token""#;
    assert!(matches!(
        page_that_should_bring(of_json),
        Outcome::Unknown { cause: Cause::Page { status: 200 } }
    ));
    for of_no_json in
        [r#""token.access" = "cookie:sid""#, r#""token.access" = "cookie:sid", "step.hint" = "json:hint?""#]
    {
        assert_eq!(page_that_should_bring(of_no_json), Outcome::Renewed, "{of_no_json}");
    }
}

#[test]
fn f02_i9_a_gateway_in_between_has_a_login_page_that_is_no_sign_of_the_services() {
    let provider = provider(super::COOKIES);
    let (vars, secrets) = (Default::default(), Default::default());
    let bound = Bound::new(&provider, &vars, &secrets).unwrap();
    let sent_on = |to: &str| {
        let url = "https://app.example.com/api/session".parse().unwrap();
        let save = &provider.rungs[0].steps()[0].save;
        let exchange = reply(302, &[("location", to)], "", now());
        classify(&bound, &url, &Material::empty(Generation(1)), save, &exchange)
    };
    for host in ["portal.example.net", "login.gateway.example"] {
        let cause = Cause::Redirected { host: host.to_owned() };
        assert_eq!(sent_on(&format!("https://{host}/login?x")), Outcome::Refused { status: 302, cause });
    }
    let dead = Outcome::Rejected { last: false, cause: Cause::LoggedOut };
    for own in ["/login?x", "https://app.example.com/login?x", "http://app.example.com/login?x"] {
        assert_eq!(sent_on(own), dead, "{own}");
    }
}
