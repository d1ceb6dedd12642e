//! Pages, probes and Chrome: F25, F34, F35, F58, F60, F61.

use lamplighter_core::account::{Answer, Ask, Block, Event, Session};
use lamplighter_core::api::Standing;
use lamplighter_core::exchange::{BrowserEnd, BrowserResult, Exchange, HttpRequest, NoChrome};
use lamplighter_core::refresh::End;
use lamplighter_core::report::Code;
use lamplighter_core::time::Now;

use super::line::{Line, MIN};
use crate::machines::rig::{json, minted, reply};
use crate::machines::{COOKIES, OAUTH};

const BROWSER: &str = r#"
[[refresh]]
strategy = "browser"
url = "https://app.example.com/"
ready = [{ local_storage = "access_token" }]
save = { "token.access" = "local_storage:access_token" }
[[probe]]"#;

fn is_session(request: &HttpRequest) -> bool {
    request.url.path() == "/api/session"
}

fn ana(now: Now) -> Exchange {
    json(200, r#"{"email":"ana@example.com"}"#, now)
}

/// A new token and `cookie`.
fn renewed(cookie: &str, now: Now) -> Exchange {
    let headers = [("content-type", "application/json"), ("set-cookie", cookie)];
    reply(200, &headers, r#"{"access_token":"canary-a2"}"#, now)
}

#[test]
fn f25_a_new_token_that_is_refused_at_first_is_tried_three_times_before_it_is_called_bad() {
    let mut line = Line::new(COOKIES);
    let mut probes = 0;
    line.rig.answers = Box::new(move |request, now| {
        if is_session(request) {
            return renewed("sid=canary-s2; Path=/", now);
        }
        probes += 1;
        if probes <= 3 { json(401, "{}", now) } else { ana(now) }
    });
    assert_eq!(line.refresh(), End::Renewed { probe: Some(false) });
    line.record_is_one_newer();
    line.waits("refused once");
    line.pass(10 * MIN);
    line.is_fine();
    assert_eq!(line.rig.token(), "canary-a2", "the new one, after all");
}

#[test]
fn f34_an_answer_that_deletes_the_session_is_kept_beside_the_one_before_and_undone_if_that_passes() {
    let mut line = Line::new(COOKIES);
    line.rig.answers = Box::new(|request, now| match () {
        () if is_session(request) => renewed("sid=canary-s1; Path=/; Max-Age=86400", now),
        () => ana(now),
    });
    assert_eq!(line.refresh(), End::Renewed { probe: Some(true) });
    line.record_is_one_newer();
    line.rig.answers = Box::new(|request, now| {
        let has_cookie = request.headers.iter().any(|(name, _)| name == "Cookie");
        match () {
            () if is_session(request) => renewed("sid=; Path=/; Max-Age=0", now),
            () if has_cookie => ana(now),
            () => json(401, "{}", now),
        }
    });
    line.pass(MIN);
    assert_eq!(line.refresh(), End::Renewed { probe: Some(false) });
    line.record_is_one_newer();
    let doubted = line.rig.stored();
    assert!(doubted.current.jar.is_empty() && doubted.proven.is_some(), "both are there");
    line.waits("refused once");
    line.pass(10 * MIN);
    let back = line.rig.stored();
    assert_eq!(back.current.jar.cookies.len(), 1, "{:?}", line.ends);
    assert_eq!(back.current.generation.0, doubted.current.generation.0 + 1, "N + 2, as design says");
}

#[test]
fn f35_a_login_page_with_status_200_is_a_no_by_the_providers_own_sign() {
    let signs = COOKIES
        .replace("{ url = \"*/login*\" }", "{ url = \"*/login*\" }, { json = \"page\", equals = \"login\" }");
    let mut line = Line::new(&signs);
    line.rig.answers = Box::new(|_, now| json(200, r#"{"page":"login"}"#, now));
    assert_eq!(line.refresh(), End::Rejected { last: false, lost: false });
    line.record_is_unchanged();
    line.waits("refused once");
    line.pass(10 * MIN);
    assert!(matches!(line.session(), Session::Dead { .. }), "{:?}", line.session());
    line.record_is_unchanged();
    assert_eq!(line.tells("ended the session").code, Code::NeedsLogin);
    assert_eq!(line.toasts.len(), 1);
}

/// The cheap way says no, and Chrome ends like this.
fn visiting(end: BrowserEnd) -> Line {
    let mut line = Line::new(&COOKIES.replacen("[[probe]]", BROWSER, 1));
    line.rig.answers =
        Box::new(|request, now| if is_session(request) { json(401, "{}", now) } else { ana(now) });
    // The first probe writes down who it is.
    let account = line.rig.account.clone();
    line.event(Event::CheckAsked { account });
    line.pass(MIN);
    line.compare_from_here();
    line.rig.visits = Box::new(move |_, now| BrowserResult {
        end,
        url: None,
        cookies: None,
        storage: None,
        request_headers: Vec::new(),
        user_agent: None,
        took: std::time::Duration::from_secs(2),
        at: now,
    });
    line.refresh();
    line
}

#[test]
fn f60_a_missing_chrome_has_its_own_words_and_says_nothing_of_the_login() {
    for (why, what) in [
        (NoChrome::Missing, "No Chrome was found"),
        (NoChrome::NoSandbox, "No Chrome could be started"),
        (NoChrome::Silent, "No Chrome could be started"),
    ] {
        let mut line = visiting(BrowserEnd::CannotRun(why));
        assert_eq!(line.end(), End::CannotRun { no_chrome: Some(why) });
        line.record_is_unchanged();
        let told = line.waits(what);
        assert_eq!(told.code, Code::NoChrome);
        line.pass(3 * 60 * MIN);
        line.waits(what);
        line.record_is_unchanged();
        assert!(line.toasts.len() <= 1, "{:?}", line.toasts);
    }
}

#[test]
fn f60_a_chrome_that_crashes_or_hangs_ends_no_session() {
    let line = visiting(BrowserEnd::Crashed);
    assert!(matches!(line.end(), End::Unknown { .. }), "{:?}", line.end());
    line.record_is_unchanged();
    line.waits("Chrome crashed");
    let line = visiting(BrowserEnd::TimedOut);
    assert!(!matches!(line.end(), End::Rejected { .. }), "{:?}", line.end());
    line.record_is_unchanged();
    line.waits("not done in time");
}

#[test]
fn f61_another_person_is_asked_about_and_the_session_stays_as_it_is() {
    let mut line = Line::new(COOKIES);
    line.rig.answers = Box::new(|request, now| match () {
        () if is_session(request) => renewed("sid=canary-s1; Path=/", now),
        () => ana(now),
    });
    line.refresh();
    line.record_is_one_newer();
    line.rig.answers = Box::new(|_, now| json(200, r#"{"email":"bob@example.com"}"#, now));
    let account = line.rig.account.clone();
    line.event(Event::CheckAsked { account });
    line.pass(MIN);
    assert!(matches!(line.session(), Session::Blocked { why: Block::WrongPerson { .. }, .. }));
    line.record_is_unchanged();
    let told = line.tells("bob@example.com");
    assert_eq!((told.code, line.standing()), (Code::Blocked, Standing::NeedsYou));
}

/// A program says that it got a 401 with the token that it was given.
fn report(line: &mut Line) -> Answer {
    let digest = Some([1; 32]);
    let ask = Ask { name: None, min_valid: None, stale: false, rejected: digest, current: digest };
    let answer = line.accounts.answer(&line.rig.account, &ask, line.rig.clock.now());
    if let Answer::Report { chain } = &answer {
        let account = line.rig.account.clone();
        line.event(Event::Reported { account, chain: chain.clone() });
        line.perform();
    }
    answer
}

#[test]
fn f58_a_fresh_token_that_gets_401_again_and_again_is_said_to_be_good_and_costs_three_looks_an_hour() {
    // The probe accepts it: nothing is refreshed for a report.
    let mut line = Line::new(COOKIES);
    line.rig.answers =
        Box::new(|request, now| if is_session(request) { renewed("a=1", now) } else { ana(now) });
    let account = line.rig.account.clone();
    line.event(Event::CheckAsked { account });
    line.perform();
    line.compare_from_here();
    let before = line.rig.requests.len();
    for _ in 0..20 {
        line.pass(MIN);
        assert!(matches!(report(&mut line), Answer::Report { .. } | Answer::Serve { still_good: true, .. }));
        line.record_is_unchanged();
    }
    assert!(line.rig.requests.iter().all(|request| request.ends_with("/me")), "{:?}", line.rig.requests);
    assert!(line.rig.requests.len() - before <= 21, "{:?}", line.rig.requests);
    line.is_fine();

    // Without a probe a report is believed: once a minute at the earliest, three times an hour.
    let mut line = Line::new(OAUTH);
    let mut n = 1;
    line.rig.answers = Box::new(move |_, now| {
        n += 1;
        minted(n, now)
    });
    line.pass(2 * MIN);
    for _ in 0..55 {
        if matches!(report(&mut line), Answer::Report { .. }) {
            line.record_is_one_newer();
        } else {
            line.record_is_unchanged();
        }
        line.is_fine();
        line.pass(MIN);
    }
    assert_eq!(line.rig.requests.len(), 3);
}
