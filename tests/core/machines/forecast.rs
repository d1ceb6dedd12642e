//! A login's end that no refresh moves is foreseen, and the person is told in time, once (S0.5, I8).

use std::time::Duration;

use lamplighter_core::account::{Accounts, Event, Job, Work};
use lamplighter_core::exchange::NoChrome;
use lamplighter_core::id::ChainName;
use lamplighter_core::jar::{Cookie, SameSite};
use lamplighter_core::record::{Held, Record};
use lamplighter_core::refresh::End;
use lamplighter_core::time::{Expiry, Now, Timestamp};

use super::desk::{Desk, MIN};
use super::rig::held;
use super::{COOKIES, OAUTH};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Only the person can renew it.
const PASTED: &str = r#"
format = 1
name = "Test"
hosts = ["app.example.com"]
[[login]]
kind = "paste"
[login.fields]
"token.access" = { label = "Token", secret = true }
[tokens.access]
expires = ["jwt"]
[[refresh]]
strategy = "manual"
[[probe]]
request = { method = "GET", url = "https://app.example.com/api/me", auth = "token:access" }
"#;

/// Half an hour at a time, everything that the engine starts goes well.
fn live(desk: &mut Desk, time: Duration) {
    let end = desk.clock.now().wall.plus(time);
    while desk.clock.now().wall < end {
        desk.pass(end.since(desk.clock.now().wall).min(30 * MIN));
        while let Some((id, _, job)) = desk.running.first().cloned() {
            let is_probe = matches!(job, Job::Probe { .. });
            desk.generation += 1;
            desk.end_of(&id, if is_probe { End::Proven } else { End::Renewed { probe: Some(true) } });
        }
    }
}

fn told(desk: &Desk) -> usize {
    desk.toasts.iter().filter(|key| key.ends_with(":will-end")).count()
}

fn ends(desk: &Desk) -> Option<Timestamp> {
    desk.accounts.ends(&desk.ids[0], desk.clock.now())
}

fn after(desk: &Desk, life: Duration) -> Option<Timestamp> {
    Some(desk.began.wall.plus(life))
}

fn credential(record: &mut Record, got: Now, life: Duration) {
    let expiry = Some(Expiry::after(life, got, None));
    record.current.credentials.insert(ChainName::main(), Held { value: "r".into(), got, expiry });
}

fn token(record: &mut Record, desk: &Desk, life: Duration) {
    let now = desk.clock.now();
    record.current.tokens.values_mut().for_each(|token| *token = held("t", life.as_secs(), now));
}

fn cookie(record: &mut Record, expires: Timestamp) {
    record.current.credentials.clear();
    record.current.jar.put(Cookie {
        name: "sid".to_owned(),
        value: "s".into(),
        domain: "app.example.com".to_owned(),
        host_only: true,
        path: "/".to_owned(),
        secure: true,
        http_only: true,
        same_site: SameSite::Lax,
        expires: Some(expires),
        partitioned: false,
    });
}

fn cookies_that_end() -> String {
    COOKIES.replace("[[refresh]]", "[chains.main]\nexpires = [\"cookie:sid\"]\n[[refresh]]")
}

#[test]
fn s0_5_a_login_that_nothing_renews_is_told_of_once_on_the_day_before() {
    let mut desk = Desk::with(PASTED, 1, |record, desk| {
        record.current.credentials.clear();
        record.current.tokens.values_mut().for_each(|token| *token = held("t", 10 * 86_400, desk.began));
    });
    assert_eq!(desk.accounts.renewable(&desk.ids[0]), Some(false));
    live(&mut desk, 9 * DAY - HOUR);
    assert_eq!((told(&desk), ends(&desk)), (0, after(&desk, 10 * DAY)));
    live(&mut desk, 2 * HOUR);
    assert_eq!(told(&desk), 1);
    live(&mut desk, 22 * HOUR);
    assert_eq!((told(&desk), desk.toasts.len(), desk.closed.len()), (1, 1, 0), "no reminder, nothing else");
    live(&mut desk, 2 * HOUR);
    assert!(desk.closed[0].ends_with(":will-end"), "what was foreseen has come");
    assert!(desk.toasts[1].ends_with(":needs-you") && desk.toasts.len() == 2);
    assert_eq!(ends(&desk), None);
}

#[test]
fn s0_5_of_a_short_life_half_is_left_when_it_is_told() {
    let mut desk = Desk::with(PASTED, 1, |record, desk| {
        record.current.credentials.clear();
        record.current.tokens.values_mut().for_each(|token| *token = held("t", 8 * 3600, desk.began));
    });
    live(&mut desk, 4 * HOUR - MIN);
    assert_eq!(told(&desk), 0);
    live(&mut desk, 2 * MIN);
    assert_eq!(told(&desk), 1);
}

