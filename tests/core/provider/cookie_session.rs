//! A session that is a cookie, and that each visit makes longer: its value stays, its end moves.

use std::time::Duration;

use lamplighter_core::exchange::{BrowserEnd, BrowserResult};
use lamplighter_core::provider::model::Field;
use lamplighter_core::provider::{Answer, ExtractError, Scratch, parse};
use lamplighter_core::secret::Secret;
use url::Url;

use super::support::{Account, json, later, now};

const BASE: &str = "https://web.example.com";
const TWO_WEEKS: &[u8] = b"sessionid=s1; Path=/; Secure; HttpOnly; Max-Age=1209600";

/// Signed in with a cookie that was set just now.
fn account() -> Account {
    let id = "django-allauth".parse().expect("an id");
    let provider = parse(id, include_str!("../../../docs/examples/django-allauth.toml"));
    let mut account =
        Account::new(provider.unwrap_or_else(|mistakes| panic!("{mistakes:?}")), &[("base", BASE)], &[]);
    account.material.jar.receive(&base(), TWO_WEEKS, now().wall);
    let saved = {
        let bound = account.bound();
        let save = &account.provider.rungs[0].steps()[0].save;
        bound.save_from_page(save, &[], &account.material, &Scratch::default(), now())
    };
    let saved = saved.unwrap_or_else(|error| panic!("{error}"));
    let mut material = account.material.duplicate();
    saved.apply(&account.bound(), &mut material, &mut Scratch::default(), now());
    account.material = material;
    account
}

fn base() -> Url {
    Url::parse(BASE).expect("an address")
}

fn session() -> Field {
    Field::Token("session".parse().expect("a name"))
}

#[test]
fn f24_a_reply_that_brought_no_cookie_does_not_renew_the_one_that_is_held() {
    let account = account();
    let save = &account.provider.rungs[0].steps()[0].save;
    let at = later(3_600_000);
    let reply = json(200, "{}");
    let (bound, scratch) = (account.bound(), Scratch::default());
    let stale = bound.save_from_answer(save, &Answer::read(&reply, None), &account.material, &scratch, at);
    assert_eq!(stale.err(), Some(ExtractError::NotNewer(session())));

    let mut material = account.material.duplicate();
    material.jar.receive(&base(), TWO_WEEKS, at.wall);
    let mut reply = json(200, "{}");
    reply.headers.push(("set-cookie".to_owned(), Secret::new(TWO_WEEKS)));
    let longer = bound.save_from_answer(save, &Answer::read(&reply, None), &material, &scratch, at);
    let longer = longer.unwrap_or_else(|error| panic!("{error}"));
    let left = longer.values[0].expiry.map(|expiry| expiry.left(at));
    assert_eq!(left, Some(Duration::from_secs(1_209_600)));
}

#[test]
fn f24_a_visit_that_made_the_same_cookie_longer_renewed_it_and_one_that_did_not_has_not() {
    let account = account();
    let rung = &account.provider.rungs[1];
    let at = later(3_600_000);
    let visit = BrowserResult {
        end: BrowserEnd::Ready,
        url: Some(base()),
        cookies: None,
        storage: Some(Vec::new()),
        request_headers: Vec::new(),
        user_agent: None,
        took: Duration::from_secs(1),
        at,
    };
    let bound = account.bound();
    let before = &account.material;
    let given = bound.visit(rung, before, Duration::from_secs(60)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(given.cookies.len(), 1, "the session itself goes along");
    let stale = bound.save_from_visit(&rung.save, &visit, before, before, at);
    assert_eq!(stale.err(), Some(ExtractError::NotNewer(session())));

    let mut after = before.duplicate();
    after.jar.receive(&base(), TWO_WEEKS, at.wall);
    assert!(bound.save_from_visit(&rung.save, &visit, &after, before, at).is_ok());
}
