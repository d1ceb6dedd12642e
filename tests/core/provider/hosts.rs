//! Where secrets may go.

use lamplighter_core::provider::hosts::{BadHost, HostPattern, Hosts};
use url::Url;

fn covers(pattern: &str, url: &str) -> bool {
    let pattern: HostPattern = pattern.parse().unwrap_or_else(|error| panic!("{pattern}: {error}"));
    pattern.covers(&Url::parse(url).expect("an address"))
}

#[test]
fn t12_a_host_is_exact_and_its_port_counts() {
    assert!(covers("example.com", "https://example.com/a"));
    assert!(covers("example.com", "https://EXAMPLE.com:443/a"));
    assert!(!covers("example.com", "https://www.example.com/"));
    assert!(!covers("example.com", "https://example.com.evil.test/"));
    assert!(!covers("example.com", "https://evilexample.com/"));
    assert!(!covers("example.com", "https://example.com:8443/"));
    assert!(!covers("example.com", "http://example.com/"));
    assert!(covers("example.com:8443", "https://example.com:8443/"));
    assert!(!covers("https://example.com:8443", "https://example.com/"));
}

#[test]
fn t12_a_star_is_for_subdomains_only() {
    assert!(covers("*.example.com", "https://a.example.com/"));
    assert!(covers("*.example.com", "https://a.b.example.com/"));
    assert!(!covers("*.example.com", "https://example.com/"));
    assert!(!covers("*.example.com", "https://.example.com.evil.test/"));
    assert!(!covers("*.example.com", "https://aexample.com/"));
}

#[test]
fn http_is_for_this_machine_only() {
    assert!(covers("127.0.0.1:8000", "http://127.0.0.1:8000/"));
    assert!(covers("http://localhost:3000", "http://localhost:3000/"));
    assert!(covers("*.localhost:3000", "http://app.localhost:3000/"));
    assert!(covers("http://[::1]:80", "http://[::1]/"));
    assert!(!covers("http://localhost:3000", "https://localhost:3000/"));
    assert_eq!("http://example.com".parse::<HostPattern>(), Err(BadHost::NotHttps));
    assert_eq!("http://localhost.evil.test".parse::<HostPattern>(), Err(BadHost::NotHttps));
}

#[test]
fn what_belongs_to_everybody_is_refused() {
    for everybodys in ["com", "co.uk", "*.co.uk", "github.io", "*.github.io", "*.intranet", "*.com"] {
        assert_eq!(everybodys.parse::<HostPattern>(), Err(BadHost::PublicSuffix), "{everybodys}");
    }
    for own in ["intranet", "me.github.io", "*.me.github.io", "example.co.uk", "nas.local"] {
        assert!(own.parse::<HostPattern>().is_ok(), "{own}");
    }
}

#[test]
fn other_texts_are_no_hosts() {
    for text in [
        "",
        "/",
        "example.com/path",
        "https://u@example.com",
        "ftp://example.com",
        "a b",
        "*",
        "*.*.com",
        "*.1.2.3.4",
    ] {
        assert!(text.parse::<HostPattern>().is_err(), "{text}");
    }
}

#[test]
fn a_pattern_reads_back_from_its_text() {
    for text in
        ["example.com", "*.example.com", "https://example.com:8443", "127.0.0.1:8000", "http://[::1]:8000"]
    {
        let pattern: HostPattern = text.parse().expect("a host");
        assert_eq!(pattern.to_string(), text);
    }
}

#[test]
fn storage_belongs_to_the_provider_by_its_origin() {
    let hosts = Hosts::parse(&["https://app.example.com", "*.login.example.com"]).expect("hosts");
    assert!(hosts.allow_origin("https://app.example.com"));
    assert!(hosts.allow_origin("https://eu.login.example.com"));
    assert!(!hosts.allow_origin("https://example.com"));
    assert!(!hosts.allow_origin("null"));
    assert!(!hosts.allow_origin("http://app.example.com"));
}
