//! S1: two chains, answers with ok:false, one-time refresh tokens.

use std::time::Duration;

use lamplighter_core::id::ChainName;
use lamplighter_core::provider::model::{Field, Redirect};
use lamplighter_core::provider::{Answer, Scratch, Verdict};
use lamplighter_core::secret::Secret;

use super::support::{self, Account, json, now, wire};

fn account() -> Account {
    let vars = [("client_id", "123.456"), ("scopes", "chat:write,users:read")];
    Account::new(support::provider("slack"), &vars, &[("client_secret", "s3cr&t")])
        .token("bot", "xoxe.xoxb-1-old")
        .credential("bot", "xoxe-1-abc+/=")
}

fn chain(name: &str) -> ChainName {
    name.parse().expect("a name")
}

#[test]
fn s1_1_a_refresh_sends_credential_and_client_in_the_body_form_encoded() {
    let account = account();
    let request = account.bound().oauth_refresh_request(&chain("bot"), &account.material);
    let request = request.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        wire(&request),
        "POST https://slack.com/api/oauth.v2.access\n\
         Accept: application/json\n\
         Content-Type: application/x-www-form-urlencoded\n\
         \n\
         grant_type=refresh_token&refresh_token=xoxe-1-abc%2B%2F%3D&client_id=123.456&client_secret=s3cr%26t"
    );
    assert!(
        account.bound().oauth_refresh_request(&chain("user"), &account.material).is_err(),
        "no credential"
    );
}

#[test]
fn s1_1_bot_and_user_pairs_rotate_separately() {
    let mut account = account();
    let reply = json(
        200,
        r#"{"ok":true,"access_token":"xoxe.xoxb-2","expires_in":43200,"refresh_token":"xoxe-2","token_type":"bot"}"#,
    );
    let mut material = account.material.duplicate();
    let bound = account.bound();
    let answer = Answer::read(&reply, None);
    let mut scratch = Scratch::default();
    let saved = bound.save_from_answer(&account.provider.rungs[0].save, &answer, &material, &scratch, now());
    let saved = saved.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(saved.values[0].expiry.map(|expiry| expiry.life()), Some(Duration::from_secs(43_200)));
    assert_eq!(bound.oauth_warnings(&answer), [], "token_type bot is one of Slack's own (F18)");
    saved.apply(&bound, &mut material, &mut scratch, now());
    drop(bound);
    account.material = material;
    let refresh = account.material.credentials.get(&chain("bot")).map(|held| held.value.duplicate());
    assert!(refresh == Some(Secret::from("xoxe-2")));
    assert!(!account.material.credentials.contains_key(&chain("user")));
}

