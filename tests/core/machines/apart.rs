//! Two chains in one record: what is proven or brought back of one says nothing of the other (I6).

use lamplighter_core::id::{ChainName, Generation};
use lamplighter_core::record::{Material, Record, StorageArea, StorageItem};
use lamplighter_core::refresh::{Doubt, End, Purpose};

use super::PAIRS;
use super::rig::{Rig, body, held, json, minted, shown};

fn chain(name: &str) -> ChainName {
    name.parse().unwrap()
}

/// Both chains at this number.
fn material(rig: &Rig, generation: u64, bot: u32, user: u32) -> Material {
    let now = rig.clock.now();
    let mut material = Material::empty(Generation(generation));
    for (name, number) in [("bot", bot), ("user", user)] {
        let token = held(&format!("canary-{name}-a{number}"), 3600, now);
        material.tokens.insert(name.parse().unwrap(), token);
        let credential = held(&format!("canary-{name}-r{number}"), 360_000, now);
        material.credentials.insert(chain(name), credential);
    }
    material
}

/// Neither chain's newest is proven.
fn unproven() -> Rig {
    let mut rig = Rig::new(&PAIRS.replace("auth.test", "me"));
    rig.chain = chain("user");
    let current = material(&rig, 5, 2, 2);
    let mut proven = material(&rig, 4, 1, 1);
    proven.is_proven = true;
    let record = Record { current, proven: Some(proven), ..rig.record() };
    rig.put(&record);
    rig
}

fn credential(material: &Material, name: &str) -> String {
    shown(&material.credentials[&chain(name)].value)
}

/// A service that takes these tokens.
fn takes(rig: &mut Rig, good: &'static str) {
    rig.answers = Box::new(move |request, now| {
        let is_good = request.headers.iter().any(|(_, value)| shown(value).ends_with(good));
        let said = if is_good {
            r#"{"ok":true,"email":"ana@example.com"}"#
        } else {
            r#"{"ok":false,"error":"invalid_auth"}"#
        };
        json(200, said, now)
    });
}

#[test]
fn i6_what_comes_back_of_one_chain_takes_nothing_from_the_other() {
    for is_spent in [true, false] {
        let mut rig = unproven();
        let mut record = rig.stored();
        if is_spent {
            record.proven.as_mut().unwrap().spent.insert(chain("bot"));
        }
        rig.put(&record);
        takes(&mut rig, "user-a1");
        let why = Doubt::ProbeFailed;
        let summary = rig.run(Purpose::Confirm { why, basis: Generation(5) });
        assert_eq!(summary.end, End::Proven, "{:?}", rig.trace);
        let back = rig.stored();
        assert_eq!(credential(&back.current, "user"), "canary-user-r1");
        assert_eq!(credential(&back.current, "bot"), "canary-bot-r2", "it was brought meanwhile");
        assert!(back.current.spent.is_empty(), "nothing of it is lost");
        // What was never proven and could be spoilt keeps what was there before.
        assert_eq!(back.current.is_proven, is_spent);
        let beside = back.proven.map(|older| credential(&older, "bot"));
        assert_eq!(beside.as_deref(), (!is_spent).then_some("canary-bot-r1"));
    }
}

