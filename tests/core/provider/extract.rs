//! Odd answers (F17 to F28), and templates that must not forge anything (T13).

use std::time::Duration;

use lamplighter_core::provider::{Answer, ExtractError, RenderError, Saved, Scratch, Warning};

use super::support::{self, Account, json, now, reply, wire};

const FILE: &str = r#"
format = 1
name = "Odd"
hosts = ["api.example.com"]
[vars.tenant]
default = "acme"
[oauth]
token = "https://api.example.com/token"
client_id = "id with space"
client_secret = "s:%"
client_auth = "basic"
scope = "read write"
[[login]]
kind = "paste"
[login.fields]
"token.access" = { secret = true }
"refresh.main" = { secret = true }
[tokens.access]
expires = ["json:expires_in", "2h"]
[chains.main]
life = "30d"
idle = "7d"
[[refresh]]
strategy = "oauth"
save = { "token.access" = "json:access_token", "refresh.main" = "json:refresh_token" }
[[refresh]]
strategy = "http"
[[refresh.steps]]
method = "POST"
url = "https://api.example.com/t/{{tenant}}/refresh"
query = { hint = "{{tenant}}", empty = "{{refresh.main}}" }
headers = { X-Tenant = "{{tenant}}", Content-Type = "text/plain" }
auth = "token:access"
body = "{{refresh.main}}"
save = { "token.access" = "text:token=([a-z0-9]+)", "step.csrf" = "header:x-csrf?" }
"#;

fn account() -> Account {
    Account::new(support::read(FILE), &[], &[]).token("access", "old").credential("main", "old-refresh")
}

fn save(content_type: &str, body: &str) -> Result<Saved, ExtractError> {
    let account = account();
    let reply = reply(200, content_type, body);
    let answer = Answer::read(&reply, None);
    let rung = &account.provider.rungs[0];
    account.bound().save_from_answer(&rung.save, &answer, &account.material, &Scratch::default(), now())
}

fn saved(body: &str) -> Saved {
    save("application/json", body).unwrap_or_else(|error| panic!("{body}: {error}"))
}

fn life(body: &str) -> Option<Duration> {
    saved(body).values[0].expiry.map(|expiry| expiry.life())
}

#[test]
fn f17_a_form_is_read_as_one_whatever_it_is_called() {
    let body = "access_token=a%2Bb&expires_in=60&refresh_token=r";
    for content_type in ["application/x-www-form-urlencoded", "text/plain; charset=utf-8"] {
        let saved = save(content_type, body).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(saved.values[0].value.expose_str(), Some("a+b"));
        assert_eq!(saved.values[0].expiry.map(|expiry| expiry.life()), Some(Duration::from_secs(60)));
    }
}

