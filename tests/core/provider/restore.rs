//! What a browser is given and what is taken from it.

use lamplighter_core::provider::conditions::{is_there_at, matches_pattern};
use lamplighter_core::provider::hosts::Hosts;
use url::Url;

use super::support::{self, Account, now};

const FILE: &str = r#"
format = 1
name = "Devices"
hosts = ["app.example.com"]
device = ["trusted_device"]
[[login]]
kind = "webview"
url = "https://sso.example.net/start"
done = [{ cookie = "sid" }, { cookie = "trusted_device" }, { url = "*/home" }]
save = { "token.access" = "cookie:jwt" }
[tokens.access]
expires = ["cookie:jwt"]
[[refresh]]
strategy = "browser"
url = "https://app.example.com/#/home"
ready = [{ cookie = "jwt" }, { selector = "main .me" }]
save = { "token.access" = "cookie:jwt" }
"#;

fn account() -> Account {
    let mut account = Account::new(support::read(FILE), &[], &[]);
    let ours = Url::parse("https://app.example.com/").expect("an address");
    let other = Url::parse("https://sso.example.net/").expect("an address");
    for cookie in ["sid=s; Secure", "trusted_device=t; Secure", "jwt=j; Secure; Max-Age=600"] {
        account.material.jar.receive(&ours, cookie.as_bytes(), now().wall);
    }
    account.material.jar.receive(&other, b"sso=o; Secure", now().wall);
    account.token("access", "j")
}

#[test]
fn m7_a_login_gets_the_device_jar_and_nothing_of_the_session() {
    let account = account();
    let names: Vec<String> =
        account.bound().device_jar(&account.material).into_iter().map(|cookie| cookie.name).collect();
    assert_eq!(names, ["trusted_device", "sso"]);
}

#[test]
fn m2_a_device_cookie_that_was_there_before_does_not_count_as_a_login() {
    use lamplighter_core::exchange::BrowserCondition;
    let account = account();
    let bound = account.bound();
    let device = bound.device_jar(&account.material);
    let (url, done) =
        bound.login_page(&account.provider.logins[0], &device).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(url.as_str(), "https://sso.example.net/start");
    let nots: Vec<(String, bool)> = done
        .iter()
        .filter_map(|condition| match condition {
            BrowserCondition::Cookie { name, not } => Some((name.clone(), not.is_some())),
            _ => None,
        })
        .collect();
    assert_eq!(nots, [("sid".to_owned(), false), ("trusted_device".to_owned(), true)]);
}

#[test]
fn a_cookie_that_carries_the_token_is_not_restored_and_ends_it() {
    let account = account();
    let bound = account.bound();
    let visit = bound
        .visit(&account.provider.rungs[0], &account.material, std::time::Duration::from_secs(120))
        .unwrap_or_else(|error| panic!("{error}"));
    let names: Vec<&str> = visit.cookies.iter().map(|cookie| cookie.name.as_str()).collect();
    assert_eq!(names, ["sid", "trusted_device"]);
    let saved = bound.save_from_page(
        &account.provider.logins[0].save,
        &[],
        &account.material,
        &Default::default(),
        now(),
    );
    let saved = saved.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(saved.values[0].expiry.map(|expiry| expiry.life().as_secs()), Some(600));
}

#[test]
fn patterns_match_with_stars_for_anything() {
    for (pattern, text, matches) in [
        ("*/login*", "https://a.example/login?next=/", true),
        ("*/login*", "https://a.example/home", false),
        ("https://a.example/", "https://a.example/", true),
        ("https://a.example/", "https://a.example/x", false),
        ("*", "", true),
        ("a*b*a", "aba", true),
        ("ab*ba", "aba", false),
        ("*a*a", "a", false),
    ] {
        assert_eq!(matches_pattern(pattern, text), matches, "{pattern} on {text}");
    }
}

#[test]
fn f02_an_address_counts_at_the_providers_hosts_or_at_the_one_that_its_pattern_names() {
    let hosts = Hosts::parse(&["app.example.com", "*.id.example.com", "127.0.0.1:8443"]).expect("hosts");
    for (pattern, url, holds) in [
        ("*/login*", "https://app.example.com/login?next=x", true),
        ("*/login*", "http://app.example.com/login", true),
        ("*/login*", "https://eu.id.example.com/login", true),
        ("*/login*", "https://127.0.0.1:8443/login", true),
        ("*/login*", "https://127.0.0.1:9999/login", false),
        ("*/login*", "https://app.example.com:8443/login", false),
        ("*/login*", "https://id.example.com/login", false),
        ("*/login*", "https://portal.example.net/login?x", false),
        ("*/login*", "https://app.example.com.portal.example.net/login", false),
        ("*login*", "about:login", false),
        ("https://*/login*", "https://portal.example.net/login?x", false),
        ("https://*.example.org/login*", "https://portal.example.net/?.example.org/login", false),
        ("https://sso.example.org*", "https://sso.example.org.example.net/login", false),
        ("https://sso.example.org/login*", "https://sso.example.org/login?x", true),
        ("https://sso.example.org/login*", "http://sso.example.org/login?x", false),
        ("https://sso.example.org:444/*", "https://sso.example.org:444/x", true),
    ] {
        let url = Url::parse(url).expect("an address");
        assert_eq!(is_there_at(pattern, &url, Some(&hosts)), holds, "{pattern} at {url}");
    }
}

#[test]
fn storage_of_origins_that_a_visit_did_not_come_to_stays() {
    use lamplighter_core::exchange::{BrowserEnd, BrowserResult};
    use lamplighter_core::record::{StorageArea, StorageItem};
    let file = FILE.replace("[\"app.example.com\"]", "[\"app.example.com\", \"id.example.com\"]");
    let mut account = Account::new(support::read(&file), &[], &[]);
    let item = |origin: &str, key: &str| StorageItem {
        origin: origin.into(),
        area: StorageArea::Local,
        key: key.into(),
        value: "v".into(),
    };
    let (app, id) = ("https://app.example.com", "https://id.example.com");
    account.material.storage = vec![item(app, "gone"), item(app, "kept"), item(id, "elsewhere")];
    let bound = account.bound();
    let given = bound
        .visit(&account.provider.rungs[0], &account.material, std::time::Duration::from_secs(120))
        .unwrap_or_else(|error| panic!("{error}"));
    let visit = BrowserResult {
        end: BrowserEnd::TimedOut,
        url: Url::parse(app).ok(),
        cookies: None,
        storage: Some(vec![item(app, "kept"), item("https://evil.test", "foreign")]),
        request_headers: Vec::new(),
        user_agent: None,
        took: std::time::Duration::ZERO,
        at: now(),
    };
    let mut material = account.material.duplicate();
    assert!(bound.take_page(&mut material, &visit, &given));
    let keys: Vec<&str> = material.storage.iter().map(|item| item.key.as_str()).collect();
    assert_eq!(keys, ["kept", "elsewhere"], "and other sites' storage does not come in");
    assert!(!bound.take_page(&mut material, &visit, &given), "a second time nothing changes");
}
