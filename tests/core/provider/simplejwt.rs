//! S4.5: a JSON refresh end point with rotation and blacklist.

use std::time::Duration;

use lamplighter_core::id::ChainName;
use lamplighter_core::provider::{Answer, Form, Scratch, Verdict};
use lamplighter_core::secret::Secret;
use lamplighter_core::time::Timestamp;

use super::support::{self, Account, START, json, jwt, now, wire};

fn claims(life: i64) -> String {
    jwt(&format!(
        r#"{{"token_type":"access","iat":{0},"exp":{1},"user_id":7}}"#,
        START / 1000,
        START / 1000 + life
    ))
}

fn account() -> Account {
    Account::new(support::provider("simplejwt"), &[("base", "http://127.0.0.1:8000")], &[])
        .token("access", &claims(300))
        .credential("main", "ref.re.sh")
}

#[test]
fn s4_5_a_refresh_posts_json_and_spends() {
    let account = account();
    let rung = &account.provider.rungs[0];
    let request =
        account.bound().request(&rung.steps()[0], &account.material, &Scratch::default(), None, now());
    let request = request.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        wire(&request),
        "POST http://127.0.0.1:8000/api/auth/token/refresh/\n\
         Content-Type: application/json\n\n{\"refresh\":\"ref.re.sh\"}"
    );
    assert!(rung.spends(0));
}

#[test]
fn what_a_person_types_goes_into_json_whatever_it_holds() {
    let account = account();
    let mut form = Form::new();
    form.insert("username".into(), "ada".into());
    form.insert("password".into(), "p\"a\\ss\n\u{e9}".into());
    let step = &account.provider.logins[0].steps[0];
    let request = account.bound().request(step, &account.material, &Scratch::default(), Some(&form), now());
    let body = request.ok().and_then(|request| request.body).expect("a body");
    let value: serde_json::Value = serde_json::from_slice(body.expose()).expect("JSON");
    assert_eq!(value, serde_json::json!({ "username": "ada", "password": "p\"a\\ss\n\u{e9}" }));
}

#[test]
fn s2_3_without_a_new_refresh_token_the_old_one_stays() {
    let mut account = account();
    let mut material = account.material.duplicate();
    let reply = json(200, &format!(r#"{{"access":"{}"}}"#, claims(300)));
    let (bound, mut scratch) = (account.bound(), Scratch::default());
    let save = &account.provider.rungs[0].steps()[0].save;
    let saved = bound.save_from_answer(save, &Answer::read(&reply, None), &material, &scratch, now());
    saved.unwrap_or_else(|error| panic!("{error}")).apply(&bound, &mut material, &mut scratch, now());
    drop(bound);
    account.material = material;
    let kept = account.material.credentials.get(&ChainName::main()).map(|held| held.value.duplicate());
    assert!(kept == Some(Secret::from("ref.re.sh")));
}

#[test]
fn f19_and_f44_the_end_is_read_from_the_jwt_by_the_servers_clock() {
    let account = account();
    let mut reply = json(200, &format!(r#"{{"access":"{}","refresh":"{}"}}"#, claims(300), claims(86_400)));
    // The server's clock says that 60 s of the 300 have passed; ours is right, and not asked.
    reply.date = Some(Timestamp(START + 60_000));
    let save = &account.provider.rungs[0].steps()[0].save;
    let (bound, scratch) = (account.bound(), Scratch::default());
    let saved = bound.save_from_answer(save, &Answer::read(&reply, None), &account.material, &scratch, now());
    let lives: Vec<_> = saved
        .unwrap_or_else(|error| panic!("{error}"))
        .values
        .iter()
        .map(|value| value.expiry.map(|expiry| expiry.life().as_secs()))
        .collect();
    assert_eq!(lives, [Some(240), Some(86_340)], "the credential's own end is known too");
}

#[test]
fn f44_a_clock_that_is_a_day_ahead_does_not_make_a_new_token_look_dead() {
    let account = account();
    let reply = json(200, &format!(r#"{{"access":"{}"}}"#, claims(300)));
    let save = &account.provider.rungs[0].steps()[0].save;
    let (bound, scratch) = (account.bound(), Scratch::default());
    for wrong_by_ms in [86_400_000, -86_400_000, -START] {
        let mut at = now();
        at.wall = Timestamp(START + wrong_by_ms);
        let saved =
            bound.save_from_answer(save, &Answer::read(&reply, None), &account.material, &scratch, at);
        let saved = saved.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(saved.values[0].expiry.map(|expiry| expiry.life()), Some(Duration::from_secs(300)));
    }
}

#[test]
fn the_person_is_read_from_the_token_when_verify_answers_with_nothing() {
    let account = account();
    let (bound, probe) = (account.bound(), &account.provider.probes[0]);
    let reply = json(200, "{}");
    let verdict = bound.probe_verdict(probe, &Answer::read(&reply, None), &account.material);
    assert_eq!(verdict, Verdict::Passed { identity: "7".into() });
    let reply = json(401, r#"{"detail":"Token is invalid","code":"token_not_valid"}"#);
    let answer = Answer::read(&reply, None);
    assert_eq!(bound.probe_verdict(probe, &answer, &account.material), Verdict::Failed);
    assert_eq!(answer.error_code(&account.provider.answers).as_deref(), Some("token_not_valid"));
}
