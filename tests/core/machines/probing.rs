//! Which probes are asked, how often, and what their answers change (I6, F25, F61).

use std::collections::BTreeSet;

use lamplighter_core::exchange::NoReply;
use lamplighter_core::id::{ChainName, Generation};
use lamplighter_core::record::Record;
use lamplighter_core::refresh::{Doubt, End, Purpose};

use super::rig::{Rig, cut, held, json, minted, reply};
use super::{COOKIES, OAUTH, PAIRS};

const ANA: &str = r#"{"email":"ana@example.com"}"#;
/// A second probe, at another address.
const SECOND: &str = "[[probe]]\nrequest = { method = \"GET\", url = \"https://app.example.com/api/too\", auth = \"cookies\" }\n";

fn cookies() -> Rig {
    let mut rig = Rig::new(COOKIES);
    rig.answers = Box::new(|_, now| json(200, ANA, now));
    rig
}

/// Changes what is stored before anything runs.
fn stored(rig: &mut Rig, change: impl FnOnce(&mut Record)) {
    let mut record = rig.stored();
    change(&mut record);
    rig.put(&record);
}

fn confirm(rig: &mut Rig) -> End {
    let basis = rig.stored().current.generation;
    rig.run(Purpose::Confirm { why: Doubt::ProbeFailed, basis }).end
}

/// [`PAIRS`] with a token of each of these chains.
fn pairs(chains: &[&str]) -> Rig {
    // The rig knows by the address that a probe spends nothing.
    let mut rig = Rig::new(&PAIRS.replace("auth.test", "auth/me"));
    let now = rig.clock.now();
    stored(&mut rig, |record| {
        record.current.tokens.clear();
        record.current.credentials.clear();
        for chain in chains {
            record.current.tokens.insert(chain.parse().unwrap(), held(&format!("canary-{chain}"), 3600, now));
            record.current.credentials.insert(chain.parse().unwrap(), held("canary-r", 36000, now));
        }
    });
    rig.answers = Box::new(|request, now| {
        let (_, token) = request.headers.iter().find(|(name, _)| name == "Authorization").unwrap();
        let token = super::rig::shown(token);
        json(
            200,
            if token.contains("user") {
                r#"{"ok":true,"email":"user"}"#
            } else {
                r#"{"ok":true,"email":"bot"}"#
            },
            now,
        )
    });
    rig
}

#[test]
fn every_chain_that_has_a_token_is_asked_about_and_no_other() {
    for (chains, count) in [(&["bot", "user"][..], 2), (&["bot"], 1), (&["user"], 1)] {
        let mut rig = pairs(chains);
        rig.chain = "bot".parse().unwrap();
        let end = rig.run(Purpose::Probe).end;
        assert_eq!((end, rig.requests.len()), (End::Proven, count), "{chains:?}");
    }
}

