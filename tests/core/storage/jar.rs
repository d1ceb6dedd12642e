//! The cookie jar keeps what servers set and sends it where it belongs, and nowhere else.

use std::time::Duration;

use lamplighter_core::jar::{
    Cookie, CookieWire, Ignored, Jar, MOST_COOKIES, Received, SameSite, write_cookie,
};
use lamplighter_core::secret::{JsonWriter, Secret};
use lamplighter_core::time::Timestamp;
use proptest::prelude::*;
use url::Url;

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn url(text: &str) -> Url {
    Url::parse(text).expect("a valid address")
}

fn sent(jar: &Jar, address: &str) -> Option<Vec<u8>> {
    jar.header_for(&url(address), NOW).map(|header| header.expose().to_vec())
}

fn sent_text(jar: &Jar, address: &str) -> String {
    String::from_utf8(sent(jar, address).unwrap_or_default()).expect("only text was set")
}

fn jar_of(lines: &[(&str, &str)]) -> Jar {
    let mut jar = Jar::default();
    for (address, line) in lines {
        assert_eq!(jar.receive(&url(address), line.as_bytes(), NOW), Received::Stored, "{line}");
    }
    jar
}

fn ignored(address: &str, line: &[u8]) -> Option<Ignored> {
    match Jar::default().receive(&url(address), line, NOW) {
        Received::Ignored(why) => Some(why),
        _ => None,
    }
}

#[test]
fn f29_a_value_that_is_no_utf8_is_replayed_exactly() {
    let mut jar = Jar::default();
    let line = b"sid=\xff\xfe\x80 \xc3\x28=x; Path=/";
    assert_eq!(jar.receive(&url("https://a.example/"), line, NOW), Received::Stored);
    assert_eq!(sent(&jar, "https://a.example/").as_deref(), Some(&b"sid=\xff\xfe\x80 \xc3\x28=x"[..]));
}

#[test]
fn f30_too_long_a_cookie_is_ignored_and_the_others_are_kept() {
    let mut jar = jar_of(&[("https://a.example/", "kept=1")]);
    let fits = format!("n={}", "v".repeat(4095));
    let too_long = format!("m={}", "v".repeat(4096));
    let at = url("https://a.example/");
    assert_eq!(jar.receive(&at, fits.as_bytes(), NOW), Received::Stored);
    assert_eq!(jar.receive(&at, too_long.as_bytes(), NOW), Received::Ignored(Ignored::TooLong));
    assert_eq!(jar.len(), 2);
}

#[test]
fn f30_too_long_an_attribute_is_as_if_it_were_absent() {
    let path = format!("sid=1; Path=/{}; Secure", "p".repeat(1024));
    let jar = jar_of(&[("https://a.example/x/y", &path)]);
    assert_eq!(jar.cookies[0].path, "/x", "the default path stands in");
    assert!(jar.cookies[0].secure, "attributes after it still count");
}

#[test]
fn f31_three_hundred_cookies_are_all_kept() {
    let mut jar = Jar::default();
    for index in 0..300 {
        let line = format!("cookie{index}={}", "v".repeat(200));
        assert_eq!(jar.receive(&url("https://a.example/"), line.as_bytes(), NOW), Received::Stored);
    }
    assert_eq!(sent_text(&jar, "https://a.example/").split("; ").count(), 300);
}

#[test]
fn f31_a_site_cannot_fill_the_keychain() {
    let mut jar = Jar::default();
    let at = url("https://a.example/");
    for index in 0..MOST_COOKIES {
        let line = format!("c{index}=1; Max-Age={}", 100 + index);
        assert_eq!(jar.receive(&at, line.as_bytes(), NOW), Received::Stored);
    }
    assert_eq!(jar.receive(&at, b"more=1", NOW), Received::Ignored(Ignored::Full));
    assert_eq!(jar.receive(&at, b"c0=2", NOW), Received::Stored, "one that is there can still change");
    let later = NOW.plus(Duration::from_secs(101));
    assert_eq!(jar.receive(&at, b"more=1", later), Received::Stored, "what has ended makes room");
}

#[test]
fn f32_control_bytes_make_a_cookie_ignored() {
    for byte in (0..=0x1f_u8).chain([0x7f]).filter(|byte| *byte != b'\t') {
        for line in
            [[b"s".as_slice(), &[byte], b"id=1"].concat(), [b"sid=1; Path=/".as_slice(), &[byte]].concat()]
        {
            assert_eq!(ignored("https://a.example/", &line), Some(Ignored::ControlByte), "{byte:#04x}");
        }
    }
    assert_eq!(ignored("https://a.example/", b"sid\t=\t1"), None);
}

