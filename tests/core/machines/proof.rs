//! Proof: what a probe says of new material and of old (I6, F25, F34, F35).

use std::cell::Cell;
use std::rc::Rc;

use lamplighter_core::refresh::{Doubt, End, Purpose};

use super::COOKIES;
use super::rig::{Rig, json, reply};

/// A site whose probe passes with the token named.
fn site(rig: &mut Rig, is_alive: Rc<Cell<bool>>) {
    rig.answers = Box::new(move |request, now| match request.url.path() {
        "/api/session" => reply(
            200,
            &[("content-type", "application/json"), ("set-cookie", "sid=new; Path=/")],
            r#"{"access_token":"canary-a2"}"#,
            now,
        ),
        _ if is_alive.get() => json(200, r#"{"email":"ana@example.com"}"#, now),
        _ => json(401, "{}", now),
    });
}

#[test]
fn i6_a_passed_probe_drops_the_older_material_and_tells_the_person() {
    let mut rig = Rig::new(COOKIES);
    site(&mut rig, Rc::new(Cell::new(true)));
    assert_eq!(rig.refresh().end, End::Renewed { probe: Some(true) });
    let record = rig.stored();
    assert!(record.current.is_proven && record.proven.is_none());
    assert_eq!(record.identity.as_deref(), Some("ana@example.com"));
}

#[test]
fn i6_a_failed_probe_keeps_the_older_material_which_comes_back_when_it_passes() {
    let mut rig = Rig::new(COOKIES);
    rig.answers = Box::new(|request, now| match request.url.path() {
        "/api/session" => reply(
            200,
            &[("content-type", "application/json"), ("set-cookie", "sid=new; Path=/")],
            r#"{"access_token":"canary-a2"}"#,
            now,
        ),
        // Only without the new cookie: the service has spoilt the session with its own answer (F34).
        _ if request.headers.iter().any(|(name, _)| name == "Cookie") => json(401, "{}", now),
        _ => json(200, r#"{"email":"ana@example.com"}"#, now),
    });
    assert_eq!(rig.refresh().end, End::Renewed { probe: Some(false) });
    let suspect = rig.stored();
    assert!(!suspect.current.is_proven && suspect.proven.is_some());
    let basis = suspect.current.generation;
    let summary = rig.run(Purpose::Confirm { why: Doubt::ProbeFailed, basis });
    assert_eq!(summary.end, End::Proven);
    let back = rig.stored();
    assert_eq!(back.current.generation.0, 3, "N + 2");
    assert!(back.current.is_proven && back.current.jar.is_empty() && back.proven.is_none());
}

#[test]
fn f25_a_doubted_session_is_probed_three_times_over_thirty_seconds() {
    let mut rig = Rig::new(COOKIES);
    let mut asked = 0;
    rig.answers = Box::new(move |_, now| {
        asked += 1;
        if asked < 3 { json(401, "{}", now) } else { json(200, r#"{"email":"ana@example.com"}"#, now) }
    });
    let before = rig.clock.now();
    let basis = rig.stored().current.generation;
    let summary = rig.run(Purpose::Confirm { why: Doubt::ProbeFailed, basis });
    assert_eq!(summary.end, End::Proven);
    assert!(rig.clock.now().wall.since(before.wall).as_secs() >= 30);
}

#[test]
fn f35_a_login_page_behind_a_good_answer_ends_as_rejected_not_as_ok() {
    let mut rig = Rig::new(COOKIES);
    site(&mut rig, Rc::new(Cell::new(false)));
    assert_eq!(rig.refresh().end, End::Renewed { probe: Some(false) });
    // The older material says the same.
    let basis = rig.stored().current.generation;
    let summary = rig.run(Purpose::Confirm { why: Doubt::ProbeFailed, basis });
    assert!(matches!(summary.end, End::Rejected { .. }), "{summary:?}");
}

#[test]
fn a_probe_without_an_answer_says_nothing() {
    let mut rig = Rig::new(COOKIES);
    rig.answers = Box::new(|_, now| json(502, "bad gateway", now));
    assert_eq!(rig.run(Purpose::Probe).end, End::ProbeSilent);
}

#[test]
fn f61_another_person_is_noticed() {
    let mut rig = Rig::new(COOKIES);
    let alive = Rc::new(Cell::new(true));
    site(&mut rig, Rc::clone(&alive));
    rig.refresh();
    rig.answers = Box::new(|_, now| json(200, r#"{"email":"bob@example.com"}"#, now));
    assert_eq!(rig.run(Purpose::Probe).end, End::WrongPerson { now: "bob@example.com".to_owned() });
}

#[test]
fn f34_a_spoilt_answer_that_no_probe_saw_costs_no_login_when_the_next_refresh_is_refused() {
    let mut rig = Rig::new(COOKIES);
    // The answer spoils the session; the network goes before the probe.
    rig.answers = Box::new(|request, now| match request.url.path() {
        "/api/session" => reply(
            200,
            &[("content-type", "application/json"), ("set-cookie", "sid=spoilt; Path=/")],
            r#"{"access_token":"canary-a2"}"#,
            now,
        ),
        _ => super::rig::not_sent(lamplighter_core::exchange::NotSent::Connect, now),
    });
    assert_eq!(rig.refresh().end, End::Renewed { probe: None });
    assert!(!rig.stored().current.is_proven && rig.stored().proven.is_some());
    // From now on whoever brings the spoilt cookie is refused.
    rig.answers = Box::new(|request, now| {
        let is_spoilt = request.headers.iter().any(|(name, _)| name == "Cookie");
        match request.url.path() {
            _ if is_spoilt => json(401, "{}", now),
            "/api/session" => json(200, r#"{"access_token":"canary-a3"}"#, now),
            _ => json(200, r#"{"email":"ana@example.com"}"#, now),
        }
    });
    assert!(matches!(rig.refresh().end, End::Rejected { .. }));
    let basis = rig.stored().current.generation;
    assert_eq!(rig.run(Purpose::Confirm { why: Doubt::Rejected, basis }).end, End::Proven);
    assert!(
        rig.stored().current.is_proven && rig.stored().current.jar.is_empty(),
        "the older material is back"
    );
    assert_eq!(rig.refresh().end, End::Renewed { probe: Some(true) });
}
