//! A page that answers a request with cookies: the service's own, or the sign-in page of a network (F1).

use lamplighter_core::classify::Cause;
use lamplighter_core::exchange::Exchange;
use lamplighter_core::id::Generation;
use lamplighter_core::refresh::{End, Purpose};
use lamplighter_core::time::Now;

use super::rig::{Rig, held, json, reply, shown};

/// A cookie that refreshes, and another that is the token; how long it lives is said by no answer.
pub const COOKIES: &str = r#"
format = 1
name = "Cookies"
hosts = ["app.example.com"]
[[login]]
kind = "webview"
url = "https://app.example.com/"
done = [{ cookie = "sid" }]
save = { "token.access" = "cookie:access_token" }
[tokens.access]
expires = ["3h"]
[[refresh]]
strategy = "http"
[[refresh.steps]]
method = "POST"
url = "https://app.example.com/auth/refresh"
auth = "cookies"
save = { "token.access" = "cookie:access_token" }
"#;

/// The same, with another last step.
fn cookies_with(method: &str, save: &str) -> String {
    let more = if method == "GET" { "spends = true\n" } else { "" };
    COOKIES.replace("method = \"POST\"", &format!("{more}method = \"{method}\"")).replace(
        "auth = \"cookies\"\nsave = { \"token.access\" = \"cookie:access_token\" }",
        &format!("auth = \"cookies\"\nsave = {{ {save} }}"),
    )
}

pub fn with_cookies(toml: &str) -> Rig {
    let mut rig = Rig::new(toml);
    let mut record = rig.record();
    let now = rig.clock.now();
    let at = "https://app.example.com/".parse().expect("an address");
    record.current.credentials.clear();
    for cookie in ["sid=canary-s1; Path=/", "access_token=canary-a1; Path=/"] {
        record.current.jar.receive(&at, cookie.as_bytes(), now.wall);
    }
    record.current.tokens.insert("access".parse().expect("a name"), held("canary-a1", 3 * 3600, now));
    rig.put(&record);
    rig
}

const TOKEN: &str = "\"token.access\" = \"cookie:access_token\"";

#[test]
fn f01_the_old_cookie_in_the_jar_is_not_what_a_networks_page_has_brought() {
    let mut rig = with_cookies(COOKIES);
    rig.answers = Box::new(|_, now| reply(200, &[("content-type", "text/html")], "<html>sign in", now));
    let end = rig.refresh().end;
    assert!(matches!(end, End::Unknown { cause: Cause::Page { status: 200 }, .. }), "{end:?}");
    assert_eq!(rig.stored().current.generation, Generation(1), "nothing is newer");

    let brought = [
        ("content-type", "text/html"),
        ("set-cookie", "access_token=canary-a2; Path=/"),
        ("set-cookie", "sid=canary-s2; Path=/"),
    ];
    rig.answers = Box::new(move |_, now| reply(200, &brought, "<html>welcome", now));
    let end = rig.run(Purpose::Replay { asked: false }).end;
    assert!(matches!(end, End::Renewed { .. }), "a page with the cookies is the service's: {end:?}");
    assert_eq!(rig.token(), "canary-a2");

    // One that answers as programs do may keep the cookie that it has given.
    rig.answers = Box::new(|_, now| json(200, "{}", now));
    let end = rig.refresh().end;
    assert!(matches!(end, End::Renewed { .. }), "{end:?}");
}

#[test]
fn f01_an_empty_answer_that_calls_itself_a_page_is_no_networks_page() {
    let mut rig = with_cookies(&cookies_with("POST", TOKEN));
    rig.answers = Box::new(|_, now| reply(200, &[("content-type", "text/html")], "", now));
    let end = rig.refresh().end;
    assert!(matches!(end, End::Renewed { .. }), "a sliding session sends no cookie anew: {end:?}");
}

#[test]
fn f01_a_page_that_rotates_another_cookie_is_the_services_and_what_may_be_absent_may_be_absent() {
    for (save, cookie) in [(TOKEN, true), ("\"token.access\" = \"cookie:access_token?\"", false)] {
        let mut rig = with_cookies(&cookies_with("POST", save));
        rig.answers = Box::new(move |_, now| {
            let rotated = [("content-type", "text/html"), ("set-cookie", "sid=canary-s2; Path=/")];
            reply(200, &rotated[..if cookie { 2 } else { 1 }], "<html>welcome", now)
        });
        let end = rig.refresh().end;
        assert!(matches!(end, End::Renewed { .. }), "{save} {cookie}: {end:?}");
    }
}