#[test]
fn i6_a_pass_of_one_chain_proves_that_one_alone() {
    let mut rig = unproven();
    takes(&mut rig, "user-a2");
    let why = Doubt::ProbeFailed;
    assert_eq!(rig.run(Purpose::Confirm { why, basis: Generation(5) }).end, End::Proven);
    let record = rig.stored();
    let older = record.proven.expect("bot’s is not proven");
    assert_eq!(credential(&older, "bot"), "canary-bot-r1");
    assert_eq!(credential(&older, "user"), "canary-user-r2", "this one is");
    assert!(older.is_proven && !record.current.is_proven);
    // Asked of the whole account, both are.
    rig.answers = Box::new(|_, now| json(200, r#"{"ok":true,"email":"ana@example.com"}"#, now));
    assert_eq!(rig.run(Purpose::Probe).end, End::Proven);
    assert!(rig.stored().current.is_proven && rig.stored().proven.is_none());
}

#[test]
fn i6_a_renewal_of_one_chain_leaves_the_others_older_material() {
    let mut rig = unproven();
    rig.answers = Box::new(|_, now| {
        let said = r#"{"ok":true,"access_token":"canary-user-a3","refresh_token":"canary-user-r3","expires_in":3600}"#;
        json(200, said, now)
    });
    assert!(matches!(rig.refresh().end, End::Renewed { .. }));
    let record = rig.stored();
    assert_eq!(credential(&record.current, "user"), "canary-user-r3");
    assert_eq!(credential(&record.current, "bot"), "canary-bot-r2");
    let older = record.proven.expect("bot’s is not proven");
    assert_eq!(
        (credential(&older, "bot"), credential(&older, "user")),
        ("canary-bot-r1".into(), "canary-user-r3".into())
    );
}

/// One chain that is renewed with cookies, beside one that is not.
const MIXED: &str = r#"
format = 1
name = "Mixed"
hosts = ["id.example.com", "app.example.com"]
[oauth]
authorize = "https://id.example.com/authorize"
token = "https://id.example.com/token"
client_id = "lamp"
client_auth = "none"
[[login]]
kind = "oauth"
save = { "token.user" = "json:access_token", "refresh.user" = "json:refresh_token" }
[tokens.site]
chain = "site"
expires = ["15m"]
[tokens.user]
chain = "user"
expires = ["json:expires_in", "12h"]
[[refresh]]
chain = "site"
strategy = "http"
[[refresh.steps]]
method = "GET"
url = "https://app.example.com/api/session"
auth = "cookies"
save = { "token.site" = "json:access_token" }
[[refresh]]
chain = "user"
strategy = "oauth"
save = { "token.user" = "json:access_token", "refresh.user" = "json:refresh_token" }
"#;

/// Newer cookies, which were never proven, beside older ones.
fn mixed() -> Rig {
    let mut rig = Rig::new(MIXED);
    let at = "https://app.example.com/".parse().unwrap();
    let now = rig.clock.now();
    let of = |generation, sid: &str| {
        let mut material = Material::empty(Generation(generation));
        material.jar.receive(&at, format!("sid={sid}; Path=/").as_bytes(), now.wall);
        let item = |value: &str| StorageItem {
            origin: "https://app.example.com".to_owned(),
            area: StorageArea::Local,
            key: "who".to_owned(),
            value: value.into(),
        };
        material.storage.push(item(sid));
        material.tokens.insert("site".parse().unwrap(), held("canary-site-a1", 3600, now));
        material.tokens.insert("user".parse().unwrap(), held("canary-user-a1", 3600, now));
        material.credentials.insert(chain("user"), held("canary-user-r1", 360_000, now));
        material
    };
    let (current, mut proven) = (of(5, "canary-nobody"), of(4, "canary-ours"));
    proven.is_proven = true;
    rig.put(&Record { current, proven: Some(proven), ..rig.record() });
    rig
}

/// The session's cookie, and what the page has stored.
fn sid(material: &Material) -> (String, String) {
    let item = material.storage.first().map(|item| shown(&item.value));
    (shown(&material.jar.cookies[0].value), item.unwrap_or_default())
}

fn both(sid: &str) -> (String, String) {
    (sid.to_owned(), sid.to_owned())
}

#[test]
fn i6_a_renewal_without_cookies_says_nothing_of_the_cookies() {
    let mut rig = mixed();
    rig.chain = chain("user");
    for number in [2, 3] {
        rig.answers = Box::new(move |_, now| minted(number, now));
        assert!(matches!(rig.refresh().end, End::Renewed { .. }));
        let record = rig.stored();
        let older = record.proven.expect("nothing has proven the cookies");
        assert_eq!((sid(&record.current), sid(&older)), (both("canary-nobody"), both("canary-ours")));
        assert_eq!(credential(&older, "user"), format!("canary-r{number}"));
        assert!(older.is_proven && !record.current.is_proven);
    }
    // The site takes the older ones alone.
    rig.chain = chain("site");
    rig.answers = Box::new(|request, now| {
        let is_ours = request.headers.iter().any(|(_, value)| shown(value).contains("canary-ours"));
        json(if is_ours { 200 } else { 401 }, r#"{"access_token":"canary-site-a2"}"#, now)
    });
    let basis = rig.stored().current.generation;
    let summary = rig.run(Purpose::Confirm { why: Doubt::Rejected, basis });
    assert!(matches!(summary.end, End::Renewed { .. } | End::Proven), "{summary:?}");
    let record = rig.stored();
    assert_eq!(sid(&record.current), both("canary-ours"));
    assert_eq!(credential(&record.current, "user"), "canary-r3");
    assert!(record.current.is_proven && record.proven.is_none());
}

#[test]
fn i6_what_comes_back_without_cookies_takes_none_from_the_chain_that_uses_them() {
    let mut rig = mixed();
    let mut record = rig.stored();
    record.current.credentials.insert(chain("user"), held("canary-user-r2", 360_000, rig.clock.now()));
    rig.put(&record);
    rig.chain = chain("user");
    rig.answers = Box::new(|request, now| match body(request).contains("canary-user-r1") {
        true => minted(3, now),
        false => json(400, r#"{"error":"invalid_grant"}"#, now),
    });
    let basis = rig.stored().current.generation;
    let summary = rig.run(Purpose::Confirm { why: Doubt::Rejected, basis });
    assert!(matches!(summary.end, End::Renewed { .. }), "{summary:?}");
    let record = rig.stored();
    assert_eq!(credential(&record.current, "user"), "canary-r3");
    let older = record.proven.expect("nothing has proven the cookies");
    assert_eq!((sid(&record.current), sid(&older)), (both("canary-nobody"), both("canary-ours")));
}
