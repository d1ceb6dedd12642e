//! What a provider or a person sets for how long and how patiently: S3.2, S3.3, S3.6, P3.

use std::time::Duration;

use lamplighter_core::account::{Answer, Block, Death, Event, Job, Rules, Session};
use lamplighter_core::api::{Occasion, Standing};
use lamplighter_core::id::ChainName;
use lamplighter_core::record::{Held, Record};
use lamplighter_core::refresh::End;
use lamplighter_core::text::Why;
use lamplighter_core::time::Expiry;

use super::OAUTH;
use super::desk::{Desk, MIN};
use super::rig::{held, provider};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What Twitch asks for, at a test's service.
fn twitch() -> String {
    let probe = "[[probe]]\nevery = \"1h\"\nrequest = { method = \"GET\", url = \"https://id.example.com/validate\", auth = \"token:access\" }\n";
    let policy = "[policy]\nmargin = \"1h\"\nconfirm_after = \"15m\"\nconfirm_window = \"30m\"\n";
    format!("{}{probe}{policy}", OAUTH.replace("\"1h\"]", "\"4h\"]"))
}

fn four_hours(record: &mut Record, desk: &Desk) {
    let now = desk.clock.now();
    record.current.tokens.values_mut().for_each(|token| *token = held("t", 4 * 3600, now));
}

/// The first job of the account that is no probe.
fn refresh(desk: &mut Desk, within: Duration) -> Job {
    let end = desk.clock.now().wall.plus(within);
    while desk.clock.now().wall < end {
        match desk.running.first().cloned() {
            Some((id, _, Job::Probe { .. })) => desk.end_of(&id, End::Proven),
            Some((.., job)) => return job,
            None => desk.pass(MIN),
        }
    }
    panic!("no refresh within {within:?}")
}

#[test]
fn s3_2_at_the_end_of_a_grant_refreshing_stops_and_a_token_that_is_valid_is_still_given() {
    let limited = format!("{OAUTH}[policy]\ngrant = \"12h\"\n");
    let mut desk = Desk::with(&limited, 1, four_hours);
    desk.log_in();
    desk.live(11 * HOUR + 50 * MIN);
    assert!(matches!(desk.session(), Session::Alive { .. }));
    desk.live(20 * MIN);
    assert_eq!(
        desk.alerts,
        [Occasion::ExpiresSoon, Occasion::NeedsLogin],
        "a warning before, and the end itself"
    );
    let ended = Block::GrantEnded { by_service: false };
    assert!(matches!(desk.session(), Session::Blocked { why, .. } if *why == ended));
    assert!(matches!(desk.answer(), Answer::Serve { .. }), "the token lives on");
    assert_eq!(desk.live(4 * HOUR), (0, 0), "nothing is sent any more");
    let Answer::No(why) = desk.answer() else { panic!("the token has ended") };
    assert_eq!(*why, Why::Blocked { block: ended, tokens_until: None });
    desk.log_in();
    assert!(matches!(desk.session(), Session::Alive { .. }), "a login grants it once more");
    assert!(desk.live(11 * HOUR).0 >= 2);
}

#[test]
fn s3_2_a_longer_grant_in_the_settings_and_a_clock_that_was_wrong_open_it_again() {
    let rules = |grant: &str| {
        let toml = format!("{OAUTH}[policy]\ngrant = \"{grant}\"\n");
        Rules::of(&provider(&toml), &Default::default(), "account-0".parse().unwrap(), None, false)
    };
    let mut desk = Desk::of(&format!("{OAUTH}[policy]\ngrant = \"12h\"\n"), 1);
    desk.log_in();
    desk.live(13 * HOUR);
    assert!(matches!(desk.session(), Session::Blocked { .. }));
    let account = desk.ids[0].clone();
    desk.event(Event::RulesChanged { account: account.clone(), rules: Box::new(rules("1d")) });
    assert!(!matches!(desk.session(), Session::Blocked { .. }), "from the login on it lasts a day now");
    // A clock that jumps while the machine runs is not believed; one of another boot has to be.
    desk.clock.jump_wall(30 * 86_400_000);
    desk.event(Event::Tick);
    assert!(!matches!(desk.session(), Session::Blocked { .. }));
    desk.clock.reboot(MIN);
    desk.event(Event::Tick);
    assert!(matches!(desk.session(), Session::Blocked { .. }));
    desk.clock.jump_wall(-30 * 86_400_000);
    desk.event(Event::Tick);
    assert!(!matches!(desk.session(), Session::Blocked { .. }), "the clock was set right");
}

