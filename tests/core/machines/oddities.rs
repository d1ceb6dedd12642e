//! Answers that work and are odd all the same: told as data, without values, and no reason to stop.

use lamplighter_core::provider::Warning;
use lamplighter_core::provider::model::Field;
use lamplighter_core::refresh::End;

use super::OAUTH;
use super::rig::{Rig, json};

/// What a refresh tells that gets `answer`, and the credential that is stored then.
fn told_of(answer: &'static str) -> (Vec<Warning>, String) {
    let scoped = OAUTH.replace("client_auth", "scope = \"read write\"\nclient_auth");
    let mut rig = Rig::new(&scoped);
    rig.answers = Box::new(move |_, now| json(200, answer, now));
    let summary = rig.refresh();
    assert_eq!(summary.end, End::Renewed { probe: None });
    assert_eq!(rig.token(), "canary-a2");
    (summary.warnings, rig.credential())
}

#[test]
fn an_answer_as_it_should_be_is_nothing_to_tell() {
    let (warnings, _) = told_of(
        r#"{"access_token":"canary-a2","refresh_token":"canary-r2","expires_in":3600,"token_type":"bEaReR","scope":"write read"}"#,
    );
    assert_eq!(warnings, []);
}

#[test]
fn f18_a_token_type_that_is_missing_or_unknown_is_told() {
    let (warnings, _) = told_of(r#"{"access_token":"canary-a2","expires_in":3600}"#);
    assert_eq!(warnings, [Warning::TokenTypeMissing]);
    let (warnings, _) = told_of(r#"{"access_token":"canary-a2","expires_in":3600,"token_type":"mac"}"#);
    assert_eq!(warnings, [Warning::TokenTypeUnknown]);
}

#[test]
fn f19_f20_an_end_that_the_service_does_not_say_is_told() {
    let (warnings, _) = told_of(r#"{"access_token":"canary-a2","expires_in":null,"token_type":"Bearer"}"#);
    assert_eq!(warnings, [Warning::ExpiryAssumed("access".parse().unwrap())]);
}

#[test]
fn f23_an_empty_credential_is_told_and_the_old_one_stays() {
    let (warnings, credential) =
        told_of(r#"{"access_token":"canary-a2","refresh_token":"","expires_in":3600,"token_type":"Bearer"}"#);
    assert_eq!(warnings, [Warning::EmptyValue(Field::Refresh("main".parse().unwrap()))]);
    assert_eq!(credential, "canary-r1");
}

#[test]
fn f26_scopes_that_were_lost_are_named() {
    let (warnings, _) =
        told_of(r#"{"access_token":"canary-a2","expires_in":3600,"token_type":"Bearer","scope":["read"]}"#);
    assert_eq!(warnings, [Warning::ScopeLost(vec!["write".to_owned()])]);
}