#[test]
fn f16_ok_false_is_an_error_with_its_code_though_the_status_is_200() {
    let account = account();
    let read = |body: &str| {
        let reply = json(200, body);
        let answer = Answer::read(&reply, None);
        (answer.is_error(&account.provider.answers), answer.error_code(&account.provider.answers))
    };
    assert_eq!(
        read(r#"{"ok":false,"error":"invalid_refresh_token"}"#),
        (true, Some("invalid_refresh_token".into()))
    );
    assert_eq!(read(r#"{"ok":true,"access_token":"x"}"#), (false, None));
    let answers = &account.provider.answers;
    assert!(answers.rejected.iter().any(|code| code == "invalid_refresh_token"));
    assert_eq!(answers.last, ["token_revoked", "account_inactive"]);
}

#[test]
fn s1_1_a_login_brings_whichever_pairs_were_granted() {
    let account = account();
    let reply = json(
        200,
        r#"{"ok":true,"access_token":"b","refresh_token":"rb","expires_in":43200,
            "authed_user":{"id":"U1","access_token":"u","refresh_token":"ru","expires_in":43200}}"#,
    );
    let empty = Account::new(
        support::provider("slack"),
        &[("client_id", "1"), ("scopes", "")],
        &[("client_secret", "s")],
    );
    let saved = account.bound().save_from_answer(
        &account.provider.logins[0].save,
        &Answer::read(&reply, None),
        &empty.material,
        &Scratch::default(),
        now(),
    );
    let fields: Vec<String> = saved
        .unwrap_or_else(|error| panic!("{error}"))
        .values
        .iter()
        .map(|value| value.field.to_string())
        .collect();
    assert_eq!(fields, ["token.bot", "refresh.bot", "token.user", "refresh.user"]);
}

#[test]
fn s1_1_a_long_lived_token_is_exchanged_once_if_no_refresh_token_was_pasted() {
    let mut account = account();
    let step = &account.provider.logins[1].steps[0];
    let scratch = Scratch::default();
    assert!(!account.bound().is_wanted(step, &account.material, &scratch), "one was pasted");
    assert!(step.spends(), "the long-lived token dies of it");
    account.material.credentials.clear();
    let bound = account.bound();
    let step = &account.provider.logins[1].steps[0];
    assert!(bound.is_wanted(step, &account.material, &scratch));
    let request = bound.request(step, &account.material, &scratch, None, now());
    let request = request.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        wire(&request),
        "POST https://slack.com/api/oauth.v2.exchange\n\
         Content-Type: application/x-www-form-urlencoded\n\
         \n\
         client_id=123.456&client_secret=s3cr%26t&token=xoxe.xoxb-1-old"
    );
}

#[test]
fn the_authorization_address_has_what_slack_asks_for_and_nothing_empty() {
    let account = account();
    let Redirect::Paste(redirect) = (match &account.provider.logins[0].kind {
        lamplighter_core::provider::model::LoginKind::OAuth { redirect } => redirect,
        _ => panic!("the first login is OAuth"),
    }) else {
        panic!("its redirect is pasted")
    };
    let bound = account.bound();
    let redirect = bound.redirect_text(redirect).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(redirect, "https://localhost/");
    let url = bound.authorize_url("st4te", "challenge", &redirect).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        url.as_str(),
        "https://slack.com/oauth/v2/authorize?response_type=code&client_id=123.456\
         &redirect_uri=https%3A%2F%2Flocalhost%2F&state=st4te&scope=chat%3Awrite%2Cusers%3Aread"
    );
}

#[test]
fn s1_2_auth_test_proves_each_chain_by_its_own_probe() {
    let account = account();
    let bound = account.bound();
    let probes: Vec<_> = bound.probes(&chain("user")).collect();
    assert_eq!(probes.len(), 1);
    let verdict = |body: &str| {
        let reply = json(200, body);
        bound.probe_verdict(probes[0], &Answer::read(&reply, None), &account.material)
    };
    let passed = Verdict::Passed { identity: "T1 U1".into() };
    assert_eq!(verdict(r#"{"ok":true,"team_id":"T1","user_id":"U1"}"#), passed);
    assert_eq!(verdict(r#"{"ok":false,"error":"token_expired"}"#), Verdict::Failed);
    assert_eq!(verdict(r#"{"ok":false,"error":"internal_error"}"#), Verdict::SaysNothing);
    assert_eq!(verdict(r#"{"ok":true,"team_id":"T1"}"#), Verdict::SaysNothing);
}

#[test]
fn s2_3_logout_revokes_every_token_that_is_there() {
    let account = account();
    let bound = account.bound();
    let scratch = Scratch::default();
    let wanted: Vec<bool> = account
        .provider
        .revoke
        .iter()
        .map(|step| bound.is_wanted(step, &account.material, &scratch))
        .collect();
    assert_eq!(wanted, [true, false], "there is no user token");
    let request = bound.request(&account.provider.revoke[0], &account.material, &scratch, None, now());
    let request = request.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        wire(&request),
        "POST https://slack.com/api/auth.revoke\nAuthorization: Bearer xoxe.xoxb-1-old"
    );
    let sends_bot = |field: &Field| field.to_string() == "token.bot";
    assert!(account.provider.revoke[0].sends(sends_bot));
}

#[test]
fn an_error_in_the_body_tells_a_consumer_that_its_token_expired() {
    let account = account();
    let bound = account.bound();
    let expired = |status, body: &str| {
        let reply = json(status, body);
        bound.is_expired(&Answer::read(&reply, None))
    };
    assert!(expired(200, r#"{"ok":false,"error":"token_expired"}"#));
    assert!(expired(401, "{}"));
    assert!(!expired(200, r#"{"ok":false,"error":"channel_not_found"}"#));
}
