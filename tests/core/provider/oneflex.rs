//! S0: a 15-minute token, no refresh end point.

use std::time::Duration;

use lamplighter_core::exchange::{BrowserCondition, BrowserEnd, BrowserResult};
use lamplighter_core::provider::model::{Field, Strategy};
use lamplighter_core::provider::{Answer, ExtractError, RenderError, Scratch, Verdict};
use lamplighter_core::record::{StorageArea, StorageItem};
use url::Url;

use super::support::{self, Account, START, json, jwt, later, now, wire};

const BASE: &str = "https://flex.example.com";

fn account() -> Account {
    let mut account =
        Account::new(support::provider("oneflex"), &[("base", "https://flex.example.com/")], &[]);
    let url = Url::parse(BASE).expect("an address");
    account.material.jar.receive(&url, b"sid=s1; Secure; HttpOnly; Path=/", now().wall);
    account.material.jar.receive(
        &Url::parse("https://sso.example.net").expect("an address"),
        b"dev=d1; Secure",
        now().wall,
    );
    account.material.storage = vec![item("access_token", "old"), item("theme", "dark")];
    account.token("access", "old")
}

fn item(key: &str, value: &str) -> StorageItem {
    StorageItem { origin: BASE.into(), area: StorageArea::Local, key: key.into(), value: value.into() }
}

fn visit_with(storage: Vec<StorageItem>) -> BrowserResult {
    BrowserResult {
        end: BrowserEnd::Ready,
        url: Url::parse(BASE).ok(),
        cookies: None,
        storage: Some(storage),
        request_headers: Vec::new(),
        user_agent: None,
        took: Duration::from_secs(1),
        at: now(),
    }
}

#[test]
fn s0_2_the_cheap_rung_sends_the_cookies_and_nothing_else() {
    let account = account();
    let step = &account.provider.rungs[0].steps()[0];
    let request = account.bound().request(step, &account.material, &Scratch::default(), None, now());
    let request = request.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(wire(&request), "GET https://flex.example.com/api/session\nCookie: sid=s1");
    assert!(!account.provider.rungs[0].spends(0), "a GET without a credential spends nothing");
    assert!(account.provider.rungs[1].spends(0), "a browser always does");
}

