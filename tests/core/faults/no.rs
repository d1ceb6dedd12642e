//! The service says no: F13 to F16, F50, F52.

use lamplighter_core::account::{Block, Death, Session};
use lamplighter_core::api::Standing;
use lamplighter_core::refresh::End;
use lamplighter_core::report::Code;

use super::line::{Line, MIN};
use crate::machines::rig::{held, json, minted};
use crate::machines::{OAUTH, PAIRS};

const NO: &str = r#"{"error":"invalid_grant","error_description":"canary-r1 is not known"}"#;

/// The first `times` answers are `status` and `body`.
fn answering(toml: &str, times: u32, status: u16, body: &'static str) -> Line {
    let mut line = Line::new(toml);
    let mut left = times;
    line.rig.answers = Box::new(move |_, now| {
        if left == 0 {
            return minted(2, now);
        }
        left -= 1;
        json(status, body, now)
    });
    line.refresh();
    line
}

#[test]
fn f13_one_no_disturbs_nobody_and_a_second_one_ends_the_session_and_keeps_the_record() {
    let mut line = answering(OAUTH, u32::MAX, 400, NO);
    assert_eq!(line.end(), End::Rejected { last: false, lost: false });
    line.record_is_unchanged();
    let told = line.waits("refused once");
    assert_eq!(told.code, Code::Temporary);
    assert!(line.toasts.is_empty());
    line.pass(4 * MIN);
    assert_eq!(line.rig.requests.len(), 1, "a token of an hour leaves time for a confirmation");
    line.pass(2 * MIN);
    assert!(matches!(line.session(), Session::Dead { reason: Death::Rejected, .. }));
    line.record_is_unchanged();
    let told = line.tells("ended the session");
    assert_eq!((told.code, line.rig.requests.len(), line.toasts.len()), (Code::NeedsLogin, 2, 1));
    assert!(told.safe.unwrap().contains("still here"));
    assert!(told.next.unwrap().contains("until you reconnect"));
    line.pass(48 * 60 * MIN);
    assert_eq!(line.rig.requests.len(), 2, "nothing more is sent");
    line.record_is_unchanged();
}

#[test]
fn f13_a_record_that_somebody_made_newer_is_taken_instead_of_a_second_try() {
    let mut line = answering(OAUTH, u32::MAX, 400, NO);
    let now = line.rig.clock.now();
    let mut newer = line.rig.stored();
    newer.current.generation = newer.current.generation.next();
    newer.write_id = lamplighter_core::id::WriteId([8; 16]);
    newer.current.tokens.insert("access".parse().unwrap(), held("canary-of-another", 3600, now));
    line.replace(&newer);
    line.pass(6 * MIN);
    assert_eq!(line.rig.requests.len(), 1, "the other one's is good");
    assert_eq!(line.rig.token(), "canary-of-another");
    line.is_fine();
}

#[test]
fn f14_a_throttle_that_calls_itself_a_rejection_is_survived_and_brings_one_generation() {
    let throttle = r#"{"error":"invalid_grant","error_codes":[50196]}"#;
    let mut line = answering(OAUTH, 1, 400, throttle);
    line.record_is_unchanged();
    line.waits("refused once");
    line.pass(6 * MIN);
    line.record_is_one_newer();
    line.is_fine();
}

#[test]
fn f15_wrong_settings_of_an_app_are_called_that_and_cost_no_login() {
    for (status, body) in
        [(401, r#"{"error":"invalid_client"}"#), (400, r#"{"error":"unauthorized_client"}"#)]
    {
        let mut line = answering(OAUTH, u32::MAX, status, body);
        assert_eq!(line.end(), End::AppRejected);
        line.record_is_unchanged();
        assert!(matches!(line.session(), Session::Blocked { why: Block::AppSettings, .. }));
        let told = line.tells("app settings");
        assert_eq!(told.code, Code::Blocked);
        assert!(told.cure.unwrap().contains("lamp secret set work client_secret"));
        line.pass(24 * 60 * MIN);
        assert_eq!(line.rig.requests.len(), 1, "it is not tried again as it is");
        line.record_is_unchanged();
    }
}

#[test]
fn f16_a_no_with_status_200_is_a_no() {
    let listed = OAUTH.replace("[answers]", "[answers]\nrejected = [\"bad_refresh_token\"]");
    let mut line = answering(&listed, 1, 200, r#"{"error":"bad_refresh_token"}"#);
    assert_eq!(line.end(), End::Rejected { last: false, lost: false });
    line.record_is_unchanged();
    line.waits("refused once");
    line.pass(6 * MIN);
    line.record_is_one_newer();
    line.is_fine();
    // A code that nobody has heard of is no logout: what it was is told.
    let line = answering(OAUTH, u32::MAX, 200, r#"{"error":"never_heard_of"}"#);
    assert!(matches!(line.end(), End::Refused { status: 200, .. }));
    line.record_is_unchanged();
    line.waits("never_heard_of");
}

#[test]
fn f16_ok_false_is_a_no_and_its_throttle_is_none() {
    let pairs = PAIRS.replace("[answers]", "[answers]\nthrottled = [\"ratelimited\"]");
    let provider = crate::machines::rig::provider(&pairs);
    assert_eq!(provider.answers.throttled, ["ratelimited"]);
    let one = OAUTH.replace(
        "[answers]",
        "[answers]\nerror = { json = \"ok\", equals = false }\nthrottled = [\"ratelimited\"]\n\
         rejected = [\"invalid_refresh_token\"]\n#",
    );
    let one = one.replace("throttled = [\"slow_down_please\"]\n", "");
    let line = answering(&one, u32::MAX, 200, r#"{"ok":false,"error":"ratelimited"}"#);
    assert!(matches!(line.end(), End::Transient { .. }), "{:?}", line.end());
    line.record_is_unchanged();
    line.waits("ratelimited");
    let line = answering(&one, u32::MAX, 200, r#"{"ok":false,"error":"invalid_refresh_token"}"#);
    assert_eq!(line.end(), End::Rejected { last: false, lost: false });
    line.record_is_unchanged();
}

#[test]
fn f50_f52_a_login_that_was_used_up_elsewhere_or_revoked_is_over_within_one_confirmation() {
    let mut line = answering(OAUTH, u32::MAX, 400, NO);
    line.pass(6 * MIN);
    assert_eq!((line.rig.requests.len(), line.toasts.len()), (2, 1), "one confirmation, one toast");
    let told = line.tells("ended the session");
    // Which of the two it was nobody can know; what helps in each case is said.
    let cure = told.cure.unwrap();
    assert!(cure.starts_with("Reconnect; it takes a minute.") && cure.contains("used elsewhere"), "{cure}");
    assert_eq!(line.standing(), Standing::NeedsYou);
    line.record_is_unchanged();
    // A code that needs no confirmation.
    let line = answering(OAUTH, u32::MAX, 400, r#"{"error":"account_closed"}"#);
    assert!(matches!(line.session(), Session::Dead { reason: Death::Final, .. }));
    assert_eq!((line.rig.requests.len(), line.toasts.len()), (1, 1));
    line.tells("ended the session");
    line.record_is_unchanged();
}