#[test]
fn s3_2_a_lost_state_does_not_make_a_limited_grant_an_endless_one() {
    let mut desk = Desk::of(&format!("{OAUTH}[policy]\ngrant = \"12h\"\n"), 1);
    assert!(desk.accounts.get(&desk.ids[0]).unwrap().logged_in.is_none());
    desk.live(11 * HOUR);
    assert!(!matches!(desk.session(), Session::Blocked { .. }));
    desk.live(2 * HOUR);
    assert!(matches!(desk.session(), Session::Blocked { why: Block::GrantEnded { .. }, .. }));
}

/// A credential whose end the service said beforehand, and which refreshing leaves as it is.
fn a_week(record: &mut Record, desk: &Desk) {
    let now = desk.clock.now();
    record.current.tokens.values_mut().for_each(|token| *token = held("t", 3600, now));
    let expiry = Some(Expiry::after(7 * DAY, desk.began, None));
    let credential = Held { value: "r".into(), got: desk.began, expiry };
    record.current.credentials.insert(ChainName::main(), credential);
}

#[test]
fn s3_2_what_the_service_gave_for_a_week_is_told_of_the_day_before_and_ends_as_that() {
    let mut desk = Desk::with(OAUTH, 1, a_week);
    desk.live(6 * DAY - HOUR);
    assert_eq!(desk.alerts, []);
    desk.live(DAY);
    assert_eq!(desk.alerts, [Occasion::ExpiresSoon]);
    desk.live(HOUR - MIN);
    let id = desk.ids[0].clone();
    for _ in 0..2 {
        refresh(&mut desk, 2 * HOUR);
        assert!(
            matches!(desk.session(), Session::Alive { .. } | Session::Suspect { .. }),
            "the service decides"
        );
        desk.end_of(&id, End::Rejected { last: false, lost: false });
    }
    let ended = Block::GrantEnded { by_service: true };
    assert!(matches!(desk.session(), Session::Blocked { why, .. } if *why == ended), "{:?}", desk.session());
    assert_eq!(desk.live(DAY), (0, 0));
}

#[test]
fn s3_2_a_no_before_the_end_that_was_said_is_an_early_end() {
    let mut desk = Desk::with(OAUTH, 1, a_week);
    desk.live(3 * DAY);
    let id = desk.ids[0].clone();
    for _ in 0..2 {
        refresh(&mut desk, 2 * HOUR);
        desk.end_of(&id, End::Rejected { last: false, lost: false });
    }
    assert!(matches!(desk.session(), Session::Dead { reason: Death::Rejected, .. }));
}

#[test]
fn s3_3_the_first_no_disturbs_nobody_and_the_second_within_half_an_hour_tells_everybody() {
    let mut desk = Desk::with(&twitch(), 1, four_hours);
    let id = desk.ids[0].clone();
    let rejected = End::Rejected { last: false, lost: false };
    assert_eq!(refresh(&mut desk, 4 * HOUR), Job::Refresh);
    let first = desk.clock.now().wall;
    desk.end_of(&id, rejected.clone());
    assert!(matches!(desk.session(), Session::Suspect { .. }));
    assert_eq!((desk.toasts.len(), desk.alerts.len()), (0, 0), "nobody is disturbed");
    assert!(matches!(refresh(&mut desk, HOUR), Job::Confirm(_)));
    let waited = desk.clock.now().wall.since(first);
    assert!(waited >= 15 * MIN && waited <= 16 * MIN, "{waited:?}");
    desk.end_of(&id, rejected);
    assert!(matches!(desk.session(), Session::Dead { reason: Death::Rejected, .. }));
    assert_eq!(desk.accounts.standing(&id), Standing::NeedsYou);
    assert_eq!(desk.toasts.len(), 1, "its owner");
    assert_eq!(desk.alerts, [Occasion::NeedsLogin], "and everybody else who watches it");
}

