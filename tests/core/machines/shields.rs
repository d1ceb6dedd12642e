//! A page in the place of every answer, which a browser gets past, or does not (F1).

use std::time::Duration;

use lamplighter_core::exchange::{BrowserEnd, BrowserResult};
use lamplighter_core::jar::Cookie;
use lamplighter_core::refresh::{End, Way};
use lamplighter_core::secret::Secret;

use super::pages::{COOKIES, with_cookies};
use super::rig::reply;

/// A shield against robots answers programs with a page, whatever they ask for, and lets browsers in.
#[test]
fn f01_a_page_in_the_place_of_all_answers_can_be_a_shield_that_lets_a_browser_in() {
    let more = r##"
[[refresh]]
strategy = "browser"
url = "https://app.example.com/"
restore = "all"
ready = [{ selector = "#me" }]
save = { "token.access" = "cookie:access_token" }
[[probe]]
request = { method = "GET", url = "https://app.example.com/me", auth = "cookies" }
identity = ["json:email"]
"##;
    let keep_alive = COOKIES.replace("method = \"POST\"", "method = \"GET\"");
    let mut rig = with_cookies(&format!("{keep_alive}{more}"));
    rig.answers = Box::new(|_, now| reply(200, &[("content-type", "text/html")], "<html>robots", now));
    rig.visits = Box::new(|visit, now| {
        let mut cookies: Vec<Cookie> = visit.cookies.iter().map(Cookie::duplicate).collect();
        let token = cookies.iter_mut().find(|cookie| cookie.name == "access_token").expect("given");
        token.value = Secret::from("canary-a2");
        BrowserResult {
            end: BrowserEnd::Ready,
            url: Some(visit.url.clone()),
            cookies: Some(cookies),
            storage: Some(Vec::new()),
            request_headers: Vec::new(),
            user_agent: None,
            took: Duration::from_secs(1),
            at: now,
        }
    });
    let summary = rig.refresh();
    assert!(matches!(summary.end, End::Renewed { .. }), "{:?}", summary.end);
    assert_eq!((summary.way, rig.token().as_str()), (Some(Way::Browser), "canary-a2"));

    // A network’s page is not let past by a browser, either.
    rig.visits = Box::new(|visit, now| BrowserResult {
        end: BrowserEnd::TimedOut,
        url: Some(visit.url.clone()),
        cookies: Some(visit.cookies.iter().map(Cookie::duplicate).collect()),
        storage: Some(Vec::new()),
        request_headers: Vec::new(),
        user_agent: None,
        took: Duration::from_secs(90),
        at: now,
    });
    let end = rig.refresh().end;
    assert!(matches!(end, End::Transient { .. }), "{end:?}");
    assert_eq!(rig.token(), "canary-a2");
}
