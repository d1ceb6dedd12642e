//! What goes into Chrome comes out again, and pages find it.

use std::time::Duration;

use lamplighter_core::exchange::{BrowserCondition, BrowserEnd, BrowserVisit};
use lamplighter_core::jar::{Cookie, SameSite};
use lamplighter_core::record::StorageArea;
use lamplighter_core::secret::Secret;
use lamplighter_core::time::Timestamp;
use lamplighter_engine::clock::{Clock as _, SystemClock};

use super::ends::ended_by_the_deadline;
use super::site::Site;
use super::user::is_unprivileged;
use super::world::{World, cookie, item, local, session_cookie, visit};

#[tokio::test]
async fn s02_a_page_with_its_session_back_mints_a_token_that_is_read() {
    if !is_unprivileged() {
        return;
    }
    let (world, site) = (World::new(), Site::start().await);
    let mut plan = visit(&site, "/");
    plan.storage = vec![
        item(&site, StorageArea::Local, "theme \"dark\"\u{2028}", "it's <b>\n\\ \u{1f56f}"),
        item(&site, StorageArea::Session, "tab", "{\"a\":\"b\"}"),
    ];
    let result = world.chrome.visit(plan).await;
    assert_eq!(result.end, BrowserEnd::Ready);
    assert_eq!(result.url.expect("an address").as_str(), site.url("/"));
    let storage = result.storage.expect("storage");
    assert_eq!(local(&storage, "access_token"), Some("minted \"1\" \u{e9}"));
    assert_eq!(local(&storage, "theme \"dark\"\u{2028}"), Some("it's <b>\n\\ \u{1f56f}"));
    let tab = storage.iter().find(|item| item.area == StorageArea::Session).expect("session storage");
    assert!(tab.key == "tab" && tab.value == Secret::from("{\"a\":\"b\"}") && tab.origin == site.url(""));
    assert!(result.cookies.expect("cookies").iter().any(|c| c.name == "sid" && c.http_only));
    assert!(!result.took.is_zero());
    world.assert_gone();
}

#[tokio::test]
async fn a_token_that_was_there_before_does_not_count() {
    if !is_unprivileged() {
        return;
    }
    let (world, site) = (World::new(), Site::start().await);
    let old = Secret::from("old");
    let plan = || BrowserVisit {
        storage: vec![item(&site, StorageArea::Local, "access_token", "old")],
        ready: vec![BrowserCondition::Storage {
            origin: Some(site.url("")),
            area: StorageArea::Local,
            key: "access_token".to_owned(),
            not: Some(old.digest()),
        }],
        ..visit(&site, "/empty")
    };
    let result = ended_by_the_deadline(&world, &site, "/empty", plan).await;
    assert_eq!(result.end, BrowserEnd::TimedOut);
}

#[tokio::test]
async fn f18_a_spent_value_is_not_put_back_when_the_page_loads_itself_again() {
    if !is_unprivileged() {
        return;
    }
    let (world, site) = (World::new(), Site::start().await);
    let mut plan = visit(&site, "/once");
    plan.storage = vec![item(&site, StorageArea::Local, "one_time", "spend-me")];
    let result = world.chrome.visit(plan).await;
    assert_eq!(result.end, BrowserEnd::Ready);
    let storage = result.storage.expect("storage");
    assert_eq!(site.asked("/").len(), 0, "putting storage back asks the site for nothing");
    let runs = ["run1", "run2", "run3"].map(|key| local(&storage, key));
    assert_eq!(runs, [Some("spend-me"), Some("nothing"), Some("nothing")]);
}

/// Everything but the value, which is compared as a secret.
fn attributes(cookie: &Cookie) -> (&str, &str, bool, &str, bool, bool, SameSite, Option<Timestamp>) {
    (
        &cookie.name,
        &cookie.domain,
        cookie.host_only,
        &cookie.path,
        cookie.secure,
        cookie.http_only,
        cookie.same_site,
        cookie.expires,
    )
}

fn every_kind(in_a_month: Timestamp) -> Vec<Cookie> {
    let host = "app.practice.test";
    vec![
        session_cookie(),
        cookie("plain", "a=b&c\"d", host),
        Cookie { host_only: false, domain: "practice.test".to_owned(), ..cookie("wide", "1", host) },
        Cookie { host_only: false, ..cookie("wide_exact", "2", host) },
        Cookie { expires: Some(in_a_month), http_only: true, ..cookie("lasting", "3", host) },
        Cookie { path: "/deep/er".to_owned(), ..cookie("deep", "4", host) },
        Cookie { same_site: SameSite::Lax, ..cookie("lax", "5", host) },
        Cookie { same_site: SameSite::Strict, ..cookie("strict", "6", host) },
        Cookie { same_site: SameSite::None, secure: true, ..cookie("none", "7", host) },
        Cookie { secure: true, ..cookie("__Host-h", "8", host) },
        Cookie { secure: true, host_only: false, ..cookie("__Secure-s", "9", host) },
        Cookie { secure: true, ..cookie("loopback_secure", "10", "127.0.0.1") },
        cookie("utf8", "\u{e9}\u{1f56f}", host),
        cookie("empty", "", host),
        Cookie { value: Secret::new(vec![0xff, 0xfe, b'x']), ..cookie("bytes", "", host) },
        // No browser takes this one: it is not ours to lose.
        cookie("__Host-not-secure", "11", host),
    ]
}