#[test]
fn f32_prefixes_hold_in_any_case() {
    let bad: [(&str, &str); 9] = [
        ("https://a.example/", "__Secure-sid=1"),
        ("https://a.example/", "__sEcUrE-sid=1"),
        ("https://a.example/", "__Host-sid=1; Path=/"),
        ("https://a.example/", "__Host-sid=1; Secure"),
        ("https://a.example/", "__host-sid=1; Secure; Path=/x"),
        ("https://a.example/", "__HOST-sid=1; Secure; Path=/; Domain=a.example"),
        ("https://a.example/", "=__Host-sid=1; Secure; Path=/"),
        ("https://a.example/", "__Secure-sid; Secure"),
        ("https://a.example/", "=__secure-x"),
    ];
    for (address, line) in bad {
        assert_eq!(ignored(address, line.as_bytes()), Some(Ignored::Prefix), "{line}");
    }
    jar_of(&[
        ("https://a.example/x/y", "__Host-sid=1; Secure; Path=/"),
        ("https://a.example/", "__Secure-sid=1; Secure; Domain=a.example"),
        ("http://127.0.0.1:8080/", "__Host-sid=1; Secure; Path=/"),
    ]);
}

#[test]
fn f33_ten_years_become_400_days() {
    let jar = jar_of(&[
        ("https://a.example/", "a=1; Max-Age=315360000"),
        ("https://a.example/", "b=1; Max-Age=99999999999999999999999999"),
        ("https://a.example/", "c=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT"),
    ]);
    for cookie in &jar.cookies {
        assert_eq!(cookie.expires, Some(NOW.plus(DAY * 400)), "{}", cookie.name);
    }
}

#[test]
fn f34_a_deletion_removes_the_cookie() {
    for line in ["sid=; Max-Age=0", "sid=; Max-Age=-1", "sid=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT"] {
        let mut jar = jar_of(&[("https://a.example/", "sid=1"), ("https://a.example/", "other=2")]);
        assert_eq!(jar.receive(&url("https://a.example/"), line.as_bytes(), NOW), Received::Removed);
        assert_eq!(sent_text(&jar, "https://a.example/"), "other=2", "{line}");
    }
}

#[test]
fn max_age_wins_over_expires_and_nonsense_is_no_age() {
    let jar = jar_of(&[
        ("https://a.example/", "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60"),
        ("https://a.example/", "b=1; Max-Age=60; Max-Age=soon"),
        ("https://a.example/", "c=1; Max-Age=1.5"),
        ("https://a.example/", "d=1; Expires=never"),
    ]);
    let ends: Vec<_> = jar.cookies.iter().map(|cookie| cookie.expires).collect();
    let minute = Some(NOW.plus(Duration::from_secs(60)));
    assert_eq!(ends, [minute, minute, None, None]);
}

#[test]
fn a_host_only_cookie_stays_on_its_host() {
    let jar =
        jar_of(&[("https://a.example/", "own=1"), ("https://a.example/", "shared=1; Domain=.A.example")]);
    assert_eq!(sent_text(&jar, "https://a.example/"), "own=1; shared=1");
    assert_eq!(sent_text(&jar, "https://b.a.example/"), "shared=1");
    for other in ["https://example/", "https://ba.example/", "https://a.example.evil.test/"] {
        assert_eq!(sent(&jar, other), None, "{other}");
    }
}

#[test]
fn a_public_suffix_is_no_domain() {
    for (address, line) in [
        ("https://a.co.uk/", "s=1; Domain=co.uk"),
        ("https://a.github.io/", "s=1; Domain=github.io"),
        ("https://app.practice.test/", "s=1; Domain=test"),
    ] {
        assert_eq!(ignored(address, line.as_bytes()), Some(Ignored::PublicSuffix), "{line}");
    }
    let jar = jar_of(&[("http://localhost/", "s=1; Domain=localhost")]);
    assert!(jar.cookies[0].host_only);
}

