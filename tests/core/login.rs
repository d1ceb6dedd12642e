//! The protocol between engine and login window, what is read from pages, and when a login looks done.

use lamplighter_core::exchange::BrowserCondition;
use lamplighter_core::jar::{Cookie, SameSite};
use lamplighter_core::login::page::{PageRead, READ_PAGE};
use lamplighter_core::login::watch::{Reason, Seen, Watch};
use lamplighter_core::login::{Capture, Command, Event, Plan};
use lamplighter_core::provider::hosts::Hosts;
use lamplighter_core::record::{StorageArea, StorageItem};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_core::time::Timestamp;
use url::Url;

fn cookie(name: &str, value: &[u8], domain: &str) -> Cookie {
    Cookie {
        name: name.to_owned(),
        value: Secret::new(value),
        domain: domain.to_owned(),
        host_only: true,
        path: "/".to_owned(),
        secure: true,
        http_only: true,
        same_site: SameSite::Lax,
        expires: Some(Timestamp(1_800_000_000_000)),
        partitioned: false,
    }
}

fn item(origin: &str, key: &str, value: &str) -> StorageItem {
    StorageItem {
        origin: origin.to_owned(),
        area: StorageArea::Local,
        key: key.to_owned(),
        value: Secret::from(value),
    }
}

fn url(text: &str) -> Url {
    text.parse().expect("an address")
}

#[test]
fn a_plan_comes_out_of_the_pipe_as_it_went_in() {
    let digest = Secret::from("old").digest();
    let plan = Plan {
        account: "work-\"slack\"".to_owned(),
        provider: "Éclair\n".to_owned(),
        lang: Lang::Fr,
        url: url("https://app.example.com/login?next=%2F"),
        hosts: vec!["app.example.com".to_owned(), "*.example.org".to_owned()],
        device: vec![cookie("device", b"\xff\x00bytes", "app.example.com")],
        done: vec![
            BrowserCondition::Storage {
                origin: Some("https://app.example.com".to_owned()),
                area: StorageArea::Session,
                key: "t".to_owned(),
                not: Some(digest),
            },
            BrowserCondition::Cookie { name: "sid".to_owned(), not: None },
            BrowserCondition::Url("*/home*".to_owned()),
        ],
        user_agent: None,
        offer_done_after_s: 60,
    };
    let line = plan.to_line();
    assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1, "one line, whatever is in it");
    let back = Plan::from_line(&line).expect("a plan");
    assert_eq!((back.account, back.provider, back.lang), (plan.account, plan.provider, Lang::Fr));
    assert_eq!((back.url, back.hosts, back.offer_done_after_s), (plan.url, plan.hosts, 60));
    assert_eq!(back.device[0].value.expose(), b"\xff\x00bytes", "bytes survive exactly (F29)");
    assert!(matches!(&back.done[0], BrowserCondition::Storage { not: Some(not), .. } if *not == digest));
    assert!(matches!(&back.done[1], BrowserCondition::Cookie { not: None, .. }));
    assert!(matches!(&back.done[2], BrowserCondition::Url(pattern) if pattern == "*/home*"));
}

#[test]
fn events_and_commands_come_out_of_the_pipe_as_they_went_in() {
    let capture = Capture {
        by_person: true,
        cookies: vec![cookie("sid", b"s\xfe", "app.example.com")],
        storage: vec![item("https://app.example.com", "k\"ey", "v\u{e9}")],
        user_agent: Some("Mozilla/5.0".to_owned()),
        languages: None,
        url: Some(url("https://app.example.com/?code=1")),
    };
    let Ok(Event::Captured(back)) = Event::from_line(&Event::Captured(Box::new(capture)).to_line()) else {
        panic!("not a capture");
    };
    assert!(back.by_person && back.languages.is_none());
    assert_eq!(back.cookies[0].value.expose(), b"s\xfe");
    assert_eq!(back.storage[0].value.expose_str(), Some("v\u{e9}"));
    assert_eq!(back.url, Some(url("https://app.example.com/?code=1")));
    for event in [Event::Shown, Event::Closed, Event::At { host: "a.b:8".to_owned(), secure: true }] {
        assert_eq!(*Event::from_line(&event.to_line()).expect("an event").to_line(), *event.to_line());
    }
    for command in [
        Command::Finish,
        Command::Continue,
        Command::Unreachable,
        Command::Capture,
        Command::Raise,
        Command::Cancel,
    ] {
        assert_eq!(Command::from_line(&command.to_line()), Ok(command));
    }
}

