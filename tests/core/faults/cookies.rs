//! Cookies of every kind in an answer that is good: F29 to F33. Each answer is the next generation, and of what it
//! set the jar holds what the standard says.

use lamplighter_core::exchange::{Exchange, Reply, Sent};
use lamplighter_core::refresh::End;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_core::time::Now;

use super::line::Line;
use crate::machines::COOKIES;
use crate::machines::rig::json;

/// The new token and these cookies.
fn setting(cookies: &[Vec<u8>], now: Now) -> Exchange {
    let header = |value: &Vec<u8>| ("set-cookie".to_owned(), Secret::new(value.clone()));
    let mut headers: Vec<_> = cookies.iter().map(header).collect();
    headers.push(("content-type".to_owned(), Secret::from("application/json")));
    let body = r#"{"access_token":"canary-a2"}"#.into();
    let reply = Reply { status: 200, headers, body, date: Some(now.wall) };
    Exchange { sent: Sent::Maybe, reply: Ok(reply), took: std::time::Duration::from_millis(30), at: now }
}

/// A refresh whose answer sets these cookies besides the session's own.
fn after(cookies: &[&[u8]]) -> Line {
    let mut line = Line::new(COOKIES);
    let mut all: Vec<Vec<u8>> = vec![b"sid=canary-s2; Path=/".to_vec()];
    all.extend(cookies.iter().map(|cookie| cookie.to_vec()));
    line.rig.answers = Box::new(move |request, now| match request.url.path() {
        "/api/session" => setting(&all, now),
        _ => json(200, r#"{"email":"ana@example.com"}"#, now),
    });
    assert_eq!(line.refresh(), End::Renewed { probe: Some(true) });
    line.record_is_one_newer();
    line.is_fine();
    assert_eq!(line.rig.token(), "canary-a2");
    line
}

/// Names of the cookies that are kept.
fn kept(line: &Line) -> Vec<String> {
    line.rig.stored().current.jar.cookies.iter().map(|cookie| cookie.name.clone()).collect()
}

#[test]
fn f29_a_cookie_that_is_no_utf8_is_kept_byte_for_byte_and_the_session_with_it() {
    let line = after(&[b"odd=\xff\xfe\x80; Path=/"]);
    let stored = line.rig.stored();
    let odd = stored.current.jar.cookies.iter().find(|cookie| cookie.name == "odd").unwrap();
    assert_eq!(odd.value.expose(), b"\xff\xfe\x80");
}

#[test]
fn f30_a_cookie_that_is_too_long_is_left_out_and_the_session_is_kept() {
    let long = format!("long={}", "v".repeat(4096));
    let attribute = format!("kept=1; Path=/{}", "p".repeat(1024));
    let line = after(&[long.as_bytes(), attribute.as_bytes()]);
    assert_eq!(kept(&line), ["sid", "kept"]);
}

#[test]
fn f31_a_header_that_servers_refuse_is_told_with_its_site_while_everything_is_kept_and_goes_on() {
    let many: Vec<String> = (0..300).map(|n| format!("c{n}={}; Path=/", "v".repeat(200))).collect();
    let cookies: Vec<&[u8]> = many.iter().map(String::as_bytes).collect();
    let line = after(&cookies);
    assert_eq!(kept(&line).len(), 301);
    let [told, french] = [Lang::En, Lang::Fr].map(|lang| line.remarked(lang).expect("a remark"));
    assert!(told.what.contains("app.example.com") && told.what.contains(" KB"), "{told:?}");
    assert_eq!(told.code, Code::Temporary);
    assert!(
        told.cure.is_some_and(|cure| cure.contains("reconnect")),
        "the way out is told before it is needed"
    );
    assert_ne!(told.what, french.what);

    // With what servers take there is nothing to tell, to the byte.
    let of = |size: usize| {
        let rest = size - "sid=canary-s2; c1=; c2=; c3=".len() - 6000;
        let long = |n: usize, length: usize| format!("c{n}={}; Path=/", "v".repeat(length));
        let set = [long(1, 3000), long(2, 3000), long(3, rest)];
        after(&set.each_ref().map(|cookie| cookie.as_bytes())).remarked(Lang::En)
    };
    assert_eq!(of(8 * 1024), None::<Notice>);
    assert!(of(8 * 1024 + 1).is_some());
}

#[test]
fn f32_a_cookie_with_control_bytes_or_a_broken_prefix_is_left_out_and_the_session_is_kept() {
    let line = after(&[
        b"evil=a\x01b; Path=/",
        b"__Host-sid=1; Path=/; Domain=app.example.com; Secure",
        b"__secure-sid=1; Path=/",
        b"good=1; Path=/",
    ]);
    assert_eq!(kept(&line), ["sid", "good"]);
}

#[test]
fn f33_a_cookie_for_ten_years_is_kept_for_four_hundred_days() {
    let line = after(&[b"long=1; Path=/; Max-Age=315360000"]);
    let stored = line.rig.stored();
    let long = stored.current.jar.cookies.iter().find(|cookie| cookie.name == "long").unwrap();
    let day = 86_400_000;
    let left = long.expires.unwrap().0 - line.rig.clock.now().wall.0;
    assert!((399 * day..=400 * day).contains(&left), "{left} ms");
}