#[test]
fn f19_f20_numbers_as_text_and_float_count_and_others_fall_back_with_a_word() {
    for number in ["3600", "3600.0", "\"3600\"", "\" 3600 \"", "3.6e3"] {
        assert_eq!(
            life(&format!(r#"{{"access_token":"a","expires_in":{number}}}"#)),
            Some(Duration::from_secs(3600))
        );
    }
    for other in ["null", "[]", "{}", "true", "\"soon\"", "\"NaN\"", "\"inf\""] {
        let saved = saved(&format!(r#"{{"access_token":"a","expires_in":{other}}}"#));
        assert_eq!(
            saved.values[0].expiry.map(|expiry| expiry.life()),
            Some(Duration::from_secs(7200)),
            "{other}"
        );
        let assumed = Warning::ExpiryAssumed("access".parse().expect("a name"));
        assert!(saved.warnings.contains(&assumed), "{other}");
    }
}

#[test]
fn f21_zero_and_less_have_ended_and_huge_ends_in_400_days() {
    for number in ["0", "-1", "-9223372036854775808", "-1e300", "\"-5\""] {
        assert_eq!(
            life(&format!(r#"{{"access_token":"a","expires_in":{number}}}"#)),
            Some(Duration::ZERO),
            "{number}"
        );
    }
    let longest = Some(Duration::from_secs(400 * 86_400));
    for number in ["1e18", "9223372036854775807", "18446744073709551615", "1e300", "\"99999999999999999999\""]
    {
        assert_eq!(life(&format!(r#"{{"access_token":"a","expires_in":{number}}}"#)), longest, "{number}");
    }
}

#[test]
fn f22_f23_no_empty_or_null_refresh_token_keeps_the_old_one() {
    for (rest, warns) in [("", false), (r#","refresh_token":"""#, true), (r#","refresh_token":null"#, true)] {
        let saved = saved(&format!(r#"{{"access_token":"a","expires_in":60{rest}}}"#));
        assert_eq!(saved.values.len(), 1, "{rest}");
        assert_eq!(!saved.warnings.is_empty(), warns, "{rest}");
    }
}

#[test]
fn a_missing_field_is_named() {
    let error = save("application/json", r#"{"access":"a"}"#).err().expect("no access_token");
    assert_eq!(error.to_string(), "the answer has no token.access");
    assert!(
        matches!(save("application/json", r#"{"access_token":""}"#), Err(ExtractError::Missing(_))),
        "f23"
    );
}

#[test]
fn f28_json_is_read_once_the_same_way_or_not_at_all() {
    let bom = saved("\u{feff}{\"access_token\":\"a\"}");
    assert_eq!(bom.values[0].value.expose_str(), Some("a"));
    let twice = saved(r#"{"access_token":"first","access_token":"last"}"#);
    assert_eq!(twice.values[0].value.expose_str(), Some("last"), "as every browser reads it");
    let deep = format!(r#"{{"access_token":"a","x":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    for body in [
        deep.as_str(),
        r#"{"access_token":"a"} trailing"#,
        r#"{"access_token":"a"#,
        r#"{"access_token":"\ud800"}"#,
        "\u{0}{\u{0}\"\u{0}a\u{0}",
        "<html>",
    ] {
        let end = save("application/json", body).err();
        assert_eq!(end, Some(ExtractError::Unreadable), "{}", body.chars().take(40).collect::<String>());
    }
}

#[test]
fn f08_a_reply_cut_at_any_byte_stores_no_half_token() {
    let body = r#"{"access_token":"abcdef","expires_in":60,"refresh_token":"ghijkl"}"#;
    for end in 0..body.len() {
        let cut = save("application/json", &body[..end]);
        assert!(cut.is_err(), "cut at {end}");
    }
    assert!(save("application/json", body).is_ok());
}

#[test]
fn f18_f26_token_type_and_scope_are_warned_about() {
    let account = account();
    let warnings = |body: &str| {
        let reply = json(200, body);
        account.bound().oauth_warnings(&Answer::read(&reply, None))
    };
    assert_eq!(warnings(r#"{"token_type":"BEARER"}"#), []);
    assert_eq!(warnings(r#"{"access_token":"a"}"#), [Warning::TokenTypeMissing]);
    assert_eq!(warnings(r#"{"token_type":"mac"}"#), [Warning::TokenTypeUnknown]);
    let lost = [Warning::ScopeLost(vec!["write".into()])];
    assert_eq!(warnings(r#"{"token_type":"bearer","scope":"read"}"#), lost);
    assert_eq!(warnings(r#"{"token_type":"bearer","scope":["read"]}"#), lost);
    assert_eq!(warnings(r#"{"token_type":"bearer","scope":["write","read"]}"#), []);
}

#[test]
fn a_credential_ends_with_its_life_or_unused_whichever_is_first() {
    let saved = saved(r#"{"access_token":"a","expires_in":60,"refresh_token":"r"}"#);
    let ends = saved.values[1].expiry.map(|expiry| expiry.life());
    assert_eq!(ends, Some(Duration::from_secs(7 * 86_400)));
}

#[test]
fn using_a_credential_starts_its_idle_time_again_but_not_its_life() {
    let account = account();
    let (mut material, mut scratch) = (account.material.duplicate(), Scratch::default());
    let bound = account.bound();
    for (day, left) in [(5, 7), (25, 5)] {
        let at = support::later(day * 86_400_000);
        let reply = json(200, r#"{"access_token":"a","expires_in":60}"#);
        let answer = Answer::read(&reply, None);
        let save = &account.provider.rungs[0].save;
        let saved = bound.save_from_answer(save, &answer, &material, &scratch, at);
        saved.unwrap_or_else(|error| panic!("{error}")).apply(&bound, &mut material, &mut scratch, at);
        let held = material.credentials.values().next().expect("the credential");
        let days = held.expiry.map(|expiry| expiry.left(at).as_secs() / 86_400);
        assert_eq!(days, Some(left), "on day {day}");
    }
}

#[test]
fn rfc6749_basic_credentials_are_form_encoded_before_base64() {
    use base64::Engine as _;
    let account = account();
    let request = account
        .bound()
        .oauth_refresh_request(&lamplighter_core::id::ChainName::main(), &account.material)
        .unwrap_or_else(|error| panic!("{error}"));
    let wire = wire(&request);
    let expected = base64::engine::general_purpose::STANDARD.encode("id+with+space:s%3A%25");
    assert!(wire.contains(&format!("Authorization: Basic {expected}\n")), "{wire}");
    assert!(wire.ends_with("grant_type=refresh_token&refresh_token=old-refresh"), "{wire}");
}

#[test]
fn values_are_encoded_for_the_place_they_stand_in() {
    let mut account = account();
    account.vars = support::vars(&[("tenant", "a/b?c#d e&f=g\u{e9}")]);
    account = account.credential("main", "");
    let step = &account.provider.rungs[1].steps()[0];
    let request = account.bound().request(step, &account.material, &Scratch::default(), None, now());
    let request = request.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(request.url.path(), "/t/a%2Fb%3Fc%23d%20e%26f%3Dg%C3%A9/refresh");
    assert_eq!(request.url.query(), Some("hint=a%2Fb%3Fc%23d+e%26f%3Dg%C3%A9"), "an empty value is not sent");
}

#[test]
fn t13_no_byte_in_a_value_can_forge_a_header_or_leave_its_place() {
    for byte in 0..=255_u8 {
        let mut account = account();
        let value = [b"a".as_slice(), &[byte], b"b"].concat();
        account.material.tokens.values_mut().for_each(|held| {
            held.value = lamplighter_core::secret::Secret::new(value.clone());
        });
        let step = &account.provider.rungs[1].steps()[0];
        let request = account.bound().request(step, &account.material, &Scratch::default(), None, now());
        match request {
            Ok(request) => {
                assert!(!byte.is_ascii_control(), "{byte:#x}");
                let bearer = [b"Bearer ".as_slice(), &value].concat();
                assert!(request.headers.iter().any(|(_, value)| value.expose() == bearer));
            }
            Err(error) => {
                assert_eq!(error, RenderError::BadValue("header"), "{byte:#x}");
                assert!(byte.is_ascii_control());
            }
        }
    }
    for dots in [".", ".."] {
        let mut account = account();
        account.vars = support::vars(&[("tenant", dots)]);
        let step = &account.provider.rungs[1].steps()[0];
        let request = account.bound().request(step, &account.material, &Scratch::default(), None, now());
        assert_eq!(request.err(), Some(RenderError::BadValue("path")));
    }
}

#[test]
fn an_undefined_place_is_an_error_that_names_it() {
    let mut account = account();
    account.material.tokens.clear();
    let step = &account.provider.rungs[1].steps()[0];
    let error = account.bound().request(step, &account.material, &Scratch::default(), None, now()).err();
    assert_eq!(error.map(|error| error.to_string()), Some("token.access has no value".into()));
}

#[test]
fn text_and_headers_are_sources_too() {
    let account = account();
    let mut reply = support::reply(200, "text/html", "<script>token=abc123;</script>");
    reply.headers.push(("x-csrf".into(), "c1".into()));
    let (bound, mut scratch) = (account.bound(), Scratch::default());
    let mut material = account.material.duplicate();
    let save = &account.provider.rungs[1].steps()[0].save;
    let saved = bound.save_from_answer(save, &Answer::read(&reply, None), &material, &scratch, now());
    saved.unwrap_or_else(|error| panic!("{error}")).apply(&bound, &mut material, &mut scratch, now());
    assert_eq!(material.tokens.values().next().and_then(|held| held.value.expose_str()), Some("abc123"));
    assert_eq!(scratch.get("csrf").and_then(|value| value.expose_str()), Some("c1"));
}

#[test]
fn f16_an_error_in_a_good_answer_counts_only_where_it_can_be_one() {
    let (rfc, twitch) = (account().provider.answers, support::provider("twitch").answers);
    let is_error = |answers, status, body: &str| {
        let reply = json(status, body);
        Answer::read(&reply, None).is_error(answers)
    };
    assert!(is_error(&rfc, 200, r#"{"error":"bad_refresh_token"}"#), "GitHub");
    assert!(is_error(&rfc, 400, r#"{"error":"invalid_grant"}"#));
    for fine in [r#"{"error":null}"#, r#"{"error":false}"#, r#"{"error":""}"#, r#"{"error":0}"#, "[]", ""] {
        assert!(!is_error(&rfc, 200, fine), "{fine}");
    }
    assert!(is_error(&twitch, 200, r#"{"message":"Invalid refresh token"}"#), "a listed code");
    assert!(!is_error(&twitch, 200, r#"{"message":"welcome"}"#), "good answers have messages, too");
    assert!(is_error(&twitch, 500, r#"{"message":"oops"}"#), "the provider's own form");
}

#[test]
fn an_empty_token_or_credential_is_as_good_as_none() {
    let account = account().token("access", "").credential("main", "");
    let step = &account.provider.rungs[1].steps()[0];
    let error = account.bound().request(step, &account.material, &Scratch::default(), None, now()).err();
    assert!(matches!(error, Some(RenderError::Undefined(_))));
    let main = lamplighter_core::id::ChainName::main();
    let error = account.bound().oauth_refresh_request(&main, &account.material).err();
    assert!(
        matches!(error, Some(RenderError::Undefined(_))),
        "no refresh request without a credential leaves"
    );
}