#[test]
fn s0_2_its_answer_brings_a_token_that_ends_when_its_jwt_says() {
    let account = account();
    let token = jwt(&format!(r#"{{"iat":{0},"exp":{1}}}"#, START / 1000, START / 1000 + 900));
    let reply = json(200, &format!(r#"{{"access_token":"{token}"}}"#));
    let answer = Answer::read(&reply, None);
    let (bound, scratch) = (account.bound(), Scratch::default());
    let save = &account.provider.rungs[0].steps()[0].save;
    let saved = bound.save_from_answer(save, &answer, &account.material, &scratch, now());
    let saved = saved.unwrap_or_else(|error| panic!("{error}"));
    let life = saved.values[0].expiry.map(|expiry| expiry.life());
    assert_eq!(life, Some(Duration::from_secs(900)));
    assert_eq!(saved.warnings, []);
}

#[test]
fn a_field_of_web_storage_is_written_back_there_when_another_rung_changes_it() {
    let mut account = account();
    let reply = json(200, r#"{"access_token":"new"}"#);
    let mut material = account.material.duplicate();
    {
        let (bound, mut scratch) = (account.bound(), Scratch::default());
        let save = &account.provider.rungs[0].steps()[0].save;
        let saved = bound.save_from_answer(save, &Answer::read(&reply, None), &material, &scratch, now());
        let saved = saved.unwrap_or_else(|error| panic!("{error}"));
        assert!(saved.has(&Field::Token("access".parse().expect("a name"))));
        saved.apply(&bound, &mut material, &mut scratch, now());
    }
    account.material = material;
    let in_storage = account.material.storage.iter().find(|item| item.key == "access_token");
    assert_eq!(in_storage.and_then(|item| item.value.expose_str()), Some("new"));
    assert_eq!(account.material.storage.len(), 2, "nothing of our own making is added");
}

#[test]
fn s0_2_chrome_gets_cookies_and_storage_without_the_token_that_it_is_to_mint() {
    let account = account();
    let visit =
        account.bound().visit(&account.provider.rungs[1], &account.material, Duration::from_secs(120));
    let visit = visit.unwrap_or_else(|error| panic!("{error}"));
    let keys: Vec<&str> = visit.storage.iter().map(|item| item.key.as_str()).collect();
    assert_eq!(keys, ["theme"], "a page that still has a good token mints none");
    let cookies: Vec<&str> = visit.cookies.iter().map(|cookie| cookie.name.as_str()).collect();
    assert_eq!(cookies, ["sid"], "other hosts' cookies stay here");
    let [BrowserCondition::Storage { key, not, .. }] = visit.ready.as_slice() else {
        panic!("one condition")
    };
    assert_eq!(key, "access_token");
    assert_eq!(
        *not,
        Some(lamplighter_core::secret::Secret::from("old").digest()),
        "the old value does not count"
    );
    let [BrowserCondition::Url(dead)] = visit.dead.as_slice() else { panic!("one condition") };
    assert_eq!(dead, "*/login*");
}

#[test]
fn s0_2_a_page_that_shows_the_old_token_or_one_that_ends_sooner_is_not_ready() {
    let old = jwt(&format!(r#"{{"iat":{0},"exp":{1}}}"#, START / 1000, START / 1000 + 900));
    let sooner = jwt(&format!(r#"{{"iat":{0},"exp":{1},"n":2}}"#, START / 1000, START / 1000 + 800));
    let newer = jwt(&format!(r#"{{"iat":{0},"exp":{1}}}"#, START / 1000 + 300, START / 1000 + 1200));
    let account = account();
    let (bound, rung, at) = (account.bound(), &account.provider.rungs[1], later(300_000));
    let mut before = account.material.duplicate();
    let take = |before: &lamplighter_core::record::Material, token: &str| {
        let mut material = before.duplicate();
        let given =
            bound.visit(rung, before, Duration::from_secs(120)).unwrap_or_else(|error| panic!("{error}"));
        let visit = visit_with(vec![item("access_token", token)]);
        assert!(bound.take_page(&mut material, &visit, &given) || token == old);
        let saved = bound.save_from_visit(&rung.save, &visit, &material, before, at);
        saved
            .map(|saved| saved.apply(&bound, &mut material, &mut Scratch::default(), now()))
            .map(|()| material)
    };
    before = take(&before, &old).unwrap_or_else(|error| panic!("{error}"));
    let field = Field::Token("access".parse().expect("a name"));
    for token in [&old, &sooner] {
        assert_eq!(take(&before, token).err(), Some(ExtractError::NotNewer(field.clone())));
    }
    assert!(take(&before, &newer).is_ok());
    let Strategy::Browser { restore_all, .. } = rung.strategy else {
        panic!("the second rung is the browser")
    };
    assert!(!restore_all);
}

#[test]
fn a_probe_passes_with_an_identity_fails_on_401_and_says_nothing_otherwise() {
    let account = account();
    let (bound, probe) = (account.bound(), &account.provider.probes[0]);
    let verdict = |status, body: &str, url: &str| {
        let reply = json(status, body);
        bound.probe_verdict(probe, &Answer::read(&reply, Url::parse(url).ok()), &account.material)
    };
    let me = "https://flex.example.com/api/me";
    let passed = Verdict::Passed { identity: "ada@example.com".into() };
    assert_eq!(verdict(200, r#"{"email":"ada@example.com"}"#, me), passed);
    assert_eq!(verdict(401, "{}", me), Verdict::Failed);
    assert_eq!(verdict(200, "{}", "https://flex.example.com/login?next=/"), Verdict::Failed);
    assert_eq!(verdict(200, "{}", me), Verdict::SaysNothing, "no identity, no proof");
    assert_eq!(verdict(200, "<html>portal</html>", me), Verdict::SaysNothing);
    assert_eq!(verdict(503, "{}", me), Verdict::SaysNothing);
}

#[test]
fn f35_a_redirect_to_the_login_page_that_was_not_followed_is_dead() {
    let account = account();
    let mut reply = support::reply(302, "text/html", "");
    reply.headers.push(("location".into(), "/login?next=%2F".into()));
    let answer = Answer::read(&reply, Url::parse("https://flex.example.com/api/session").ok());
    assert!(account.bound().is_dead(&answer, &account.material));
}

#[test]
fn t12_nothing_is_sent_to_a_host_that_is_not_listed_or_not_agreed_to() {
    let account = account();
    let away = Url::parse("https://flex.example.com.evil.test/").expect("an address");
    let followed = account.bound().follow(away, &account.material, now());
    assert_eq!(followed.err(), Some(RenderError::HostNotAllowed("flex.example.com.evil.test".into())));
    let step = &account.provider.rungs[0].steps()[0];
    let bound = account.bound().agreed(&["https://old.example.com".into()]);
    let request = bound.request(step, &account.material, &Scratch::default(), None, now());
    assert_eq!(request.err(), Some(RenderError::HostNotAllowed("flex.example.com".into())), "t23");
    assert_eq!(bound.hosts_not_agreed(&["https://old.example.com".into()]), ["https://flex.example.com"]);
}

#[test]
fn an_address_with_a_path_gives_its_host_and_keeps_its_path() {
    let account =
        Account::new(support::provider("oneflex"), &[("base", "https://example.com:8443/flex/")], &[])
            .token("access", "t");
    assert_eq!(account.bound().hosts().texts(), ["https://example.com:8443"]);
    let probe = &account.provider.probes[0].request;
    let request = account.bound().request(probe, &account.material, &Scratch::default(), None, now());
    let request = request.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(wire(&request), "GET https://example.com:8443/flex/api/me\nAuthorization: Bearer t");
}