#[test]
fn s0_5_a_credential_that_refreshing_leaves_as_it_is_has_an_end_to_tell_of() {
    let mut desk = Desk::with(OAUTH, 1, |record, desk| {
        token(record, desk, HOUR);
        credential(record, desk.began, 30 * DAY);
    });
    assert_eq!(ends(&desk), None, "whether a refresh moves it is not known before the first one");
    live(&mut desk, HOUR);
    assert_eq!(ends(&desk), after(&desk, 30 * DAY));
    live(&mut desk, 29 * DAY - 2 * HOUR);
    assert_eq!(told(&desk), 0);
    live(&mut desk, 2 * HOUR);
    assert_eq!(told(&desk), 1);
    live(&mut desk, 20 * HOUR);
    assert_eq!((told(&desk), desk.toasts.len()), (1, 1));
}

#[test]
fn s0_5_a_credential_that_is_new_with_the_same_end_is_no_new_session() {
    let mut desk = Desk::with(OAUTH, 1, |record, desk| {
        token(record, desk, HOUR);
        let now = desk.clock.now();
        credential(record, now, desk.began.wall.plus(10 * DAY).since(now.wall));
    });
    live(&mut desk, 2 * HOUR);
    assert_eq!(ends(&desk), after(&desk, 10 * DAY));
    live(&mut desk, 9 * DAY);
    assert_eq!(told(&desk), 1);
}

#[test]
fn i8_an_end_that_each_refresh_moves_is_none() {
    for made in [
        // Rotation: each credential lives as long as the first.
        (|record: &mut Record, desk: &Desk| {
            token(record, desk, HOUR);
            credential(record, desk.clock.now(), 20 * HOUR);
        }) as fn(&mut Record, &Desk),
        // The same credential, whose idle time starts again.
        |record, desk| {
            token(record, desk, HOUR);
            let used = desk.clock.now().wall.since(desk.began.wall);
            credential(record, desk.began, used + 20 * HOUR);
        },
    ] {
        let mut desk = Desk::with(OAUTH, 1, made);
        live(&mut desk, 60 * DAY);
        assert_eq!((desk.toasts.as_slice(), ends(&desk)), ([].as_slice(), None));
    }
}

#[test]
fn s0_5_a_session_cookie_tells_its_end_unless_refreshing_moves_it() {
    let mut desk = Desk::with(&cookies_that_end(), 1, |record, desk| {
        token(record, desk, HOUR);
        cookie(record, desk.began.wall.plus(14 * DAY));
    });
    live(&mut desk, 13 * DAY - HOUR);
    assert_eq!((told(&desk), ends(&desk)), (0, after(&desk, 14 * DAY)));
    live(&mut desk, 2 * HOUR);
    assert_eq!(told(&desk), 1);

    let mut desk = Desk::with(&cookies_that_end(), 1, |record, desk| {
        token(record, desk, HOUR);
        cookie(record, desk.clock.now().wall.plus(8 * HOUR));
    });
    live(&mut desk, 30 * DAY);
    assert_eq!((told(&desk), ends(&desk)), (0, None));
}

#[test]
fn s3_2_s0_5_the_end_of_a_limited_grant_is_told_of_on_the_day_before() {
    let limited = format!("{OAUTH}[policy]\ngrant = \"10d\"\n");
    let mut desk = Desk::of(&limited, 1);
    log_in(&mut desk);
    live(&mut desk, 9 * DAY - HOUR);
    assert_eq!((told(&desk), ends(&desk)), (0, after(&desk, 10 * DAY)));
    live(&mut desk, 2 * HOUR);
    assert_eq!(told(&desk), 1);
}

/// A login's commit; from then on its material counts.
fn log_in(desk: &mut Desk) {
    let id = desk.ids[0].clone();
    let work = Work { job: Job::Commit, ticket: 1 };
    desk.event(Event::Wanted { account: id.clone(), work });
    assert_eq!(desk.job(), Some(Job::Commit));
    desk.began = desk.clock.now();
    desk.generation += 1;
    desk.end_of(&id, End::Committed);
}

#[test]
fn s0_5_a_new_login_takes_the_notification_away_and_has_an_end_of_its_own() {
    let mut desk = Desk::with(OAUTH, 1, |record, desk| {
        token(record, desk, HOUR);
        credential(record, desk.began, 5 * DAY);
    });
    live(&mut desk, 4 * DAY + HOUR);
    assert_eq!((told(&desk), desk.closed.len()), (1, 0));
    log_in(&mut desk);
    assert!(desk.closed.len() == 1 && desk.closed[0].ends_with(":will-end"));
    live(&mut desk, 3 * DAY);
    assert_eq!((told(&desk), ends(&desk)), (1, after(&desk, 5 * DAY)));
    live(&mut desk, DAY + HOUR);
    assert_eq!(told(&desk), 2, "the next end is another matter");
}