#[test]
fn another_domain_is_refused() {
    for line in ["s=1; Domain=b.example", "s=1; Domain=b.a.example", "s=1; Domain=\u{fffd}"] {
        assert_eq!(ignored("https://a.example/", line.as_bytes()), Some(Ignored::OtherDomain), "{line}");
    }
    assert_eq!(ignored("https://1.2.3.4/", b"s=1; Domain=3.4"), Some(Ignored::OtherDomain));
    let jar = jar_of(&[("https://1.2.3.4/", "s=1; Domain=1.2.3.4"), ("https://[::1]/", "t=1")]);
    assert_eq!(sent_text(&jar, "https://1.2.3.4/"), "s=1");
    assert_eq!(sent_text(&jar, "https://[::1]/"), "t=1");
}

#[test]
fn secure_cookies_go_over_https_and_to_this_machine_only() {
    let jar = jar_of(&[
        ("https://a.example/", "s=1; Secure"),
        ("http://localhost/", "l=1; Secure"),
        ("http://practice.localhost/", "p=1; Secure"),
    ]);
    assert_eq!(sent_text(&jar, "https://a.example/"), "s=1");
    assert_eq!(sent(&jar, "http://a.example/"), None);
    assert_eq!(sent_text(&jar, "http://localhost:8080/"), "l=1");
    assert_eq!(sent_text(&jar, "http://practice.localhost/"), "p=1");
    assert_eq!(ignored("http://a.example/", b"s=1; Secure"), Some(Ignored::Insecure));
    assert_eq!(ignored("https://a.example/", b"s=1; SameSite=None"), Some(Ignored::NoneWithoutSecure));
}

#[test]
fn a_partitioned_cookie_is_kept_as_such_and_belongs_to_the_registered_site() {
    let jar = jar_of(&[
        ("https://app.a.example.co.uk/", "p=1; Secure; Partitioned"),
        ("https://127.0.0.1/", "q=1; Secure; Partitioned"),
    ]);
    let of =
        |name: &str| jar.cookies.iter().find(|cookie| cookie.name == name).map(|c| (c.partitioned, c.site()));
    assert_eq!(of("p"), Some((true, "https://example.co.uk".to_owned())));
    assert_eq!(of("q"), Some((true, "https://127.0.0.1".to_owned())));
    // One that the login window took for a plain one is replaced, not joined: two would both be sent.
    let mut jar = jar_of(&[("https://a.example/", "s=old; Secure")]);
    let url = "https://a.example/".parse().expect("an address");
    jar.receive(&url, b"s=new; Secure; Partitioned", Timestamp(0));
    assert_eq!(sent_text(&jar, "https://a.example/"), "s=new");
    assert_eq!(ignored("https://a.example/", b"s=1; Partitioned"), Some(Ignored::PartitionedWithoutSecure));
}

#[test]
fn plain_http_cannot_hide_a_secure_cookie() {
    let mut jar = jar_of(&[("https://a.example/", "sid=1; Secure; Path=/login; Domain=a.example")]);
    let hides = [("http://b.a.example/login/x", "sid=2"), ("http://a.example/", "sid=2; Path=/login")];
    for (address, line) in hides {
        let got = jar.receive(&url(address), line.as_bytes(), NOW);
        assert_eq!(got, Received::Ignored(Ignored::WouldHideSecure), "{address}");
    }
    assert_eq!(jar.receive(&url("http://a.example/"), b"sid=2; Path=/", NOW), Received::Stored);
}

#[test]
fn longer_paths_come_first_then_older_ones() {
    let mut jar = jar_of(&[
        ("https://a.example/x/y", "first=1; Path=/"),
        ("https://a.example/x/y", "deep=1"),
        ("https://a.example/x/y", "second=1; Path=/"),
    ]);
    assert_eq!(sent_text(&jar, "https://a.example/x/z"), "deep=1; first=1; second=1");
    jar.receive(&url("https://a.example/"), b"first=new; Path=/", NOW);
    assert_eq!(sent_text(&jar, "https://a.example/"), "first=new; second=1", "a new value keeps its age");
    assert_eq!(sent_text(&jar, "https://a.example/xy"), "first=new; second=1", "/xy is not inside /x");
}

#[test]
fn a_nameless_cookie_is_sent_as_its_value_alone() {
    let jar = jar_of(&[("https://a.example/", "bare")]);
    assert_eq!(sent_text(&jar, "https://a.example/"), "bare");
    assert_eq!(ignored("https://a.example/", b" ; Path=/"), Some(Ignored::Empty));
    assert_eq!(ignored("https://a.example/", b""), Some(Ignored::Empty));
}

