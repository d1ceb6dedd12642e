//! Who watches from elsewhere: told once, and once that it is over (I8).

use std::time::Duration;

use lamplighter_core::account::{Account, Event, Rules};
use lamplighter_core::api::Occasion;
use lamplighter_core::refresh::End;

use super::OAUTH;
use super::desk::{Desk, MIN};
use super::rig::provider;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn i8_who_watches_is_told_once_of_a_failure_that_lasts_and_once_that_it_is_over() {
    let mut desk = Desk::new(1);
    let id = desk.ids[0].clone();
    let down = || End::Transient {
        retry_after: None,
        cause: lamplighter_core::classify::Cause::Status { status: 503 },
    };
    desk.pass(56 * MIN);
    desk.end_of(&id, down());
    assert_eq!(desk.alerts, [], "it may pass");
    let fail = |desk: &mut Desk, time: Duration| {
        let end = desk.clock.now().wall.plus(time);
        while desk.clock.now().wall < end {
            desk.pass(MIN);
            if desk.job().is_some() {
                desk.end_of(&desk.ids[0].clone(), down());
            }
        }
    };
    fail(&mut desk, 5 * HOUR);
    assert_eq!(desk.alerts, [Occasion::Failed], "once, while programs have no token");
    desk.event(Event::Alerted { account: id.clone(), occasion: Occasion::Failed });
    let kept = serde_json::to_string(desk.accounts.get(&id).unwrap()).unwrap();
    let kept: Account = serde_json::from_str(&kept).unwrap();
    assert_eq!(kept.alerts, desk.accounts.get(&id).unwrap().alerts, "a restart tells nobody again");
    live_on(&mut desk);
    assert_eq!(desk.alerts, [Occasion::Failed, Occasion::Recovered]);
}

fn live_on(desk: &mut Desk) {
    let id = desk.ids[0].clone();
    desk.event(Event::Asked { account: id.clone(), chain: None, force: true });
    desk.pass(31 * MIN);
    desk.end_of(&id, End::Renewed { probe: None });
}

#[test]
fn i8_who_watches_is_told_at_a_locked_screen_and_again_after_a_kill_if_it_was_not_delivered() {
    let mut desk = Desk::new(1);
    let id = desk.ids[0].clone();
    desk.event(Event::Screen { locked: true });
    desk.refresh_fails(End::Rejected { last: true, lost: false });
    assert_eq!((desk.toasts.len(), &desk.alerts[..]), (0, &[Occasion::NeedsLogin][..]));
    let restart = |state: &Account| {
        let text = serde_json::to_string(state).unwrap();
        let mut again = Desk::of(OAUTH, 0);
        again.ids = vec![state.id.clone()];
        let rules =
            Rules::of(&provider(OAUTH), &Default::default(), "account-0".parse().unwrap(), None, false);
        let account = Box::new(serde_json::from_str(&text).unwrap());
        again.event(Event::Known { account, rules: Box::new(rules) });
        again.end_of(&state.id, End::Quiet);
        again.alerts
    };
    assert_eq!(restart(desk.accounts.get(&id).unwrap()), [Occasion::NeedsLogin]);
    desk.event(Event::Alerted { account: id.clone(), occasion: Occasion::NeedsLogin });
    assert_eq!(restart(desk.accounts.get(&id).unwrap()), []);
}

#[test]
fn i8_what_nobody_heard_is_told_anew_if_it_is_still_so_and_what_somebody_heard_is_not() {
    let mut desk = Desk::new(1);
    let id = desk.ids[0].clone();
    let unheard = || Event::Unheard { account: id.clone(), occasion: Occasion::NeedsLogin };
    desk.refresh_fails(End::Rejected { last: true, lost: false });
    assert_eq!(desk.alerts, [Occasion::NeedsLogin]);
    desk.event(unheard());
    assert_eq!(desk.alerts, [Occasion::NeedsLogin; 2]);
    desk.event(Event::Alerted { account: id.clone(), occasion: Occasion::NeedsLogin });
    desk.event(unheard());
    assert_eq!(desk.alerts.len(), 2, "it was heard");
    desk.log_in();
    desk.event(unheard());
    assert_eq!(desk.alerts.last(), Some(&Occasion::Recovered), "it is not so any more");
}

#[test]
fn i8_who_logs_in_again_settles_it_for_all_and_who_paused_it_is_left_alone() {
    let mut desk = Desk::new(1);
    let id = desk.ids[0].clone();
    desk.refresh_fails(End::Rejected { last: true, lost: false });
    assert_eq!(desk.alerts, [Occasion::NeedsLogin]);
    desk.log_in();
    assert_eq!(desk.alerts, [Occasion::NeedsLogin, Occasion::Recovered]);
    desk.event(Event::Paused { account: Some(id.clone()), paused: true });
    desk.live(3 * HOUR);
    assert_eq!(desk.alerts.len(), 2);
}