#[test]
fn i8_nobody_is_told_of_an_end_at_a_locked_screen_or_while_logging_in_or_when_paused() {
    let made = |record: &mut Record, desk: &Desk| {
        record.current.credentials.clear();
        record.current.tokens.values_mut().for_each(|token| *token = held("t", 3 * 86_400, desk.began));
    };
    let id = |desk: &Desk| desk.ids[0].clone();
    let mut desk = Desk::with(PASTED, 1, made);
    desk.event(Event::Screen { locked: true });
    live(&mut desk, 2 * DAY + HOUR);
    assert_eq!(told(&desk), 0);
    desk.event(Event::Screen { locked: false });
    assert_eq!(told(&desk), 1);

    let mut desk = Desk::with(PASTED, 1, made);
    desk.event(Event::LoginStarted { account: id(&desk), login: "a".to_owned() });
    live(&mut desk, 2 * DAY + HOUR);
    assert_eq!(told(&desk), 0);
    desk.event(Event::LoginEnded { account: id(&desk) });
    assert_eq!(told(&desk), 1);

    let mut desk = Desk::with(PASTED, 1, made);
    desk.event(Event::Paused { account: None, paused: true });
    live(&mut desk, 2 * DAY + HOUR);
    assert_eq!(told(&desk), 0);
    for paused in [false, true, false] {
        desk.event(Event::Paused { account: None, paused });
    }
    assert_eq!(told(&desk), 1);
}

#[test]
fn i8_an_engine_that_starts_again_does_not_tell_of_the_same_end_again() {
    let mut desk = Desk::with(OAUTH, 1, |record, desk| {
        token(record, desk, HOUR);
        credential(record, desk.began, 5 * DAY);
    });
    live(&mut desk, 4 * DAY + HOUR);
    assert_eq!(told(&desk), 1);
    let id = desk.ids[0].clone();
    let kept = serde_json::to_string(desk.accounts.get(&id).unwrap()).unwrap();
    let rules = Box::new(desk.accounts.rules(&id).unwrap().clone());
    desk.accounts = Accounts::new(1);
    desk.event(Event::Known { account: Box::new(serde_json::from_str(&kept).unwrap()), rules });
    desk.pass(5 * MIN);
    assert_eq!((told(&desk), desk.closed.len()), (1, 0), "nothing is known before the record is read");
    desk.end_of(&id, End::Quiet);
    live(&mut desk, 20 * HOUR);
    assert_eq!((told(&desk), desk.closed.len()), (1, 0));
    assert_eq!(ends(&desk), after(&desk, 5 * DAY), "and it is still known");
}

#[test]
fn i8_what_a_killed_engine_told_of_an_end_is_shown_again_in_its_place_and_not_taken_away() {
    let mut desk = Desk::with(OAUTH, 1, |record, desk| {
        token(record, desk, HOUR);
        credential(record, desk.began, 5 * DAY);
    });
    live(&mut desk, 4 * DAY + HOUR);
    let id = desk.ids[0].clone();
    let kept = serde_json::to_string(desk.accounts.get(&id).unwrap()).unwrap();
    let rules = Box::new(desk.accounts.rules(&id).unwrap().clone());
    desk.accounts = Accounts::new(1);
    desk.event(Event::Known { account: Box::new(serde_json::from_str(&kept).unwrap()), rules });
    desk.event(Event::ToastsLeft { keys: desk.toasts.iter().cloned().collect() });
    desk.pass(5 * MIN);
    assert_eq!((told(&desk), desk.closed.len()), (1, 0), "nothing is known before the record is read");
    desk.end_of(&id, End::Quiet);
    assert_eq!((told(&desk), desk.closed.len()), (2, 0), "whoever could hear its buttons was killed");
    live(&mut desk, 20 * HOUR);
    assert_eq!((told(&desk), desk.closed.len()), (2, 0), "and once");
}

#[test]
fn f60_without_a_chrome_one_notification_says_so_and_no_end_is_foreseen() {
    let mut desk = Desk::of(OAUTH, 2);
    desk.pass(59 * MIN);
    for id in desk.ids.clone() {
        desk.end_of(&id, End::CannotRun { no_chrome: Some(NoChrome::Missing) });
    }
    assert_eq!(desk.toasts, ["chrome"], "two logins wait for it, and the person is told once");
    assert_eq!((ends(&desk), told(&desk)), (None, 0));
    desk.pass(31 * MIN);
    for id in desk.ids.clone() {
        desk.end_of(&id, End::Renewed { probe: None });
    }
    assert_eq!((desk.toasts.len(), desk.closed.as_slice()), (1, ["chrome".to_owned()].as_slice()));
}

#[test]
fn s0_5_without_a_way_to_refresh_the_token_is_all_there_is() {
    let mut desk = Desk::of(OAUTH, 1);
    desk.pass(58 * MIN);
    assert_eq!(desk.job(), Some(Job::Refresh));
    assert_eq!(ends(&desk), None);
    let id = desk.ids[0].clone();
    desk.end_of(&id, End::CannotRun { no_chrome: None });
    assert_eq!(ends(&desk), after(&desk, HOUR));
}
