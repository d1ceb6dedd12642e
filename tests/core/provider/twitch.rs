//! S3: hourly validation, its own header, its own retry policy.

use std::time::Duration;

use lamplighter_core::id::ChainName;
use lamplighter_core::provider::{Answer, Scratch, Verdict};

use super::support::{self, Account, json, now, wire};

fn account() -> Account {
    Account::new(support::provider("twitch"), &[("client_id", "abc")], &[("client_secret", "s")])
        .token("access", "tok")
        .credential("main", "re%fresh/1")
}

#[test]
fn a_refresh_token_with_percent_and_slash_is_form_encoded() {
    let account = account();
    let request = account.bound().oauth_refresh_request(&ChainName::main(), &account.material);
    let request = request.unwrap_or_else(|error| panic!("{error}"));
    let wire = wire(&request);
    assert!(wire.contains("refresh_token=re%25fresh%2F1&client_id=abc&client_secret=s"), "{wire}");
}

#[test]
fn s3_6_validation_presents_the_token_as_twitch_wants_it_every_hour() {
    let account = account();
    let probe = &account.provider.probes[0];
    assert_eq!(probe.every, Some(Duration::from_secs(3600)));
    let request =
        account.bound().request(&probe.request, &account.material, &Scratch::default(), None, now());
    let request = request.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(wire(&request), "GET https://id.twitch.tv/oauth2/validate\nAuthorization: OAuth tok");
    let reply = json(200, r#"{"client_id":"abc","user_id":"141981764","expires_in":5520838}"#);
    let verdict = account.bound().probe_verdict(probe, &Answer::read(&reply, None), &account.material);
    assert_eq!(verdict, Verdict::Passed { identity: "141981764".into() });
}

#[test]
fn s3_3_the_retry_policy_is_the_files() {
    let policy = support::provider("twitch").policy;
    assert_eq!(policy.margin, Some(Duration::from_secs(3600)));
    assert_eq!(policy.confirm_after, Some(Duration::from_secs(900)));
    assert_eq!(policy.confirm_window, Some(Duration::from_secs(1800)));
}

#[test]
fn its_error_code_is_in_message() {
    let account = account();
    let reply = json(400, r#"{"error":"Bad Request","status":400,"message":"Invalid refresh token"}"#);
    let code = Answer::read(&reply, None).error_code(&account.provider.answers);
    assert_eq!(code.as_deref(), Some("Invalid refresh token"));
    assert_eq!(account.provider.answers.rejected, ["Invalid refresh token"]);
}

#[test]
fn p4_programs_get_both_headers() {
    let account = account();
    let headers = account.bound().usage_headers(&account.material).unwrap_or_else(|error| panic!("{error}"));
    let text: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.expose_str().expect("text")))
        .collect();
    assert_eq!(text, ["Authorization: Bearer tok", "Client-Id: abc"]);
}