#[test]
fn a_doubt_about_one_chain_asks_about_that_one() {
    for chain in ["bot", "user"] {
        let mut rig = pairs(&["bot", "user"]);
        rig.chain = chain.parse().unwrap();
        rig.answers = Box::new(move |request, now| {
            let (_, token) = request.headers.iter().find(|(name, _)| name == "Authorization").unwrap();
            assert!(super::rig::shown(token).contains(chain));
            json(200, r#"{"ok":true,"email":"x"}"#, now)
        });
        assert_eq!((confirm(&mut rig), rig.requests.len()), (End::Proven, 1), "{chain}");
    }
}

#[test]
fn a_probe_follows_five_redirects() {
    let mut rig = cookies();
    rig.answers = Box::new(|_, now| reply(302, &[("location", "/api/again")], "", now));
    assert_eq!(rig.run(Purpose::Probe).end, End::ProbeSilent);
    assert_eq!(rig.requests.len(), 6);
}

#[test]
fn f24_a_cookie_that_a_probe_moved_is_a_new_generation() {
    let mut rig = Rig::new(&COOKIES.replace("[dead]", &format!("{SECOND}[dead]")));
    rig.answers = Box::new(|request, now| {
        let value = if request.url.path() == "/api/me" { "canary-me" } else { "canary-too" };
        let cookie = format!("sid={value}; Path=/");
        reply(200, &[("content-type", "application/json"), ("set-cookie", &cookie)], ANA, now)
    });
    assert_eq!(rig.run(Purpose::Probe).end, End::Proven);
    let record = rig.stored();
    assert_eq!((record.current.generation, rig.requests.len()), (Generation(2), 2));
    assert_eq!(
        super::rig::shown(&record.current.jar.cookies[0].value),
        "canary-too",
        "the last that was asked"
    );
}

#[test]
fn a_probe_that_brings_nothing_new_writes_nothing() {
    let mut rig = cookies();
    stored(&mut rig, |record| record.identity = Some("ana@example.com".to_owned()));
    assert_eq!(rig.run(Purpose::Probe).end, End::Proven);
    assert!(!rig.trace.iter().any(|name| name == "save"), "{:?}", rig.trace);
}

#[test]
fn f61_the_first_identity_is_kept_with_the_same_material() {
    let mut rig = cookies();
    assert_eq!(rig.run(Purpose::Probe).end, End::Proven);
    let record = rig.stored();
    assert_eq!(
        (record.identity.as_deref(), record.current.generation),
        (Some("ana@example.com"), Generation(1))
    );
}

#[test]
fn f61_a_person_of_whom_less_is_told_is_the_same_one_and_stays_known_by_all() {
    let mut rig = cookies();
    stored(&mut rig, |record| record.identity = Some("ana@example.com T1".to_owned()));
    assert_eq!(rig.run(Purpose::Probe).end, End::Proven);
    assert_eq!(rig.stored().identity.as_deref(), Some("ana@example.com T1"));
    stored(&mut rig, |record| record.identity = Some("bob@example.com T1".to_owned()));
    assert!(matches!(rig.run(Purpose::Probe).end, End::WrongPerson { .. }));
}

#[test]
fn f61_a_probe_that_tells_no_person_makes_none_known() {
    let mut rig = Rig::new(&COOKIES.replace("identity = [\"json:email\"]\n", ""));
    rig.answers = Box::new(|_, now| json(200, "{}", now));
    assert_eq!(rig.run(Purpose::Probe).end, End::Proven);
    assert_eq!(rig.stored().identity, None);
}

/// The material in doubt, and the last that was proven beside it.
fn doubted(rig: &mut Rig) {
    stored(rig, |record| {
        let mut older = record.current.duplicate();
        older.tokens.clear();
        record.current.generation = Generation(2);
        record.current.is_proven = false;
        record.proven = Some(older);
    });
}

#[test]
fn f25_a_doubted_session_whose_probe_stays_silent_is_asked_three_times_and_not_judged() {
    let mut rig = cookies();
    doubted(&mut rig);
    rig.answers = Box::new(|_, now| cut(NoReply::Deadline, now));
    assert_eq!((confirm(&mut rig), rig.requests.len()), (End::ProbeSilent, 3));
}

#[test]
fn i6_nor_if_the_older_material_gets_no_answer() {
    let mut rig = cookies();
    doubted(&mut rig);
    let mut asked = 0;
    rig.answers = Box::new(move |_, now| {
        asked += 1;
        if asked <= 3 { json(401, "{}", now) } else { cut(NoReply::Deadline, now) }
    });
    assert_eq!((confirm(&mut rig), rig.requests.len()), (End::ProbeSilent, 4));
}

#[test]
fn i6_older_material_that_was_spent_does_not_come_back() {
    for is_spent in [true, false] {
        let mut rig = cookies();
        doubted(&mut rig);
        stored(&mut rig, |record| {
            let spent = &mut record.proven.as_mut().unwrap().spent;
            spent.extend(is_spent.then(ChainName::main));
        });
        let mut asked = 0;
        rig.answers = Box::new(move |_, now| {
            asked += 1;
            json(if asked <= 3 { 401 } else { 200 }, ANA, now)
        });
        let end = confirm(&mut rig);
        assert_eq!(end == End::Proven, !is_spent, "{end:?}");
        let fourth = if is_spent { "GET /api/session" } else { "GET /api/me" };
        assert_eq!(rig.requests[3], fourth, "the ladder, or the older material");
    }
}

#[test]
fn i6_older_material_that_passes_comes_back_whatever_the_newer_was_called() {
    let mut rig = cookies();
    doubted(&mut rig);
    stored(&mut rig, |record| {
        record.current.is_proven = true;
        record.identity = Some("ana@example.com".to_owned());
    });
    let mut asked = 0;
    rig.answers = Box::new(move |_, now| {
        asked += 1;
        json(if asked <= 3 { 401 } else { 200 }, ANA, now)
    });
    assert_eq!(confirm(&mut rig), End::Proven);
    let record = rig.stored();
    assert_eq!(record.current.generation, Generation(3));
    assert!(record.current.tokens.is_empty() && record.proven.is_none());
}

#[test]
fn f38_nothing_is_proven_while_the_store_refuses() {
    let mut rig = cookies();
    rig.answers = Box::new(|_, now| json(200, r#"{"access_token":"canary-a2","email":"ana"}"#, now));
    rig.store.fail_next(testkit::memory_store::Fault::Refuses(lamplighter_core::record::StoreError::Locked));
    assert_eq!(rig.refresh().end, End::Renewed { probe: None });
    assert_eq!(rig.requests, ["GET /api/session"]);
}

#[test]
fn what_oauth_has_minted_needs_no_probe() {
    let probe = "[[probe]]\nrequest = { method = \"GET\", url = \"https://id.example.com/me\", auth = \"token:access\" }\n";
    let mut rig = Rig::new(&format!("{OAUTH}\n{probe}"));
    rig.answers = Box::new(|_, now| minted(2, now));
    assert_eq!(rig.refresh().end, End::Renewed { probe: None });
    assert_eq!(rig.requests, ["POST /token"]);
    assert!(rig.stored().current.is_proven);
    assert_eq!(rig.stored().current.spent, BTreeSet::new());
}
