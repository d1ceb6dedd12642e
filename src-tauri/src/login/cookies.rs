//! Cookies between the webview's form and ours.
//!
//! Engines mark a domain cookie by a leading dot, the `cookie` crate strips it in every accessor. Reading: the
//! dot is still in the derived `Debug` text, asked of a copy without its value. Writing: one dot is stripped,
//! so two are given.

use cookie::time::OffsetDateTime;
use cookie::{CookieBuilder, Expiration};
use lamplighter_core::jar::{Cookie, SameSite};
use lamplighter_core::secret::Secret;
use lamplighter_core::time::Timestamp;

/// From the webview. `None` for a cookie without a domain, which no host could get.
pub fn read(cookie: cookie::Cookie<'static>) -> Option<Cookie> {
    let domain = cookie.domain()?.to_ascii_lowercase();
    let host_only = !is_domain_cookie(&cookie, &domain);
    let secure = cookie.secure().unwrap_or(false);
    let same_site = match cookie.same_site() {
        Some(cookie::SameSite::Lax) => SameSite::Lax,
        Some(cookie::SameSite::Strict) => SameSite::Strict,
        // Engines say "none" for "unspecified" too; a real one must be secure (RFC 6265bis 5.7).
        Some(cookie::SameSite::None) if secure => SameSite::None,
        Some(cookie::SameSite::None) | None => SameSite::Unspecified,
    };
    Some(Cookie {
        name: cookie.name().to_owned(),
        value: Secret::from(cookie.value()),
        domain,
        host_only,
        path: cookie.path().unwrap_or("/").to_owned(),
        secure,
        http_only: cookie.http_only().unwrap_or(false),
        same_site,
        partitioned: cookie.partitioned().unwrap_or(false),
        expires: cookie.expires_datetime().map(|end| Timestamp(end.unix_timestamp().saturating_mul(1000))),
    })
}

/// For the webview. `None` if the value is not text: webviews take no other.
pub fn write(cookie: &Cookie) -> Option<cookie::Cookie<'static>> {
    let value = cookie.value.expose_str()?.to_owned();
    let domain = if cookie.host_only { cookie.domain.clone() } else { format!("..{}", cookie.domain) };
    let mut builder = CookieBuilder::new(cookie.name.clone(), value)
        .domain(domain)
        .path(cookie.path.clone())
        .secure(cookie.secure)
        .http_only(cookie.http_only)
        .partitioned(cookie.partitioned)
        .expires(match cookie.expires {
            Some(end) => OffsetDateTime::from_unix_timestamp(end.0 / 1000)
                .map_or(Expiration::Session, Expiration::DateTime),
            None => Expiration::Session,
        });
    builder = match cookie.same_site {
        SameSite::Lax => builder.same_site(cookie::SameSite::Lax),
        SameSite::Strict => builder.same_site(cookie::SameSite::Strict),
        SameSite::None => builder.same_site(cookie::SameSite::None),
        SameSite::Unspecified => builder,
    };
    Some(builder.build())
}

fn is_domain_cookie(cookie: &cookie::Cookie<'static>, domain: &str) -> bool {
    let mut bare = cookie::Cookie::new("", "");
    // Copied field by field would lose the dot; a clone without its value keeps it.
    bare.clone_from(cookie);
    bare.set_value("");
    bare.set_name("");
    format!("{bare:?}").to_ascii_lowercase().contains(&format!("\".{domain}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(host_only: bool) -> Cookie {
        Cookie {
            name: "device".to_owned(),
            value: Secret::from("kept-1"),
            domain: "id.example.com".to_owned(),
            host_only,
            path: "/login".to_owned(),
            secure: true,
            http_only: true,
            same_site: SameSite::Lax,
            expires: Some(Timestamp(1_900_000_000_000)),
            partitioned: false,
        }
    }

    #[test]
    fn a_host_only_cookie_stays_host_only_and_a_domain_cookie_a_domain_cookie() {
        for host_only in [true, false] {
            let written = write(&ours(host_only)).expect("text value");
            let engine_domain = if host_only { "id.example.com" } else { ".id.example.com" };
            assert_eq!(written.domain(), Some(engine_domain), "what the engine is handed");
            // The engine gives it back as it keeps it: with one dot, or none.
            let mut given_back = written.clone();
            given_back.set_domain(engine_domain);
            let read = read(given_back).expect("has a domain");
            assert_eq!((read.domain.as_str(), read.host_only), ("id.example.com", host_only));
            assert!(read.secure && read.http_only && read.same_site == SameSite::Lax);
            assert_eq!(read.expires, Some(Timestamp(1_900_000_000_000)));
        }
    }

    #[test]
    fn same_site_none_without_secure_means_that_nothing_was_said() {
        let cookie =
            CookieBuilder::new("a", "b").domain("x.example").same_site(cookie::SameSite::None).build();
        assert_eq!(read(cookie).expect("has a domain").same_site, SameSite::Unspecified);
    }

    #[test]
    fn a_value_that_is_no_text_is_not_given_to_the_webview() {
        let cookie = Cookie { value: Secret::new(vec![0xff, 0xfe]), ..ours(true) };
        assert!(write(&cookie).is_none());
    }
}
