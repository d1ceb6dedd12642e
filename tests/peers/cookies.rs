//! Cookies of every kind on real hosts: from the login window into the keychain, and from there into requests and into
//! Chrome, attribute by attribute. What is lost is listed here and in docs/cookies.md, and nothing else is.

use lamplighter_core::api::{Request, Response};
use lamplighter_core::jar::{Cookie, SameSite};
use testkit::practice::{Seen, Settings, Site, ZOO};

use super::world::{ACCOUNT, World, hosts};

/// The zoo as a service; `REFRESH` is one of the two ways.
const PROVIDER: &str = r#"
format = 1
name   = "Zoo"
hosts  = ["{{base}}", "{{id}}"]
vars   = { base = { type = "url", label = "Site" }, id = { type = "url", label = "Its other host" } }
tokens = { marker = { expires = ["1h"] } }
login  = [{ kind = "webview", url = "{{base}}/zoo", done = [{ local_storage = "marker" }], save = { "token.marker" = "local_storage:marker" } }]
probe  = [{ request = { method = "GET", url = "{{base}}/zoo/me", auth = "cookies" }, identity = ["json:email"] }]
"#;
const OVER_HTTP: &str = r#"
[[refresh]]
strategy = "http"
[[refresh.steps]]
method = "GET"
url    = "{{base}}/zoo/seen"
auth   = "cookies"
[[refresh.steps]]
method = "GET"
url    = "{{base}}/zoo/deep/seen"
auth   = "cookies"
[[refresh.steps]]
method = "GET"
url    = "{{id}}/zoo/seen"
auth   = "cookies"
save   = { "token.marker" = "json:marker" }
"#;
const THROUGH_CHROME: &str = r#"
[[refresh]]
strategy = "browser"
url   = "{{base}}/zoo/page"
ready = [{ local_storage = "marker" }]
save  = { "token.marker" = "local_storage:marker" }
"#;

/// Brings all cookies anew, and no token, so that Chrome is next: what it is given came over HTTP.
const OVER_BOTH: &str = r#"
[[refresh]]
strategy = "http"
[[refresh.steps]]
method = "GET"
url    = "{{base}}/zoo"
auth   = "cookies"
[[refresh.steps]]
method = "GET"
url    = "{{base}}/zoo/me"
auth   = "cookies"
save   = { "token.marker" = "json:marker" }
"#;

/// A cookie's attributes, comparable and printable: its value is one of the zoo's.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Attributes {
    value: Vec<u8>,
    domain: String,
    host_only: bool,
    path: String,
    secure: bool,
    http_only: bool,
    same_site: SameSite,
    expires: Ends,
    partitioned: bool,
}

/// When it ends, as exactly as a test can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    WithTheSession,
    At(i64),
    /// Relative to when it came: within a minute of that.
    After(u64),
}

fn own(value: &[u8]) -> Attributes {
    Attributes {
        value: value.to_vec(),
        domain: "app.practice.test".to_owned(),
        host_only: true,
        path: "/".to_owned(),
        secure: false,
        http_only: false,
        same_site: SameSite::Lax,
        expires: Ends::WithTheSession,
        partitioned: false,
    }
}

/// What the site said of the cookie of that name (RFC 6265bis), written by hand.
fn said(name: &str) -> Attributes {
    let specimen = ZOO.iter().find(|specimen| specimen.name == name).expect("one of the zoo");
    let plain = own(specimen.value);
    let unsaid = SameSite::Unspecified;
    match name {
        "plain" => Attributes { same_site: unsaid, ..plain },
        "__Host-own" => Attributes { secure: true, http_only: true, same_site: SameSite::Strict, ..plain },
        "__Secure-own" => Attributes { secure: true, ..plain },
        "wide" => Attributes {
            domain: "practice.test".to_owned(),
            host_only: false,
            secure: true,
            http_only: true,
            expires: Ends::After(86_400),
            ..plain
        },
        "dotted" => Attributes { host_only: false, ..plain },
        "deep" => {
            Attributes { path: "/zoo/deep".to_owned(), http_only: true, same_site: SameSite::Strict, ..plain }
        }
        "across" | "parted" => Attributes {
            secure: true,
            http_only: true,
            same_site: SameSite::None,
            partitioned: name == "parted",
            ..plain
        },
        "unsaid" => Attributes { secure: true, same_site: unsaid, ..plain },
        "dated" => Attributes { expires: Ends::At(1_827_619_199), ..plain },
        "aged" => Attributes { expires: Ends::After(7_200), ..plain },
        _ => plain,
    }
}

/// What the login window's engine (WebKitGTK) cannot tell: then what is kept instead.
fn told_by_webview(name: &str) -> Option<Attributes> {
    let said = said(name);
    Some(match name {
        // It knows no difference between `SameSite=None` and silence.
        "unsaid" => Attributes { same_site: SameSite::None, ..said },
        // It stops reading a cookie at the first byte that is not ASCII: nothing behind it is there, to itself neither.
        "utf8" => Attributes { value: Vec::new(), same_site: SameSite::Unspecified, ..said },
        // It knows no partitions.
        "parted" => Attributes { partitioned: false, ..said },
        "latin" => Attributes { value: b"caf".to_vec(), same_site: SameSite::Unspecified, ..said },
        _ => said,
    })
}

/// What Chrome sends: text that is no UTF-8 cannot be told to it. It stays where it is.
fn told_to_chrome(name: &str) -> Option<Attributes> {
    Some(said(name)).filter(|_| name != "latin")
}