#[test]
fn s3_3_a_second_no_after_the_window_is_a_first_one() {
    let mut desk = Desk::with(&twitch(), 1, four_hours);
    let id = desk.ids[0].clone();
    let rejected = End::Rejected { last: false, lost: false };
    refresh(&mut desk, 4 * HOUR);
    desk.end_of(&id, rejected.clone());
    // Asleep when the confirming try was due.
    desk.clock.advance(40 * MIN);
    assert!(matches!(refresh(&mut desk, HOUR), Job::Confirm(_)));
    desk.end_of(&id, rejected.clone());
    assert!(matches!(desk.session(), Session::Suspect { .. }), "{:?}", desk.session());
    refresh(&mut desk, HOUR);
    desk.end_of(&id, rejected);
    assert!(matches!(desk.session(), Session::Dead { .. }));
}

#[test]
fn s3_3_the_accounts_own_periods_win_and_the_confirming_try_is_always_within_its_window() {
    let toml = twitch().replace("confirm_window = \"30m\"", "confirm_window = \"16m\"");
    let mut rules = Rules::of(&provider(&toml), &Default::default(), "a".parse().unwrap(), None, false);
    assert_eq!((rules.confirm_after(), rules.confirm_window()), (15 * MIN, Some(16 * MIN)));
    rules.policy.confirm_after = Some(20 * MIN);
    assert_eq!(rules.confirm_window(), Some(21 * MIN));
}

#[test]
fn s3_6_validation_comes_hourly_and_not_more_often_and_a_refresh_that_proved_counts() {
    let mut desk = Desk::with(&twitch(), 1, four_hours);
    let (refreshes, probes) = desk.live(48 * HOUR);
    assert!((16..=18).contains(&refreshes), "{refreshes} refreshes");
    assert!((46..=49).contains(&probes), "{probes} validations in 48 h");
    assert_eq!(
        desk.history.iter().filter(|kind| **kind == "probe").count(),
        probes,
        "each is in the history"
    );
}

#[test]
fn s3_6_after_a_sleep_one_validation_makes_up_for_all_that_were_missed() {
    let mut desk = Desk::with(&twitch(), 1, |record, desk| {
        let now = desk.clock.now();
        record.current.tokens.values_mut().for_each(|token| *token = held("t", 30 * 3600, now));
    });
    desk.live(30 * MIN);
    desk.clock.advance(9 * HOUR);
    let (_, probes) = desk.live(30 * MIN);
    assert_eq!(probes, 1);
    let (_, probes) = desk.live(5 * HOUR);
    assert!((4..=5).contains(&probes), "{probes}");
}

#[test]
fn s3_6_a_start_validates_at_once_though_the_last_one_is_fresh() {
    let mut desk = Desk::with(&twitch(), 1, four_hours);
    desk.live(10 * MIN);
    let state = desk.accounts.get(&desk.ids[0]).unwrap().clone();
    let mut again = Desk::with(&twitch(), 0, four_hours);
    again.ids = desk.ids.clone();
    let name = "account-0".parse().unwrap();
    let rules = Rules::of(&provider(&twitch()), &Default::default(), name, None, false);
    again.event(Event::Known { account: Box::new(state), rules: Box::new(rules) });
    let id = again.ids[0].clone();
    again.end_of(&id, End::Quiet);
    assert_eq!(again.job(), Some(Job::Probe { reported: false }));
}

#[test]
fn s3_6_a_validation_that_fails_is_looked_into_before_anybody_is_told() {
    let mut desk = Desk::with(&twitch(), 1, four_hours);
    desk.live(10 * MIN);
    desk.pass(51 * MIN);
    assert_eq!(desk.job(), Some(Job::Probe { reported: false }));
    let id = desk.ids[0].clone();
    desk.end_of(&id, End::ProbeFailed);
    assert!(matches!(desk.session(), Session::Suspect { .. }));
    assert_eq!((desk.toasts.len(), desk.alerts.len()), (0, 0));
}

