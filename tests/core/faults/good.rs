//! Good answers that are odd: F17 to F24, F26. Each brings exactly the next generation, and nothing is wrong.

use lamplighter_core::exchange::Exchange;
use lamplighter_core::provider::Warning;
use lamplighter_core::provider::model::Field;
use lamplighter_core::refresh::End;
use lamplighter_core::time::Now;

use super::line::{Line, MIN};
use crate::machines::OAUTH;
use crate::machines::rig::{json, reply};

/// A refresh that gets `answer`, and what is told of it in the log.
fn getting(answer: impl Fn(Now) -> Exchange + 'static) -> (Line, Vec<Warning>) {
    let mut line = Line::new(OAUTH);
    line.rig.answers = Box::new(move |_, now| answer(now));
    assert_eq!(line.refresh(), End::Renewed { probe: None });
    line.record_is_one_newer();
    line.is_fine();
    let warnings = line.ends.last().unwrap().warnings.clone();
    (line, warnings)
}

fn getting_json(body: &str) -> (Line, Vec<Warning>) {
    let body = body.to_owned();
    getting(move |now| json(200, &body, now))
}

/// How long the new token lives, as far as is known, in seconds.
fn life(line: &Line) -> Option<u64> {
    let record = line.rig.stored();
    let token = &record.current.tokens[&"access".parse().unwrap()];
    token.expiry.map(|expiry| expiry.life().as_secs())
}

#[test]
fn f17_an_answer_in_form_encoding_is_the_next_generation() {
    for kind in ["application/x-www-form-urlencoded", "text/plain"] {
        let (line, _) = getting(move |now| {
            let body = "access_token=canary-a2&refresh_token=canary-r2%2Fx&expires_in=1800&token_type=bearer";
            reply(200, &[("content-type", kind)], body, now)
        });
        assert_eq!((line.rig.token().as_str(), line.rig.credential().as_str()), ("canary-a2", "canary-r2/x"));
        assert_eq!(life(&line), Some(1800), "{kind}");
    }
}

#[test]
fn f18_a_token_of_any_type_is_stored_and_an_unknown_or_missing_type_is_told() {
    let types = [
        (r#""bearer""#, None),
        (r#""BEARER""#, None),
        (r#""mac""#, Some(Warning::TokenTypeUnknown)),
        ("null", Some(Warning::TokenTypeMissing)),
    ];
    for (kind, warning) in types {
        let (line, warnings) =
            getting_json(&format!(r#"{{"access_token":"canary-a2","expires_in":3600,"token_type":{kind}}}"#));
        assert_eq!(line.rig.token(), "canary-a2", "{kind}");
        assert_eq!(warnings, warning.into_iter().collect::<Vec<_>>(), "{kind}");
    }
}

#[test]
fn f19_f20_a_life_that_is_not_said_or_is_text_or_a_float_does_no_harm() {
    let kinds = [
        (r#""3600""#, 3600, 0),
        ("3600.0", 3600, 0),
        ("null", 3600, 1),
        ("[]", 3600, 1),
        (r#""soon""#, 3600, 1),
    ];
    for (said, expected, told) in kinds {
        let (line, warnings) = getting_json(&format!(
            r#"{{"access_token":"canary-a2","token_type":"Bearer","expires_in":{said}}}"#
        ));
        assert_eq!(life(&line), Some(expected), "{said}: the file's own value where nothing can be read");
        let assumed = Warning::ExpiryAssumed("access".parse().unwrap());
        assert_eq!(warnings.iter().filter(|warning| **warning == assumed).count(), told, "{said}");
    }
}

#[test]
fn f21_any_number_is_a_life_between_nothing_and_400_days_and_no_loop() {
    for said in ["0", "-1", "1e18", "9223372036854775807", r#""NaN""#, "1e400"] {
        let body = format!(r#"{{"access_token":"canary-a2","token_type":"Bearer","expires_in":{said}}}"#);
        let mut line = Line::new(OAUTH);
        line.rig.answers = Box::new(move |_, now| json(200, &body, now));
        line.refresh();
        if matches!(line.end(), End::Renewed { .. }) {
            assert!(life(&line).is_none_or(|life| life <= 400 * 86_400), "{said}");
        } else {
            // What is no number of JSON makes the answer unreadable, and nothing of it is stored.
            line.record_is_unchanged();
        }
        line.pass(20 * MIN);
        let sent = line.rig.requests.len();
        assert!(sent <= 22, "{said}: once a minute at most, and not {sent} in twenty");
    }
}

#[test]
fn f22_f23_without_a_new_refresh_token_the_old_one_stays_and_an_empty_one_is_told() {
    for (rest, told) in [("", false), (r#","refresh_token":"""#, true), (r#","refresh_token":null"#, false)] {
        let (mut line, warnings) = getting_json(&format!(
            r#"{{"access_token":"canary-a2","token_type":"Bearer","expires_in":3600{rest}}}"#
        ));
        assert_eq!((line.rig.token().as_str(), line.rig.credential().as_str()), ("canary-a2", "canary-r1"));
        let empty = Warning::EmptyValue(Field::Refresh("main".parse().unwrap()));
        assert!(!told || warnings.contains(&empty), "{rest}: {warnings:?}");
        line.goes_on();
    }
}

#[test]
fn f24_the_same_token_again_is_taken_and_not_asked_for_in_a_loop() {
    let (mut line, _) =
        getting_json(r#"{"access_token":"canary-a1","token_type":"Bearer","expires_in":3600}"#);
    assert_eq!(line.rig.token(), "canary-a1");
    line.pass(50 * MIN);
    assert_eq!(line.rig.requests.len(), 1);
}

#[test]
fn f26_scopes_in_any_form_are_read_and_the_lost_ones_named() {
    let scoped = OAUTH.replace("client_auth", "scope = \"read write\"\nclient_auth");
    let lost = || vec![Warning::ScopeLost(vec!["write".to_owned()])];
    let kinds = [
        (r#""write read""#, Vec::new()),
        (r#"["read","write"]"#, Vec::new()),
        (r#""read""#, lost()),
        (r#"["read"]"#, lost()),
    ];
    for (scope, expected) in kinds {
        let mut line = Line::new(&scoped);
        let body = format!(
            r#"{{"access_token":"canary-a2","expires_in":3600,"token_type":"Bearer","scope":{scope}}}"#
        );
        line.rig.answers = Box::new(move |_, now| json(200, &body, now));
        assert_eq!(line.refresh(), End::Renewed { probe: None });
        line.record_is_one_newer();
        line.is_fine();
        assert_eq!(line.ends.last().unwrap().warnings, expected, "{scope}");
    }
}