#[test]
fn f01_a_page_behind_a_redirect_that_brought_the_cookie_is_the_services_and_one_request_is_enough() {
    let mut rig = with_cookies(&cookies_with("GET", "\"token.access\" = \"cookie:access_token\""));
    let sent = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = sent.clone();
    rig.answers = Box::new(move |request, now| {
        if request.url.path() == "/auth/refresh" {
            count.set(count.get() + 1);
            let cookie = format!("sid=canary-s{}; Path=/", count.get() + 1);
            return reply(302, &[("location", "/home"), ("set-cookie", &cookie)], "", now);
        }
        reply(200, &[("content-type", "text/html")], "<html>welcome", now)
    });
    let end = rig.refresh().end;
    assert!(matches!(end, End::Renewed { .. }), "{end:?}");
    assert_eq!(sent.get(), 1);
    let jar = rig.stored().current.jar;
    assert!(jar.cookies.iter().any(|cookie| shown(&cookie.value) == "canary-s2"), "what was got is stored");
}

/// A GET that keeps the session alive, and a probe that tells who.
fn kept_alive(save: &str) -> Rig {
    let probe = r#"
[[probe]]
request = { method = "GET", url = "https://app.example.com/api/me", auth = "cookies" }
identity = ["json:email"]
"#;
    let plain = cookies_with("GET", save).replace("spends = true\n", "");
    with_cookies(&format!("{plain}{probe}"))
}

fn page(now: Now) -> Exchange {
    reply(200, &[("content-type", "text/html; charset=utf-8")], "<html>sign in", now)
}

/// A page answers the keep-alive, and `probe` the probe.
fn page_and(rig: &mut Rig, probe: fn(Now) -> Exchange) {
    rig.answers = Box::new(move |request, now| match request.url.path() {
        "/api/me" => probe(now),
        _ => page(now),
    });
}