#[tokio::test]
async fn f29_cookies_of_every_kind_come_back_attribute_by_attribute() {
    if !is_unprivileged() {
        return;
    }
    let (world, site) = (World::new(), Site::start().await);
    let mut plan = visit(&site, "/sets");
    // Within the 400 days that browsers allow.
    let in_a_month = SystemClock::new().now().wall.plus(Duration::from_secs(30 * 86_400));
    plan.cookies = every_kind(in_a_month);
    plan.ready = vec![
        BrowserCondition::Selector("#here".to_owned()),
        BrowserCondition::Cookie { name: "hidden".to_owned(), not: None },
    ];
    let result = world.chrome.visit(plan).await;
    assert_eq!(result.end, BrowserEnd::Ready);
    let cookies = result.cookies.expect("cookies");
    for wanted in every_kind(in_a_month) {
        let found = cookies.iter().find(|found| found.name == wanted.name);
        let found = found.unwrap_or_else(|| panic!("{} is missing", wanted.name));
        let (is, should) = (attributes(found), attributes(&wanted));
        assert_eq!(is, should);
        assert!(found.value == wanted.value, "{} has another value", wanted.name);
    }
    let hidden = cookies.iter().find(|cookie| cookie.name == "hidden").expect("the page's own cookie");
    assert!(hidden.http_only && hidden.path == "/sets" && hidden.same_site == SameSite::Strict);
    let long = cookies.iter().find(|cookie| cookie.name == "long").expect("the page's own cookie");
    assert!(long.expires.is_some() && long.host_only && long.same_site == SameSite::Lax);
    assert_eq!(cookies.len(), every_kind(in_a_month).len() + 3, "nothing else came");

    let asked = site.asked("/sets");
    let sent = asked[0].headers["cookie"].to_str().expect("text");
    let mut names: Vec<&str> = sent.split("; ").filter_map(|pair| Some(pair.split_once('=')?.0)).collect();
    names.sort_unstable();
    assert_eq!(names, ["loopback_secure", "sid"], "the site gets its own cookies and no others");
}

#[tokio::test]
async fn the_captures_browser_and_languages_are_what_the_site_sees() {
    if !is_unprivileged() {
        return;
    }
    let (world, site) = (World::new(), Site::start().await);
    let agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15";
    let mut plan = visit(&site, "/headers");
    plan.user_agent = Some(agent.to_owned());
    plan.languages = Some("fr-FR,fr;q=0.9,en;q=0.8".to_owned());
    plan.ready = vec![BrowserCondition::Storage {
        origin: None,
        area: StorageArea::Local,
        key: "said".to_owned(),
        not: None,
    }];
    let result = world.chrome.visit(plan).await;
    assert_eq!(result.end, BrowserEnd::Ready);
    assert_eq!(result.user_agent.as_deref(), Some(agent));
    let storage = result.storage.expect("storage");
    assert_eq!(local(&storage, "said"), Some(format!("{agent}|fr-FR,fr,en|false").as_str()));
    for path in ["/headers", "/session"] {
        let headers = site.asked(path)[0].headers.clone();
        assert_eq!(headers["user-agent"], agent, "{path}");
        assert!(headers["accept-language"].to_str().expect("text").starts_with("fr-FR,fr;q=0.9"), "{path}");
        assert!(!headers.contains_key("sec-ch-ua"), "WebKit sends no client hints ({path})");
    }
    let seen = |name: &str| {
        let values = result.request_headers.iter().filter(|(seen, _)| seen == name);
        values.filter_map(|(_, value)| value.expose_str()).collect::<Vec<_>>()
    };
    assert_eq!(seen("authorization"), ["Bearer page-token"]);
    assert_eq!(seen("x-own"), ["yes"]);
    assert!(seen("cookie").iter().any(|value| value.contains("sid=")), "also what only the network adds");
}

#[tokio::test]
async fn without_a_capture_chrome_does_not_call_itself_headless() {
    if !is_unprivileged() {
        return;
    }
    let (world, site) = (World::new(), Site::start().await);
    let result = world.chrome.visit(visit(&site, "/")).await;
    assert_eq!(result.end, BrowserEnd::Ready);
    let headers = site.asked("/session")[0].headers.clone();
    for name in ["user-agent", "sec-ch-ua"] {
        let value =
            headers.get(name).map(|value| value.to_str().expect("text").to_owned()).unwrap_or_default();
        assert!(value.contains("Chrom") && !value.contains("Headless"), "{name}: {value}");
    }
    assert!(result.user_agent.expect("a user agent").contains(" Chrome/"));
}
