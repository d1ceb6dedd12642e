//! S0.5: the end of a session is foreseen from how long earlier ones lived.

use std::time::Duration;

use lamplighter_core::account::{Event, Job, Likely, Work};
use lamplighter_core::refresh::End;
use lamplighter_core::text::{Lang, spread};

use super::desk::{Desk, MIN};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Just logged in, after sessions that lived so many days.
fn after(days: &[u32]) -> Desk {
    let mut desk = Desk::new(1);
    let account = desk.ids[0].clone();
    let lives = days.iter().map(|days| DAY * *days).collect();
    desk.event(Event::Lived { account: account.clone(), lives });
    desk.event(Event::Wanted { account: account.clone(), work: Work { job: Job::Commit, ticket: 1 } });
    desk.end_of(&account, End::Committed);
    desk
}

fn likely(desk: &Desk) -> Option<Likely> {
    desk.accounts.likely(&desk.ids[0], desk.clock.now())
}

/// Lives for so many days, each refresh fine.
fn live(desk: &mut Desk, days: u32) {
    for _ in 0..days * 48 {
        desk.pass(30 * MIN);
        while let Some((id, ..)) = desk.running.first().cloned() {
            desk.generation += 1;
            desk.end_of(&id, End::Renewed { probe: None });
        }
    }
}

#[test]
fn s0_5_two_earlier_sessions_say_nothing_and_three_do() {
    assert_eq!(likely(&after(&[9, 14])), None);
    let desk = after(&[9, 14, 12]);
    let likely = likely(&desk).expect("three are enough");
    assert_eq!(likely.at, desk.clock.now().wall.plus(DAY * 12), "half of them were over by then");
    assert_eq!((likely.lives, likely.shortest, likely.longest), (3, DAY * 9, DAY * 14));
}

#[test]
fn s0_5_only_the_latest_ten_count() {
    let mut days = vec![10; 10];
    days.extend([90; 30]);
    assert_eq!(likely(&after(&days)).map(|likely| likely.longest), Some(DAY * 10));
}

#[test]
fn s0_5_a_session_that_outlives_the_others_moves_its_end_and_then_has_none() {
    let mut desk = after(&[9, 12, 14]);
    let began = desk.clock.now().wall;
    live(&mut desk, 13);
    assert_eq!(likely(&desk).map(|likely| likely.at), Some(began.plus(DAY * 14)));
    live(&mut desk, 2);
    assert_eq!(likely(&desk), None);
    assert_eq!(desk.toasts.len(), 1, "told once");
    assert_eq!(desk.closed, desk.toasts, "and taken back once it is not so any more");
}

#[test]
fn s0_5_the_person_is_told_a_day_before_the_first_quarter_of_them_was_over_and_once() {
    let mut desk = after(&[14, 9, 12, 11, 13, 12]);
    live(&mut desk, 9);
    assert!(desk.toasts.is_empty(), "{:?}", desk.toasts);
    live(&mut desk, 2);
    assert_eq!(desk.toasts.len(), 1);
    assert!(desk.toasts[0].ends_with(":will-end"), "{:?}", desk.toasts);
}

#[test]
fn i8_a_session_that_outlives_most_of_the_others_is_told_of_once_until_it_has_outlived_all() {
    let mut desk = after(&[10, 10, 10, 19]);
    live(&mut desk, 10);
    assert_eq!((desk.toasts.len(), desk.closed.len()), (1, 0), "the day before");
    live(&mut desk, 8);
    assert_eq!((desk.toasts.len(), desk.closed.len()), (1, 0), "its end has moved, and may come any day");
    live(&mut desk, 2);
    assert_eq!((desk.toasts.len(), desk.closed.len()), (1, 1));
}

#[test]
fn s0_5_lives_that_differ_widely_are_shown_and_disturb_nobody() {
    let mut desk = after(&[1, 30, 5]);
    assert!(likely(&desk).is_some());
    live(&mut desk, 6);
    assert!(desk.toasts.is_empty());
}

#[test]
fn n3_it_is_not_told_while_the_screen_is_locked_and_not_lost_either() {
    let mut desk = after(&[9, 9, 9]);
    desk.event(Event::Screen { locked: true });
    live(&mut desk, 8);
    assert!(desk.toasts.is_empty());
    desk.event(Event::Screen { locked: false });
    assert_eq!(desk.toasts.len(), 1);
}

#[test]
fn a_spread_is_said_with_its_unit_once() {
    assert_eq!(spread(DAY * 9, DAY * 14, Lang::En), "9 to 14 days");
    assert_eq!(spread(DAY * 9, DAY * 14, Lang::Fr), "de 9 à 14 jours");
    assert_eq!(spread(DAY / 2, DAY * 3, Lang::En), "12 h to 3 days");
    assert_eq!(spread(DAY * 7, DAY * 7, Lang::En), "7 days");
}