fn attributes(cookie: &Cookie, came: i64) -> Attributes {
    let ends = |end: lamplighter_core::time::Timestamp| {
        let after = |seconds: u64| Ends::After(seconds);
        let left = u64::try_from(end.0 / 1000 - came).unwrap_or(0);
        match left {
            86_280..=86_460 => after(86_400),
            7_080..=7_260 => after(7_200),
            _ => Ends::At(end.0 / 1000),
        }
    };
    Attributes {
        value: cookie.value.expose().to_vec(),
        domain: cookie.domain.clone(),
        host_only: cookie.host_only,
        path: cookie.path.clone(),
        secure: cookie.secure,
        http_only: cookie.http_only,
        same_site: cookie.same_site,
        expires: cookie.expires.map_or(Ends::WithTheSession, ends),
        partitioned: cookie.partitioned,
    }
}

/// Compares all; every difference is told at once.
fn is_as(jar: &[Cookie], came: i64, expected: impl Fn(&str) -> Option<Attributes>, after: &str) {
    let mut wrong = Vec::new();
    for specimen in ZOO {
        let held: Vec<Attributes> = jar
            .iter()
            .filter(|cookie| cookie.name == specimen.name)
            .map(|cookie| attributes(cookie, came))
            .collect();
        let expected: Vec<Attributes> = expected(specimen.name).into_iter().collect();
        if held != expected {
            wrong.push(format!("{}:\n  is        {held:?}\n  should be {expected:?}", specimen.name));
        }
    }
    assert!(wrong.is_empty(), "after {after}:\n{}", wrong.join("\n"));
}

/// Names and values that came to this place, as the kept jar has them.
fn sent(seen: &[Seen], host: &str, path: &str, by_browser: bool) -> Vec<(String, Vec<u8>)> {
    let found =
        seen.iter().rfind(|seen| seen.host == host && seen.path == path && seen.by_browser == by_browser);
    sorted(found.unwrap_or_else(|| panic!("nobody asked {host}{path}: {seen:?}")).cookies.clone())
}

fn sorted(mut cookies: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    cookies.sort();
    cookies
}

/// What ought to come to this place.
fn due(host: &str, path: &str, expected: impl Fn(&str) -> Option<Attributes>) -> Vec<(String, Vec<u8>)> {
    let goes = |attributes: &Attributes| {
        let is_host = host == attributes.domain
            || (!attributes.host_only && host.ends_with(&format!(".{}", attributes.domain)));
        is_host && (attributes.path == "/" || path.starts_with(&attributes.path))
    };
    let all = ZOO.iter().filter_map(|specimen| Some((specimen.name.to_owned(), expected(specimen.name)?)));
    let due: Vec<(String, Vec<u8>)> = all
        .filter(|(_, attributes)| goes(attributes))
        .map(|(name, attributes)| (name, attributes.value))
        .collect();
    sorted(due)
}

const PLACES: [(&str, &str); 3] = [
    ("app.practice.test", "/zoo/seen"),
    ("app.practice.test", "/zoo/deep/seen"),
    ("id.practice.test", "/zoo/seen"),
];

#[test]
fn f29_f33_cookies_keep_every_attribute_from_the_window_to_the_keychain_to_requests_and_to_chrome() {
    let Some(hosts) = hosts() else { return };
    let site = Site::start(Settings {
        host: "app.practice.test".to_owned(),
        https: true,
        hosts: Some(hosts.clone()),
        ..Settings::default()
    });
    let files = [
        ("zoo-http", format!("{PROVIDER}{OVER_HTTP}")),
        ("zoo-chrome", format!("{PROVIDER}{THROUGH_CHROME}")),
        ("zoo-both", format!("{PROVIDER}{OVER_BOTH}{THROUGH_CHROME}")),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let world = World::start_with(&hosts, &files);

    let (kept, came) = kept_by(&world, &site, "zoo-http");
    is_as(&kept, came, told_by_webview, "the login window and the keychain");
    let seen = site.zoo_seen();
    let in_window = seen.first().expect("the page in the window asked").cookies.clone();
    assert_eq!(
        sorted(in_window),
        due("app.practice.test", "/zoo/seen", told_by_webview),
        "the window itself sent"
    );
    are_sent(&site, false, told_by_webview);

    let (kept, came) = kept_by(&world, &site, "zoo-chrome");
    is_as(&kept, came, told_by_webview, "the login window, Chrome and the keychain");
    are_sent(&site, true, told_by_webview);

    let (kept, came) = kept_by(&world, &site, "zoo-both");
    is_as(&kept, came, |name| Some(said(name)), "a reply over HTTP, Chrome and the keychain");
    are_sent(&site, true, told_to_chrome);
}

/// The jar in the keychain after a login with its trial refresh, and when it began. The login is gone again then.
fn kept_by(world: &World, site: &Site, provider: &str) -> (Vec<Cookie>, i64) {
    let came = testkit::clock::wall_ms() / 1000;
    let login = world.new_login(provider, &[("base", site.base()), ("id", site.sso())]);
    let (identity, _) = world.login_is_done(&login.id);
    assert_eq!(identity.as_deref(), Some("keeper@example.com"), "__Host- came back over https");
    let kept = world.stored().current.jar.cookies;
    let answer = world.ask(&Request::Logout { account: ACCOUNT.to_owned() });
    assert!(matches!(answer, Response::LoggedOut { .. }));
    (kept, came)
}

/// What came to each place last.
fn are_sent(site: &Site, by_browser: bool, expected: impl Fn(&str) -> Option<Attributes> + Copy) {
    for (host, path) in PLACES {
        let got = sent(&site.zoo_seen(), host, path, by_browser);
        assert_eq!(got, due(host, path, expected), "to {host}{path}, by a browser: {by_browser}");
    }
}