fn ana(now: Now) -> Exchange {
    json(200, r#"{"email":"ana@example.com"}"#, now)
}

fn is_page(end: &End) -> bool {
    *end == End::Transient { retry_after: None, cause: Cause::Page { status: 200 } }
}

/// When the token was got that is stored.
fn got(rig: &Rig) -> Now {
    rig.stored().current.tokens[&"access".parse().unwrap()].got
}

#[test]
fn f01_a_networks_page_in_the_place_of_a_keep_alive_renews_nothing_and_passes() {
    let not_found = |now| reply(502, &[], "", now);
    let away = |now| reply(302, &[("location", "https://portal.example.net/")], "", now);
    let gone = |now| super::rig::cut(lamplighter_core::exchange::NoReply::Cut, now);
    for probe in [page, not_found, away, gone] {
        for save in [TOKEN, "\"token.access\" = \"cookie:access_token?\""] {
            let mut rig = kept_alive(save);
            let before = got(&rig);
            page_and(&mut rig, probe);
            let end = rig.refresh().end;
            assert!(is_page(&end), "{end:?}");
            assert_eq!(
                (rig.stored().current.generation, got(&rig)),
                (Generation(1), before),
                "nothing is newer"
            );
            page_and(&mut rig, ana);
            assert_eq!(rig.refresh().end, End::Renewed { probe: Some(true) }, "it goes on by itself");
        }
    }
}

#[test]
fn f01_the_services_own_page_counts_once_the_probe_has_passed() {
    let mut rig = kept_alive(TOKEN);
    let before = got(&rig);
    page_and(&mut rig, ana);
    assert_eq!(rig.refresh().end, End::Renewed { probe: Some(true) });
    let stored = rig.stored();
    assert_eq!((stored.current.generation, stored.current.is_proven), (Generation(2), true));
    assert!(got(&rig).wall > before.wall, "the visit has made the session longer");
    assert_eq!(rig.requests, ["GET /auth/refresh", "GET /api/me"]);
    let of = |name| rig.trace.iter().position(|effect| effect == name).unwrap();
    assert_eq!(rig.trace.iter().filter(|effect| *effect == "save").count(), 1, "and not before");
    assert!(of("send") < of("save"));
}

#[test]
fn f01_a_probe_that_brings_a_cookie_makes_the_page_count_no_less() {
    let mut rig = kept_alive(TOKEN);
    page_and(&mut rig, |now| {
        let head = [("content-type", "application/json"), ("set-cookie", "sid=canary-s2; Path=/")];
        reply(200, &head, r#"{"email":"ana@example.com"}"#, now)
    });
    assert_eq!(rig.refresh().end, End::Renewed { probe: Some(true) });
    assert_eq!(rig.stored().current.generation, Generation(2));
}

#[test]
fn f01_two_redirects_that_both_brought_a_cookie_are_the_services_as_one_is() {
    let mut rig = with_cookies(&cookies_with("GET", TOKEN));
    rig.answers = Box::new(|request, now| {
        let (to, cookie) = match request.url.path() {
            "/auth/refresh" => ("/on", "sid=canary-s2; Path=/"),
            "/on" => ("/home", "sid=canary-s3; Path=/"),
            _ => return page(now),
        };
        reply(302, &[("location", to), ("set-cookie", cookie)], "", now)
    });
    let end = rig.refresh().end;
    assert!(matches!(end, End::Renewed { .. }), "{end:?}");
    assert_eq!(rig.requests.len(), 3, "asked once");
}

#[test]
fn f01_a_page_and_a_probe_that_says_no_are_a_no_and_nothing_is_newer() {
    let mut rig = kept_alive(TOKEN);
    page_and(&mut rig, |now| json(401, "{}", now));
    assert_eq!(rig.refresh().end, End::Rejected { last: false, lost: false });
    assert_eq!(rig.stored().current.generation, Generation(1));
}

#[test]
fn f01_a_probe_that_the_service_answers_without_a_word_shows_that_no_network_stands_before_it() {
    for probe in [|now| json(403, "{}", now), |now| json(200, "{}", now)] {
        let mut rig = kept_alive(TOKEN);
        page_and(&mut rig, probe);
        assert_eq!(rig.refresh().end, End::Renewed { probe: None });
        let current = rig.stored().current;
        assert_eq!((current.generation, current.is_proven), (Generation(2), false));
    }
}

#[test]
fn f01_a_probe_that_cannot_be_asked_never_tells_and_the_page_counts() {
    let of_var = |toml: String| toml.replace("/api/me\"", "/api/{{var.team}}\"");
    let toml = cookies_with("GET", TOKEN).replace("spends = true\n", "");
    let probe = "[[probe]]\nrequest = { method = \"GET\", url = \"https://app.example.com/api/me\", auth = \"cookies\" }\n";
    let save = "[[refresh]]\nstrategy = \"http\"\nsave = { \"var.team\" = \"cookie:team?\" }\n";
    let toml =
        format!("{}{}", toml.replace("[[refresh]]\nstrategy = \"http\"\n", save), of_var(probe.to_owned()));
    let mut rig = with_cookies(&toml);
    rig.answers = Box::new(|_, now| page(now));
    assert_eq!(rig.run(Purpose::Probe).end, End::ProbeSilent, "of what is stored it says nothing either");
    assert_eq!(rig.stored().current.generation, Generation(1));
    assert_eq!(rig.refresh().end, End::Renewed { probe: None });
    assert_eq!(rig.requests, ["GET /auth/refresh"]);
}

#[test]
fn f01_what_a_file_finds_in_a_page_or_its_head_makes_it_the_services_own() {
    for mark in ["text:(Sign out)", "header:x-team"] {
        let mut rig = kept_alive(&format!("{TOKEN}, \"step.mark\" = \"{mark}\""));
        rig.answers = Box::new(|request, now| match request.url.path() {
            "/api/me" => reply(502, &[], "", now),
            _ => {
                let head = [("content-type", "text/html"), ("x-team", "blue")];
                reply(200, &head, "<html>Ana <a>Sign out</a>", now)
            }
        });
        assert_eq!(rig.refresh().end, End::Renewed { probe: None }, "{mark}");
        page_and(&mut rig, page);
        let end = rig.refresh().end;
        assert_eq!(
            end,
            End::Refused { status: 200, cause: Cause::Page { status: 200 } },
            "{mark} is not there"
        );
    }
}

#[test]
fn f01_one_answer_that_is_no_bare_page_is_enough_for_all_of_its_steps() {
    let step = |path: &str| {
        format!(
            "[[refresh.steps]]\nmethod = \"GET\"\nurl = \"https://app.example.com{path}\"\nauth = \"cookies\"\n"
        )
    };
    for (first, last) in [("/page", "/told"), ("/told", "/page"), ("/page", "/page")] {
        let toml = cookies_with("GET", TOKEN).replace("spends = true\n", "");
        let (head, _) = toml.split_once("[[refresh.steps]]").unwrap();
        let head = format!("{head}save = {{ {TOKEN} }}\n");
        let probe = "[[probe]]\nrequest = { method = \"GET\", url = \"https://app.example.com/api/me\", auth = \"cookies\" }\n";
        let mut rig = with_cookies(&format!("{head}{}{}{probe}", step(first), step(last)));
        rig.answers = Box::new(|request, now| match request.url.path() {
            "/told" => reply(204, &[], "", now),
            "/page" => page(now),
            _ => reply(502, &[], "", now),
        });
        let end = rig.refresh().end;
        assert_eq!(is_page(&end), first == last, "{first} {last}: {end:?}");
    }
}

const MARK: &str = "\"step.x\" = \"json:x\"";

/// Two rungs of two steps each, `a1` to `b2`, that save this.
fn rungs(saves: [&str; 4]) -> Rig {
    let step = |(path, save): (&str, &str)| {
        let url = format!("method = \"GET\"\nurl = \"https://app.example.com/{path}\"\nauth = \"cookies\"\n");
        format!("[[refresh.steps]]\n{url}save = {{ {save} }}\n")
    };
    let rung = "[[refresh]]\nstrategy = \"http\"\n";
    let (head, _) = COOKIES.split_once("[[refresh]]").unwrap();
    let [a1, a2, b1, b2] = [("a1", saves[0]), ("a2", saves[1]), ("b1", saves[2]), ("b2", saves[3])].map(step);
    with_cookies(&format!("{head}{rung}{a1}{a2}{rung}{b1}{b2}"))
}

/// An answer as programs get it, with another cookie.
fn rotated(status: u16, more: (&'static str, &'static str), now: Now) -> Exchange {
    let head = [("content-type", "application/json"), ("set-cookie", "sid=canary-s2; Path=/"), more];
    reply(status, &head, r#"{"y":"1"}"#, now)
}

/// The attempt passes, what it brought is stored, and of the token nothing.
fn keeps_the_cookie_and_no_token(rig: &mut Rig, answers: fn(&str, Now) -> Exchange) {
    let before = got(rig);
    rig.answers = Box::new(move |request, now| answers(request.url.path(), now));
    let end = rig.refresh().end;
    assert_eq!(end, End::Transient { retry_after: None, cause: Cause::Status { status: 503 } });
    let jar = rig.stored().current.jar;
    assert!(jar.cookies.iter().any(|cookie| shown(&cookie.value) == "canary-s2"), "what was got is stored");
    assert_eq!(got(rig), before, "a page has made no token newer");
}

#[test]
fn f01_what_a_page_made_of_the_token_is_not_stored_with_what_other_answers_brought() {
    let mut rig = rungs([TOKEN, MARK, "\"step.y\" = \"json:y\"", MARK]);
    keeps_the_cookie_and_no_token(&mut rig, |path, now| match path {
        "/a1" | "/a2" => page(now),
        "/b1" => rotated(200, ("x-other", "1"), now),
        _ => reply(503, &[], "", now),
    });
    let mut rig = rungs([MARK, MARK, TOKEN, MARK]);
    keeps_the_cookie_and_no_token(&mut rig, |path, now| match path {
        "/a1" => rotated(200, ("x-other", "1"), now),
        "/b1" => page(now),
        _ => reply(503, &[], "", now),
    });
}

#[test]
fn f01_what_came_behind_a_page_is_the_services_and_stored() {
    let late = |path: &str, now: Now| match path {
        "/a1" => page(now),
        "/a2" => rotated(200, ("x-other", "1"), now),
        _ => reply(503, &[], "", now),
    };
    let hop = |path: &str, now: Now| match path {
        "/a1" => page(now),
        "/a2" => rotated(302, ("location", "/a3"), now),
        "/a3" => json(401, "{}", now),
        _ => reply(503, &[], "", now),
    };
    for answers in [late as fn(&str, Now) -> Exchange, hop] {
        let mut rig = rungs([TOKEN, MARK, TOKEN, MARK]);
        rig.answers = Box::new(move |request, now| answers(request.url.path(), now));
        assert!(matches!(rig.refresh().end, End::Transient { .. }));
        let jar = rig.stored().current.jar;
        assert!(jar.cookies.iter().any(|cookie| shown(&cookie.value) == "canary-s2"));
    }
}
