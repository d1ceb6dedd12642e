//! A visit of Chrome that ends at the login page: what it throws away and what it brings, F35 and F60.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use lamplighter_core::account::{Death, Session};
use lamplighter_core::exchange::{BrowserEnd, BrowserResult, BrowserVisit, Exchange, HttpRequest};
use lamplighter_core::id::{ChainName, Generation};
use lamplighter_core::jar::Cookie;
use lamplighter_core::record::{Material, StorageArea, StorageItem};
use lamplighter_core::refresh::{Doubt, End, Purpose};
use lamplighter_core::time::Now;

use super::line::{Line, MIN};
use crate::machines::rig::{Rig, body, held, json, minted, reply, shown};
use crate::machines::{COOKIES, OAUTH};

const BROWSER: &str = r#"
[[refresh]]
strategy = "browser"
url = "https://app.example.com/"
ready = [{ local_storage = "access_token" }]
save = { "token.access" = "local_storage:access_token", "refresh.main" = "local_storage:rotates?" }
"#;

/// What the login page does with the session that Chrome came with.
#[derive(Clone, Copy, PartialEq)]
enum Page {
    /// The cookie is gone.
    Empties,
    /// It is the one of a new session of nobody's.
    Replaces,
    /// It was the next one of a service that rotates before the bad moment came.
    Rotates,
}

struct Service {
    page: Page,
    /// Nobody is let in.
    is_bad: bool,
    /// The session that is good.
    good: String,
    /// The sessions that came.
    came: Vec<String>,
}

impl Service {
    fn lets_in(&mut self, sid: Option<String>) -> bool {
        let sid = sid.unwrap_or_default();
        self.came.push(sid.clone());
        if self.page == Page::Rotates && self.good == "canary-s2" && sid == "canary-s1" {
            // The older one comes again: stolen, and all is over.
            self.good.clear();
        }
        !self.is_bad && sid == self.good
    }