#[test]
fn p3_what_ends_unused_is_used_at_half_of_that_time_at_the_latest() {
    // A token that lives for ever, by a credential that ends after seven days unused (Okta).
    let idle = OAUTH.replace("[[refresh]]", "[chains.main]\nidle = \"7d\"\n[[refresh]]");
    let mut desk = Desk::with(&idle, 1, |record, desk| {
        let now = desk.clock.now();
        record.current.tokens.values_mut().for_each(|token| *token = held("t", 300 * 86_400, now));
        let expiry = Some(Expiry::after(7 * DAY, now, None));
        record.current.credentials.insert(ChainName::main(), Held { value: "r".into(), got: now, expiry });
    });
    let first = desk.accounts.unused_until(&desk.ids[0], desk.clock.now());
    assert_eq!(first, Some(desk.began.wall.plus(7 * DAY)), "said beforehand");
    assert_eq!(desk.live(3 * DAY), (0, 0));
    assert_eq!(desk.live(12 * HOUR).0, 1, "well before the end");
    let next = desk.accounts.unused_until(&desk.ids[0], desk.clock.now());
    assert!(next > first, "and then it lasts seven days more");
    // Three and a half days later the lid is closed for three days.
    desk.live(3 * DAY);
    desk.clock.advance(3 * DAY);
    assert_eq!(desk.live(5 * MIN).0, 1, "after the wake it comes first");
    assert!(matches!(desk.session(), Session::Alive { .. }));
}

#[test]
fn p3_a_token_that_is_old_enough_is_renewed_though_it_has_not_ended() {
    let aged = OAUTH.replace("[[refresh]]", "[chains.main]\nmax_age = \"1d\"\n[[refresh]]");
    let mut desk = Desk::with(&aged, 1, |record, desk| {
        let now = desk.clock.now();
        record.current.tokens.values_mut().for_each(|token| *token = held("t", 90 * 86_400, now));
    });
    assert_eq!(desk.live(10 * DAY).0, 10);
}

#[test]
fn s0_5_a_provider_file_can_say_every_limit_of_the_services_that_we_know() {
    use lamplighter_core::provider::model::ExpirySource;
    let json =
        |path: &str| ExpirySource::Json(lamplighter_core::provider::model::JsonPath(vec![path.to_owned()]));
    let told = || vec![json("refresh_token_expires_in")];
    // Each as its provider states it (part 3 of the list of faults): file, expiry, life, idle, in days.
    for (service, chain, expires, life, idle) in [
        ("Google, an app in testing", "life = \"7d\"", vec![], Some(7), None),
        ("Google, a limited grant", "expires = [\"json:refresh_token_expires_in\"]", told(), None, None),
        ("Google, unused", "idle = \"180d\"", vec![], None, Some(180)),
        ("Okta, unused", "idle = \"7d\"", vec![], None, Some(7)),
        ("SimpleJWT, a sliding day", "expires = [\"jwt\"]", vec![ExpirySource::Jwt], None, None),
        ("Slack with PKCE; Twitch, a public client", "life = \"30d\"", vec![], Some(30), None),
        ("Microsoft", "life = \"90d\"", vec![], Some(90), None),
        ("Auth0, both", "life = \"30d\"\nidle = \"15d\"", vec![], Some(30), Some(15)),
    ] {
        let toml = OAUTH.replace("[[refresh]]", &format!("[chains.main]\n{chain}\n[[refresh]]"));
        let rules = provider(&toml).chains[&ChainName::main()].clone();
        let days = |days: Option<u32>| days.map(|days| DAY * days);
        assert_eq!((rules.expires, rules.life, rules.idle), (expires, days(life), days(idle)), "{service}");
    }
    // What ends so long after the login however often it is renewed (Microsoft's single-page apps).
    let fixed = provider(&format!("{OAUTH}[policy]\ngrant = \"1d\"\n"));
    assert_eq!(fixed.policy.grant, Some(DAY));
}
