//! What passes by itself: F2, F3, F4, F5, F9, F10, F11, F12.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use lamplighter_core::account::{Block, Session};
use lamplighter_core::api::Standing;
use lamplighter_core::classify::{Cause, may_be_service};
use lamplighter_core::exchange::{Exchange, NoReply, NotSent};
use lamplighter_core::refresh::End;
use lamplighter_core::report::Code;
use lamplighter_core::text::Lang;
use lamplighter_core::time::Now;

use super::line::{Line, MIN};
use crate::machines::OAUTH;
use crate::machines::rig::{cut, json, minted, not_sent, reply};

/// A refresh that meets `answer` each time.
fn meeting(answer: impl Fn(Now) -> Exchange + 'static) -> Line {
    meeting_each(answer)
}

/// The same, and the answer can be another one each time.
fn meeting_each(mut answer: impl FnMut(Now) -> Exchange + 'static) -> Line {
    let mut line = Line::new(OAUTH);
    line.rig.answers = Box::new(move |_, now| answer(now));
    line.refresh();
    line
}

#[test]
fn f02_a_redirect_of_a_portal_leaves_the_record_alone_and_names_where_it_leads() {
    let mut line =
        meeting(|now| reply(302, &[("location", "https://portal.example.net/sign-in?x=1")], "", now));
    let cause = Cause::Redirected { host: "portal.example.net".to_owned() };
    assert_eq!(line.end(), End::Refused { status: 302, cause });
    assert_eq!(line.rig.requests, ["POST /token"], "it is not followed");
    line.record_is_unchanged();
    let told = line.waits("portal.example.net");
    assert_eq!(told.safe.as_deref(), Some("Your login is safe."));
    line.pass(60 * MIN);
    assert!(line.waits("portal.example.net").cure.unwrap().contains("sign in"), "its token has ended");
    line.goes_on();
}

#[test]
fn f03_a_certificate_that_is_not_trusted_says_interception_or_clock_and_costs_nothing() {
    let mut line = meeting(|now| not_sent(NotSent::Tls, now));
    assert!(matches!(line.end(), End::Transient { cause: Cause::NotSent { why: NotSent::Tls }, .. }));
    line.record_is_unchanged();
    let told = line.waits("not trustworthy");
    assert!(told.what.contains("clock") && told.what.contains("interferes"), "{told:?}");
    line.rig.is_host_up = false;
    line.pass(61 * MIN);
    let cure = line.tells("not trustworthy").cure.unwrap();
    assert!(cure.contains("clock") && !cure.contains("ignore"), "no way around it is offered: {cure}");
    line.goes_on();
}

#[test]
fn f04_no_name_and_no_route_leave_the_record_alone_and_are_one_toast() {
    for why in [NotSent::Dns, NotSent::Connect, NotSent::Proxy] {
        let mut line = meeting(move |now| not_sent(why, now));
        assert!(matches!(line.end(), End::Transient { .. }), "{why:?}");
        line.record_is_unchanged();
        line.waits("reach Test since").safe.unwrap();
        assert!(line.toasts.is_empty(), "quiet while there is a token");
        line.rig.is_host_up = false;
        line.pass(26 * 60 * MIN);
        assert_eq!(line.toasts, ["network"], "one for the outage");
        line.record_is_unchanged();
        line.waits("reach Test since");
        assert_eq!(line.rig.requests.len(), 1, "nothing with a credential goes out meanwhile");
        line.goes_on();
    }
}

#[test]
fn f05_connecting_for_too_long_is_nothing_sent() {
    let mut line = meeting(|now| not_sent(NotSent::Deadline, now));
    assert!(matches!(line.end(), End::Transient { .. }));
    line.record_is_unchanged();
    line.waits("connecting took too long");
    line.goes_on();
}

#[test]
fn f09_a_time_that_the_service_names_is_kept_to_and_told() {
    for (said, wait) in [("7200", 120), ("Thu, 01 Jan 2026 03:00:00 GMT", 179), ("9999999", 24 * 60)] {
        let mut line = meeting(move |now| reply(429, &[("retry-after", said)], "", now));
        assert!(matches!(line.end(), End::Transient { .. }));
        line.record_is_unchanged();
        line.waits("status 429");
        line.pass((wait - 1) * MIN);
        assert_eq!(line.rig.requests.len(), 1, "{said}: not before");
        line.pass(3 * MIN);
        assert_eq!(line.rig.requests.len(), 2, "{said}: then");
        line.record_is_unchanged();
    }
}