#[test]
fn a_line_that_is_no_message_is_refused_without_repeating_it() {
    let error = Event::from_line(br#"{"event":"captured","cookies":"canary-4711"}"#).err().expect("refused");
    assert!(!error.to_string().contains("canary"), "{error}");
    assert!(Plan::from_line(b"").is_err() && Command::from_line(br#"{"command":"leave"}"#).is_err());
}

fn answer(origin: &str, local: &str) -> String {
    let inner =
        format!(r#"{{"origin":"{origin}","agent":"UA","languages":"en,fr","local":{local},"session":[]}}"#);
    serde_json::to_string(&inner).expect("text")
}

#[test]
fn t15_a_page_cannot_speak_for_another_origin_than_the_one_that_is_shown() {
    let shown = url("https://app.example.com/home");
    let read = PageRead::from_answer(&answer("https://app.example.com", r#"[["token","t1"]]"#), &shown);
    assert_eq!(read.expect("its own").items[0].value.expose_str(), Some("t1"));
    assert!(PageRead::from_answer(&answer("https://bank.example", "[]"), &shown).is_none());
    let opaque = url("data:text/html,x");
    assert!(PageRead::from_answer(&answer("null", "[]"), &opaque).is_none(), "data: has no origin");
}

#[test]
fn what_a_page_says_is_limited_and_checked() {
    let shown = url("https://app.example.com/");
    let origin = "https://app.example.com";
    let many = format!("[{}]", vec![r#"["k","v"]"#; 2000].join(","));
    assert_eq!(PageRead::from_answer(&answer(origin, &many), &shown).expect("cut").items.len(), 500);
    let long = format!(r#"[["k","{}"]]"#, "x".repeat(2 * 1024 * 1024));
    assert!(PageRead::from_answer(&answer(origin, &long), &shown).expect("cut").items.is_empty());
    for odd in ["", "null", "{}", "\"{}\"", "\"[1]\"", "42"] {
        assert!(PageRead::from_answer(odd, &shown).is_none(), "{odd}");
    }
    let forging = serde_json::to_string(&format!(r#"{{"origin":"{origin}","agent":"a\r\nCookie: x"}}"#));
    let read = PageRead::from_answer(&forging.expect("text"), &shown).expect("the rest is fine");
    assert_eq!(read.user_agent, None, "it would go into a request header");
}

#[test]
fn t15_the_only_script_reads_and_takes_no_input() {
    assert!(!READ_PAGE.contains("{{") && !READ_PAGE.contains("setItem") && !READ_PAGE.contains("fetch"));
    assert!(!READ_PAGE.contains(".value ") && !READ_PAGE.contains("document"), "no form field is ever read");
}

const APP: &str = "https://app.example.com";

fn watch() -> Watch {
    let done = vec![BrowserCondition::Storage {
        origin: None,
        area: StorageArea::Local,
        key: "access_token".to_owned(),
        not: Some(Secret::from("restored").digest()),
    }];
    Watch::new(done, Hosts::parse(&["app.example.com"]).expect("hosts"))
}

fn look(watch: &mut Watch, cookies: &[Cookie], storage: &[StorageItem]) -> Option<Reason> {
    watch.look(&Seen { url: None, cookies, storage })
}

#[test]
fn a_login_looks_done_once_its_values_are_there_and_stay_the_same_for_a_look() {
    let mut watch = watch();
    assert_eq!(look(&mut watch, &[], &[]), None);
    let half = [item(APP, "access_token", "t1")];
    assert_eq!(look(&mut watch, &[], &half), None, "the page may still be writing");
    let whole = [item(APP, "access_token", "t1"), item(APP, "refresh_token", "r1")];
    assert_eq!(look(&mut watch, &[], &whole), None, "it was");
    assert_eq!(look(&mut watch, &[], &whole), Some(Reason::Done));
    assert_eq!(look(&mut watch, &[], &whole), None, "the engine is judging");
}

#[test]
fn a_value_that_was_restored_or_is_empty_is_no_login() {
    let mut watch = watch();
    for value in ["restored", ""] {
        let storage = [item(APP, "access_token", value)];
        for _ in 0..10 {
            assert_eq!(look(&mut watch, &[], &storage), None, "{value:?}");
        }
    }
}

#[test]
fn a_capture_that_was_no_login_is_proposed_again_only_when_something_changed() {
    let mut watch = watch();
    let storage = [item(APP, "access_token", "t1")];
    let first = [cookie("sid", b"half", "app.example.com")];
    let looks = |watch: &mut Watch, cookies: &[Cookie], count: usize| {
        (0..count).filter(|_| look(watch, cookies, &storage).is_some()).count()
    };
    assert_eq!(looks(&mut watch, &first, 3), 1);
    watch.go_on();
    assert_eq!(looks(&mut watch, &first, 10), 0, "nothing is new");
    let whole = [cookie("sid", b"whole", "app.example.com")];
    assert_eq!(looks(&mut watch, &whole, 3), 1, "the session cookie changed");
    watch.go_on();
    watch.page_loaded();
    assert_eq!(looks(&mut watch, &whole, 5), 1, "the same cookies mean something else after a page (TOTP)");
    watch.go_on();
    let tracked = [cookie("sid", b"whole", "app.example.com"), cookie("_ga", b"1", "tracker.example")];
    assert_eq!(looks(&mut watch, &tracked, 10), 0, "other hosts' cookies change all the time");
    assert_eq!(looks(&mut watch, &tracked, 30), 1, "but not for ever");
}

#[test]
fn a_capture_that_could_not_be_judged_is_proposed_again_soon() {
    let mut watch = watch();
    let storage = [item(APP, "access_token", "t1")];
    let count =
        |watch: &mut Watch, looks: usize| (0..looks).filter(|_| look(watch, &[], &storage).is_some()).count();
    assert_eq!(count(&mut watch, 3), 1);
    watch.try_again();
    assert_eq!(count(&mut watch, 6), 1);
}

#[test]
fn the_person_can_say_so_whatever_the_conditions_say() {
    let mut watch = watch();
    assert_eq!(look(&mut watch, &[], &[]), None);
    watch.asked();
    assert_eq!(look(&mut watch, &[], &[]), Some(Reason::Person));
    assert_eq!(look(&mut watch, &[], &[]), None);
}

#[test]
fn a_cookie_of_another_host_does_not_count() {
    let done = vec![BrowserCondition::Cookie { name: "sid".to_owned(), not: None }];
    let mut watch = Watch::new(done, Hosts::parse(&["app.example.com"]).expect("hosts"));
    let foreign = [cookie("sid", b"1", "evil.example")];
    let own = [cookie("sid", b"1", "app.example.com")];
    assert!((0..5).all(|_| look(&mut watch, &foreign, &[]).is_none()));
    assert!((0..5).any(|_| look(&mut watch, &own, &[]).is_some()));
}