    fn answer(&mut self, request: &HttpRequest, now: Now) -> Exchange {
        let cookies =
            request.headers.iter().find(|(name, _)| name == "Cookie").map(|(_, value)| shown(value));
        let sid = cookies.and_then(|cookies| cookies.strip_prefix("sid=").map(str::to_owned));
        match request.url.path() {
            _ if !self.lets_in(sid) => {
                let gone = "sid=; Path=/; Max-Age=0";
                reply(302, &[("location", "/login"), ("set-cookie", gone)], "", now)
            }
            "/api/me" => json(200, r#"{"email":"ana@example.com"}"#, now),
            _ => json(200, r#"{"access_token":"canary-a2"}"#, now),
        }
    }

    fn visit(&mut self, visit: &BrowserVisit, end: BrowserEnd, now: Now) -> BrowserResult {
        let sid = visit.cookies.iter().find(|cookie| cookie.name == "sid");
        let is_in = self.lets_in(sid.map(|sid| shown(&sid.value)));
        let was_good = sid.is_some_and(|sid| shown(&sid.value) == self.good);
        let mut cookies: Vec<Cookie> = sid.into_iter().map(Cookie::duplicate).collect();
        if !is_in {
            match self.page {
                Page::Empties => cookies.clear(),
                Page::Replaces => cookies.iter_mut().for_each(|sid| sid.value = "canary-nobody".into()),
                Page::Rotates if was_good => {
                    self.good = "canary-s2".to_owned();
                    cookies.iter_mut().for_each(|sid| sid.value = "canary-s2".into());
                }
                Page::Rotates => {}
            }
        }
        BrowserResult {
            end: if is_in { BrowserEnd::Ready } else { end },
            url: None,
            cookies: Some(cookies),
            storage: Some(if is_in { vec![item("access_token", "canary-a2")] } else { Vec::new() }),
            request_headers: Vec::new(),
            user_agent: None,
            took: Duration::from_secs(2),
            at: now,
        }
    }
}

fn item(key: &str, value: &str) -> StorageItem {
    let origin = "https://app.example.com".to_owned();
    StorageItem { origin, area: StorageArea::Local, key: key.to_owned(), value: value.into() }
}

fn sid(material: &Material) -> Option<String> {
    material.jar.cookies.iter().find(|cookie| cookie.name == "sid").map(|sid| shown(&sid.value))
}

/// An account with a good session, at a service in a bad moment.
fn met(page: Page, has_probe: bool, end: BrowserEnd) -> (Line, Rc<RefCell<Service>>) {
    let (ladder, after) = COOKIES.split_once("[[probe]]").expect("a probe");
    let (probe, dead) = after.split_once("[dead]").expect("signs");
    let probe = if has_probe { format!("[[probe]]{probe}") } else { String::new() };
    let mut line = Line::new(&format!("{ladder}{BROWSER}{probe}\n[dead]{dead}"));
    let mut record = line.rig.stored();
    let at = "https://app.example.com/".parse().expect("an address");
    record.current.jar.receive(&at, b"sid=canary-s1; Path=/", line.rig.clock.now().wall);
    record.current.is_proven = true;
    record.identity = Some("ana@example.com".to_owned());
    line.rig.put(&record);
    line.compare_from_here();
    let good = "canary-s1".to_owned();
    let service = Rc::new(RefCell::new(Service { page, is_bad: true, good, came: Vec::new() }));
    let (answers, visits) = (Rc::clone(&service), Rc::clone(&service));
    line.rig.answers = Box::new(move |request, now| answers.borrow_mut().answer(request, now));
    line.rig.visits = Box::new(move |visit, now| visits.borrow_mut().visit(visit, end, now));
    (line, service)
}

const REFUSED: End = End::Rejected { last: false, lost: false };

/// The bad moment is over: the login lives with what the service takes for good.
#[track_caller]
fn lives_with(line: &mut Line, service: &RefCell<Service>, good: &str) {
    service.borrow_mut().is_bad = false;
    line.pass(10 * MIN);
    assert!(matches!(line.session(), Session::Alive { .. }), "{:?} {:?}", line.session(), line.rig.requests);
    assert!(matches!(line.refresh(), End::Renewed { .. }), "{:?}", line.ends);
    assert_eq!(
        (line.rig.token().as_str(), sid(&line.rig.stored().current).as_deref()),
        ("canary-a2", Some(good))
    );
    line.is_fine();
}

#[test]
fn f35_f60_a_login_page_that_throws_the_session_away_throws_away_none_of_ours() {
    for has_probe in [true, false] {
        let (mut line, service) = met(Page::Empties, has_probe, BrowserEnd::Dead);
        assert_eq!(line.refresh(), REFUSED);
        assert!(line.rig.requests.contains(&"VISIT /".to_owned()));
        line.record_is_unchanged();
        line.waits("refused once");
        lives_with(&mut line, &service, "canary-s1");
    }
}

#[test]
fn f35_f60_a_login_page_with_a_session_of_its_own_takes_the_place_of_ours_until_the_confirming_try_at_most() {
    for has_probe in [true, false] {
        let (mut line, service) = met(Page::Replaces, has_probe, BrowserEnd::Dead);
        assert_eq!(line.refresh(), REFUSED);
        let record = line.rig.stored();
        assert!(!record.current.is_proven);
        let older = record.proven.expect("what was held is kept beside it");
        assert!(sid(&older).as_deref() == Some("canary-s1") && older.spent.is_empty());
        lives_with(&mut line, &service, "canary-s1");
    }
}

#[test]
fn f35_f60_a_session_that_was_rotated_before_the_login_page_came_is_asked_with_first_and_the_older_one_never()
{
    for has_probe in [true, false] {
        let (mut line, service) = met(Page::Rotates, has_probe, BrowserEnd::Dead);
        assert_eq!(line.refresh(), REFUSED);
        service.borrow_mut().came.clear();
        lives_with(&mut line, &service, "canary-s2");
        assert!(!service.borrow().came.contains(&"canary-s1".to_owned()), "{:?}", service.borrow().came);
    }
}

#[test]
fn f35_f60_a_session_that_is_over_is_over_when_both_are_refused_and_nothing_of_either_is_dropped() {
    let (mut line, service) = met(Page::Replaces, false, BrowserEnd::Dead);
    line.refresh();
    line.compare_from_here();
    service.borrow_mut().came.clear();
    line.pass(10 * MIN);
    assert!(matches!(line.session(), Session::Dead { reason: Death::Rejected, .. }), "{:?}", line.session());
    let (nobody, ours) = ("canary-nobody", "canary-s1");
    assert_eq!(service.borrow().came, [nobody, nobody, ours, ours]);
    line.record_is_unchanged();
    assert_eq!(line.toasts.len(), 1);
}

#[test]
fn f35_f60_a_login_page_after_a_login_page_drops_neither_of_two() {
    let (mut line, service) = met(Page::Replaces, false, BrowserEnd::Dead);
    line.refresh();
    line.compare_from_here();
    line.pass(MIN);
    assert_eq!(line.refresh(), REFUSED, "somebody cannot wait");
    line.record_is_unchanged();
    lives_with(&mut line, &service, "canary-s1");
}

#[test]
fn f35_f60_a_credential_that_the_page_has_rotated_is_what_is_sent_next() {
    let (mut line, _service) = met(Page::Empties, false, BrowserEnd::Dead);
    let mut record = line.rig.stored();
    let now = line.rig.clock.now();
    record.current.credentials.insert(ChainName::main(), held("canary-r1", 86_400, now));
    record.current.storage.push(item("rotates", "canary-r1"));
    line.rig.put(&record);
    line.rig.visits = Box::new(|visit, now| {
        let mut left = Service { page: Page::Empties, is_bad: true, good: String::new(), came: Vec::new() }
            .visit(visit, BrowserEnd::Dead, now);
        left.storage = Some(vec![item("rotates", "canary-r2")]);
        left
    });
    assert_eq!(line.refresh(), REFUSED);
    let record = line.rig.stored();
    assert_eq!(
        (line.rig.credential().as_str(), sid(&record.current).as_deref()),
        ("canary-r2", Some("canary-s1"))
    );
    let older = record.proven.expect("what was held is kept beside it");
    assert_eq!(shown(&older.credentials[&ChainName::main()].value), "canary-r1");
}

#[test]
fn f60_a_visit_that_comes_to_no_end_throws_the_session_away_as_little() {
    let (mut line, service) = met(Page::Empties, false, BrowserEnd::TimedOut);
    assert!(matches!(line.refresh(), End::Transient { .. }), "{:?}", line.end());
    line.record_is_unchanged();
    service.borrow_mut().is_bad = false;
    line.pass(60 * MIN);
    assert_eq!(line.rig.token(), "canary-a2");
    line.is_fine();
}

#[test]
fn f35_f60_a_visit_that_comes_to_no_end_and_has_a_session_of_its_own_spends_none_of_ours() {
    for end in [BrowserEnd::TimedOut, BrowserEnd::Crashed] {
        let (mut line, service) = met(Page::Replaces, false, end);
        line.refresh();
        let record = line.rig.stored();
        if let Some(older) = record.proven {
            assert!(sid(&older).as_deref() == Some("canary-s1") && older.spent.is_empty(), "{end:?}");
        }
        service.borrow_mut().is_bad = false;
        // The page shows its form when it is there again.
        let visits = Rc::clone(&service);
        line.rig.visits = Box::new(move |visit, now| visits.borrow_mut().visit(visit, BrowserEnd::Dead, now));
        line.pass(90 * MIN);
        lives_with(&mut line, &service, "canary-s1");
    }
}

/// What is held was never proven and has the credential `newer`; what it took the place of has `canary-r1`.
fn two_held(toml: &str, newer: &str) -> Rig {
    let mut rig = Rig::new(toml);
    let mut record = rig.stored();
    let at = "https://id.example.com/".parse().expect("an address");
    let mut older = record.current.duplicate();
    older.jar.receive(&at, b"sid=canary-s1; Path=/", rig.clock.now().wall);
    record.proven = Some(older);
    record.current.jar.receive(&at, b"sid=canary-nobody; Path=/", rig.clock.now().wall);
    record.current.credentials.insert(ChainName::main(), held(newer, 86_400, rig.clock.now()));
    record.current.generation = Generation(2);
    record.current.is_proven = false;
    rig.put(&record);
    rig
}

fn confirm(rig: &mut Rig) -> End {
    let basis = rig.stored().current.generation;
    rig.run(Purpose::Confirm { basis, why: Doubt::Rejected }).end
}

#[test]
fn f17_f35_what_the_newer_one_brought_before_it_was_refused_is_kept_and_its_credential_is_not_sent_again() {
    let cookies = r#"
[[refresh]]
strategy = "http"
[[refresh.steps]]
method = "GET"
url = "https://id.example.com/api/session"
auth = "cookies"
save = { "token.access" = "json:access_token" }
[dead]
any = [{ url = "*/login*" }]
"#;
    let mut rig = two_held(&format!("{OAUTH}{cookies}"), "canary-r1");
    rig.answers = Box::new(|request, now| match request.url.path() {
        "/token" => json(200, r#"{"refresh_token":"canary-r2"}"#, now),
        _ => reply(302, &[("location", "/login")], "", now),
    });
    assert_eq!(confirm(&mut rig), REFUSED);
    assert_eq!(rig.requests, ["POST /token", "GET /api/session"]);
    assert_eq!(rig.credential(), "canary-r2");
}

#[test]
fn f35_a_last_word_about_what_was_never_proven_leaves_the_older_one_to_be_asked() {
    let mut rig = two_held(OAUTH, "canary-r2");
    rig.answers = Box::new(|request, now| match body(request).contains("canary-r1") {
        true => minted(3, now),
        false => json(400, r#"{"error":"account_closed"}"#, now),
    });
    assert_eq!(rig.refresh().end, REFUSED);
    assert!(matches!(confirm(&mut rig), End::Renewed { .. }));
    assert_eq!(rig.credential(), "canary-r3");

    let mut rig = two_held(OAUTH, "canary-r2");
    rig.answers = Box::new(|_, now| json(400, r#"{"error":"account_closed"}"#, now));
    assert_eq!(
        confirm(&mut rig),
        End::Rejected { last: true, lost: false },
        "both are asked, and it is the last"
    );
    assert_eq!(rig.requests.len(), 2);
}

#[test]
fn f35_f60_the_next_way_goes_with_our_session_and_not_with_the_login_pages_own() {
    let (before, after) = OAUTH.split_once("[[refresh]]").expect("a rung");
    let toml = format!("{before}{}[[refresh]]{after}", BROWSER.replace("app.example.com", "id.example.com"));
    for is_good in [true, false] {
        let mut rig = Rig::new(&toml);
        let mut record = rig.stored();
        let at = "https://id.example.com/".parse().expect("an address");
        record.current.jar.receive(&at, b"sid=canary-s1; Path=/", rig.clock.now().wall);
        rig.put(&record);
        rig.visits = Box::new(|visit, now| {
            Service { page: Page::Replaces, is_bad: true, good: String::new(), came: Vec::new() }.visit(
                visit,
                BrowserEnd::Dead,
                now,
            )
        });
        rig.answers = Box::new(move |_, now| match is_good {
            true => minted(2, now),
            false => json(400, r#"{"error":"invalid_grant"}"#, now),
        });
        let end = rig.refresh().end;
        assert_eq!(rig.requests, ["VISIT /", "POST /token"]);
        let record = rig.stored();
        if is_good {
            assert!(matches!(end, End::Renewed { .. }));
            assert_eq!(sid(&record.current).as_deref(), Some("canary-s1"));
        } else {
            assert_eq!((end, sid(&record.current).as_deref()), (REFUSED, Some("canary-nobody")));
            let older = record.proven.expect("what was held is kept beside it");
            assert!(sid(&older).as_deref() == Some("canary-s1") && older.spent.is_empty());
        }
    }
}

#[test]
fn f35_f37_power_that_fails_in_any_step_around_a_login_page_loses_neither_session() {
    for (page, is_confirming) in [(Page::Empties, false), (Page::Replaces, false), (Page::Replaces, true)] {
        for steps in 1..200 {
            let (mut line, service) = met(page, false, BrowserEnd::Dead);
            if is_confirming {
                line.refresh();
                service.borrow_mut().is_bad = false;
            }
            let basis = line.rig.stored().current.generation;
            let purpose = match is_confirming {
                true => Purpose::Confirm { basis, why: Doubt::Rejected },
                false => Purpose::Refresh { basis },
            };
            let is_over = line.rig.run_at_most(purpose, steps).is_some();
            line.restart(true);
            service.borrow_mut().is_bad = false;
            line.pass(40 * MIN);
            if !matches!(line.session(), Session::Alive { .. }) {
                line.refresh();
                line.pass(20 * MIN);
            }
            line.refresh();
            let session = line.session();
            assert!(
                matches!(session, Session::Alive { .. }),
                "after {steps} steps: {session:?} {:?}",
                line.ends
            );
            assert_eq!(sid(&line.rig.stored().current).as_deref(), Some("canary-s1"), "after {steps} steps");
            if is_over {
                break;
            }
            assert!(steps < 199);
        }
    }
}