#[test]
fn f10_a_retry_after_without_sense_is_a_minute_and_no_loop() {
    for said in ["-5", "1e9", "soon", "0", "Thu, 01 Jan 1970 00:00:00 GMT"] {
        let mut line = meeting(move |now| reply(429, &[("retry-after", said)], "", now));
        line.record_is_unchanged();
        line.waits("status 429");
        line.pass(60 * MIN);
        let sent = line.rig.requests.len();
        assert!((2..=20).contains(&sent), "{said}: {sent} requests in an hour");
        line.record_is_unchanged();
        line.goes_on();
    }
}

#[test]
fn f11_a_service_that_is_down_for_a_day_costs_no_login_and_few_requests() {
    for (status, body) in [(503, ""), (500, r#"{"error":"oops"}"#)] {
        let mut line = meeting(move |now| json(status, body, now));
        assert!(matches!(line.end(), End::Transient { .. }), "{status}");
        line.record_is_unchanged();
        line.waits(if status == 503 { "status 503" } else { "oops" });
        line.pass(24 * 60 * MIN);
        let sent = line.rig.requests.len();
        assert!((10..=61).contains(&sent), "{status}: {sent} requests with a credential in a day");
        line.record_is_unchanged();
        let told = line.waits(if status == 503 { "status 503" } else { "oops" });
        assert!(told.cure.unwrap().starts_with("Nothing: it goes on by itself"));
        line.goes_on();
    }
}

#[test]
fn f11_a_service_that_fails_and_whose_check_fails_is_asked_within_a_minute_of_its_return() {
    for status in [503, 502] {
        let mut line = meeting(move |now| reply(status, &[], "<html>", now));
        line.rig.is_host_up = false;
        line.pass(24 * 60 * MIN);
        assert!(line.rig.requests.len() <= 60, "{status}: {} requests", line.rig.requests.len());
        assert_eq!(line.standing(), Standing::Waiting, "{status}");
        assert!(line.toasts.len() <= 1, "{status}: {:?}", line.toasts);
        line.record_is_unchanged();
        line.rig.is_host_up = true;
        line.rig.answers = Box::new(|_, now| minted(2, now));
        line.pass(MIN);
        line.record_is_one_newer();
    }
}

#[test]
fn f01_f11_a_check_that_passes_though_the_refresh_does_not_makes_no_loop() {
    let answers: [fn(Now) -> Exchange; 3] = [
        |now| reply(503, &[], "<html>", now),
        |now| reply(200, &[("content-type", "text/html")], "<html>sign in", now),
        |now| not_sent(NotSent::Connect, now),
    ];
    // Every other answer says that nothing can be reached: a check that passes ends that each time.
    for which in [[0, 0], [0, 2], [1, 2]] {
        let mut n = 0;
        let mut left = 0;
        let count = Rc::new(Cell::new(0));
        let seen = Rc::clone(&count);
        let mut line = meeting_each(move |now| {
            n += 1;
            let answer = answers[which[n % 2]](now);
            left += u32::from(which[n % 2] != 2);
            seen.set(left);
            answer
        });
        line.pass(24 * 60 * MIN);
        assert!(count.get() <= 61, "{which:?}: {} requests reached something", count.get());
        line.record_is_unchanged();
    }
}

#[test]
fn f09_a_time_that_the_service_names_is_kept_to_although_its_host_is_back() {
    let mut line = meeting(|now| reply(503, &[("retry-after", "7200")], "", now));
    line.rig.is_host_up = false;
    line.pass(10 * MIN);
    line.rig.is_host_up = true;
    line.pass(100 * MIN);
    assert_eq!(line.rig.requests.len(), 1, "not before");
    line.pass(15 * MIN);
    assert_eq!(line.rig.requests.len(), 2, "then");
}

#[test]
fn f01_behind_a_portal_the_door_of_the_refresh_is_looked_at_and_not_the_root_which_passes() {
    let door: url::Url = "https://id.example.com/token".parse().unwrap();
    let may_be = |answer: Exchange| may_be_service(&answer.reply.expect("a reply"), &door);
    let html = [("content-type", "text/html; charset=utf-8")];
    let now = Line::new(OAUTH).rig.clock.now();
    assert!(!may_be(reply(200, &html, "<html>sign in", now)), "a sign-in page");
    assert!(!may_be(reply(302, &[("location", "https://portal.example.net/")], "", now)), "leads elsewhere");
    assert!(!may_be(reply(503, &[], "", now)) && !may_be(reply(429, &[], "", now)));
    assert!(may_be(json(400, r#"{"error":"invalid_request"}"#, now)), "what a service says to a mistake");
    assert!(may_be(reply(405, &html, "<html>", now)) && may_be(json(200, r#"{"ok":false}"#, now)));
    assert!(may_be(reply(302, &[("location", "/login")], "", now)), "its own page of login");
    for (answer, wanted) in
        [(reply(200, &html, "<html>", now), Some(door.as_str())), (not_sent(NotSent::Dns, now), None)]
    {
        let mut line = meeting_each({
            let mut answer = Some(answer);
            move |now| answer.take().unwrap_or_else(|| cut(NoReply::Cut, now))
        });
        line.pass(2 * MIN);
        assert_eq!(line.doors.first().expect("it is looked at").as_deref(), wanted);
    }
}

#[test]
fn f11_a_request_that_never_left_costs_nothing_of_what_a_day_may_cost() {
    let line = meeting(|now| not_sent(NotSent::Connect, now));
    assert_eq!(line.ends.last().expect("an end").requests, 0);
}

#[test]
fn f12_a_firewall_is_waited_for_a_day_and_then_the_person_is_told_and_nothing_is_deleted() {
    for status in [403, 451] {
        let mut line = meeting(move |now| {
            reply(status, &[("content-type", "text/html")], "<html>Request blocked</html>", now)
        });
        let cause = Cause::Status { status };
        assert_eq!(line.end(), End::Refused { status, cause });
        line.record_is_unchanged();
        line.waits("status 4");
        line.pass(23 * 60 * MIN);
        assert_eq!(line.standing(), Standing::Waiting);
        line.pass(2 * 60 * MIN);
        let is_blocked = matches!(line.session(), Session::Blocked { why: Block::Refused { .. }, .. });
        assert!(is_blocked, "{:?}", line.session());
        line.record_is_unchanged();
        let told = line.tells("has refused for a day");
        assert_eq!((told.code, line.toasts.len()), (Code::Blocked, 1));
        let sent = line.rig.requests.len();
        line.pass(24 * 60 * MIN);
        assert_eq!(line.rig.requests.len(), sent, "and nothing more is sent");
    }
}

#[test]
fn f44_a_wall_clock_that_jumps_leads_to_no_storm_and_no_dead_token() {
    let day: i64 = 24 * 3_600_000;
    for jump in [day, -day, 3_650 * day, -20_454 * day, 3_600_000] {
        let mut line = Line::new(OAUTH);
        let first = line.rig.stored().current.generation.0;
        let mut n = 1;
        line.rig.answers = Box::new(move |_, now| {
            n += 1;
            crate::machines::rig::minted(n, now)
        });
        line.pass(10 * MIN);
        line.rig.clock.jump_wall(jump);
        line.pass(40 * MIN);
        assert!(line.rig.requests.len() <= 1, "{jump}: one extra at most: {}", line.rig.requests.len());
        line.pass(70 * MIN);
        let sent = line.rig.requests.len();
        assert!((1..=3).contains(&sent), "{jump}: {sent}");
        let generation = line.rig.stored().current.generation.0;
        assert_eq!(generation, first + sent as u64, "{jump}: a generation for each request, and no other");
        assert_eq!(line.told(Lang::En), None, "{jump}");
        assert!(line.toasts.is_empty());
    }
}

#[test]
fn f45_after_eight_hours_of_sleep_one_refresh_makes_it_good_again() {
    for asleep in [1, 8 * 60, 30 * 24 * 60] {
        let mut line = Line::new(OAUTH);
        line.rig.answers = Box::new(|_, now| crate::machines::rig::minted(2, now));
        line.rig.clock.advance(asleep * MIN);
        line.pass(Duration::from_secs(45));
        let is_due = asleep > 60;
        assert_eq!(line.rig.requests.len(), usize::from(is_due), "{asleep} minutes");
        if is_due {
            line.record_is_one_newer();
        } else {
            line.record_is_unchanged();
        }
        line.is_fine();
    }
}

#[test]
fn f47_a_network_that_flaps_for_ten_minutes_costs_no_login_and_says_one_thing_at_most() {
    for is_lucky in [false, true] {
        let is_up = Rc::new(Cell::new(false));
        let up = Rc::clone(&is_up);
        let mut line = Line::new(OAUTH);
        let mut n = 1;
        line.rig.answers = Box::new(move |_, now| {
            // The check passes, and when the request leaves the network is gone again: or there still.
            if !(up.get() && is_lucky) {
                return not_sent(NotSent::Connect, now);
            }
            n += 1;
            minted(n, now)
        });
        line.refresh();
        line.record_is_unchanged();
        line.waits("reach Test since");
        for second in 0..300 {
            is_up.set(second % 2 == 1);
            line.rig.is_host_up = is_up.get();
            line.pass(Duration::from_secs(2));
        }
        assert!(line.toasts.len() <= 1, "{:?}", line.toasts);
        if is_lucky {
            // Each was sent once: what came is the next generation, and no second one.
            line.record_is_one_newer();
            assert_eq!((line.rig.token().as_str(), line.told(Lang::En)), ("canary-a2", None));
        } else {
            line.record_is_unchanged();
            line.waits("Test");
            line.goes_on();
        }
    }
}