#[test]
fn an_expired_cookie_is_not_sent() {
    let jar = jar_of(&[("https://a.example/", "a=1; Max-Age=60")]);
    let at = url("https://a.example/");
    let minute = Duration::from_secs(60);
    assert!(jar.header_for(&at, NOW.plus(minute).minus(Duration::from_millis(1))).is_some());
    assert!(jar.header_for(&at, NOW.plus(minute)).is_none());
    assert_eq!(jar.next_expiry(NOW), Some(NOW.plus(minute)));
    assert_eq!(jar.next_expiry(NOW.plus(minute)), None);
}

#[test]
fn what_a_browser_dropped_is_gone_and_what_it_was_not_given_stays() {
    let mut jar = jar_of(&[
        ("https://a.example/", "sid=1"),
        ("https://a.example/", "gone=1"),
        ("https://id.example/", "device=1"),
    ]);
    let seen = jar_of(&[("https://a.example/", "sid=2"), ("https://a.example/", "new=1")]);
    jar.replace(|cookie| cookie.domain == "a.example", seen.cookies);
    assert_eq!(sent_text(&jar, "https://a.example/"), "sid=2; new=1");
    assert_eq!(sent_text(&jar, "https://id.example/"), "device=1");
}

#[test]
fn the_digest_sees_every_field_and_no_order() {
    let base = || jar_of(&[("https://a.example/", "a=1"), ("https://a.example/", "b=2; Max-Age=60")]);
    let turned = jar_of(&[("https://a.example/", "b=2; Max-Age=60"), ("https://a.example/", "a=1")]);
    assert_eq!(base().digest(), turned.digest());
    for line in ["a=2", "b=2; Max-Age=61", "a=1; HttpOnly", "a=1; Secure", "a=1; SameSite=Lax", "c="] {
        let mut jar = base();
        jar.receive(&url("https://a.example/"), line.as_bytes(), NOW);
        assert_ne!(jar.digest(), base().digest(), "{line}");
    }
}

/// What a cookie is made of: a cookie itself cannot be printed, so it cannot be a test's input.
type Parts = ((String, String, String), Vec<u8>, (bool, bool, bool, bool), SameSite, Option<i64>);

fn any_parts() -> impl Strategy<Value = Parts> {
    let same_site = prop_oneof![
        Just(SameSite::Lax),
        Just(SameSite::Strict),
        Just(SameSite::None),
        Just(SameSite::Unspecified)
    ];
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let texts = ("[a-z_\"\\\\]{0,8}", "[a-z]{1,8}\\.example", "/[a-z/]{0,8}");
    (texts, any::<Vec<u8>>(), flags, same_site, any::<Option<i64>>())
}

fn cookie_of(parts: Parts) -> Cookie {
    let ((name, domain, path), value, (host_only, secure, http_only, partitioned), same_site, expires) =
        parts;
    Cookie {
        name,
        value: Secret::new(value),
        domain,
        host_only,
        path,
        secure,
        http_only,
        same_site,
        expires: expires.map(Timestamp),
        partitioned,
    }
}

proptest! {
    #[test]
    fn f28_no_line_makes_the_jar_panic_or_send_a_line_break(line in any::<Vec<u8>>(), path in "/[ -~]{0,20}") {
        let mut jar = Jar::default();
        let Ok(at) = Url::parse(&format!("https://a.b.example{path}")) else { return Ok(()) };
        jar.receive(&at, &line, NOW);
        if let Some(header) = jar.header_for(&at, NOW) {
            prop_assert!(!header.expose().iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
        }
    }

    #[test]
    fn f29_what_was_set_comes_back_to_where_it_was_set(value in "[!-:<-~]{0,40}", path in "(/[a-z]{1,5}){0,4}/") {
        let mut jar = Jar::default();
        let at = url(&format!("https://a.example{path}page"));
        prop_assert_eq!(jar.receive(&at, format!("name={value}").as_bytes(), NOW), Received::Stored);
        prop_assert_eq!(sent(&jar, at.as_str()), Some(format!("name={value}").into_bytes()));
        prop_assert_eq!(sent(&jar, "https://other.example/"), None);
    }

    #[test]
    fn a_cookie_comes_back_from_json_as_it_was(parts in any_parts()) {
        let cookie = cookie_of(parts);
        let mut json = JsonWriter::new();
        write_cookie(&mut json, &cookie);
        let wire: CookieWire = serde_json::from_slice(&json.finish()).expect("what we write can be read");
        let back = Jar { cookies: vec![wire.into()] };
        prop_assert_eq!(back.digest(), Jar { cookies: vec![cookie] }.digest());
    }
}
