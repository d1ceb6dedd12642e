//! What a service says of an account's settings holds for those, and no longer than they stand: F15.

use lamplighter_core::account::{Account, Accounts, Block, Event, Job, Rules, Session};
use lamplighter_core::refresh::End;

use super::OAUTH;
use super::desk::{Desk, MIN};
use super::rig::provider;

/// Rules of the first account with this client id.
fn rules(client: &str) -> Box<Rules> {
    let toml = OAUTH.replace("client_id = \"lamp\"", &format!("client_id = \"{client}\""));
    let name = "account-0".parse().unwrap();
    Box::new(Rules::of(&provider(&toml), &Default::default(), name, None, false))
}

/// The engine starts again; its database has what it knew.
fn starts_again_with(desk: &mut Desk, rules: Box<Rules>) {
    let id = desk.ids[0].clone();
    let kept = serde_json::to_string(desk.accounts.get(&id).unwrap()).unwrap();
    desk.accounts = Accounts::new(1);
    let account: Account = serde_json::from_str(&kept).unwrap();
    desk.event(Event::Known { account: Box::new(account), rules });
    desk.end_of(&id, End::Quiet);
}

fn is_blocked(desk: &Desk) -> bool {
    matches!(desk.session(), Session::Blocked { .. })
}

#[test]
fn f15_wrong_app_settings_stay_that_over_restarts_until_they_are_other_ones() {
    for end in [End::AppRejected, End::Incomplete { missing: "team".to_owned() }] {
        let mut desk = Desk::new(1);
        desk.refresh_fails(end);
        for _ in 0..3 {
            starts_again_with(&mut desk, rules("lamp"));
            desk.pass(24 * 60 * MIN);
            assert!(is_blocked(&desk) && desk.running.is_empty(), "the same settings bring the same answer");
        }
        // Corrected while nothing runs.
        starts_again_with(&mut desk, rules("lamp-2"));
        assert!(!is_blocked(&desk), "{:?}", desk.session());
        desk.pass(60 * MIN);
        assert_eq!(desk.job(), Some(Job::Refresh), "the next one comes when it is due");
        desk.end_all();
        assert!(matches!(desk.session(), Session::Alive { .. }), "{:?}", desk.session());
    }
}

#[test]
fn f15_a_restart_with_other_settings_cures_nothing_that_is_not_about_them() {
    let mut desk = Desk::new(1);
    desk.refresh_fails(End::WrongPerson { now: "bob".to_owned() });
    starts_again_with(&mut desk, rules("lamp-2"));
    assert!(matches!(desk.session(), Session::Blocked { why: Block::WrongPerson { .. }, .. }));
    let mut desk = Desk::new(1);
    desk.refresh_fails(End::Rejected { last: true, lost: false });
    starts_again_with(&mut desk, rules("lamp-2"));
    assert!(matches!(desk.session(), Session::Dead { .. }));
}

#[test]
fn f15_a_no_to_settings_that_were_corrected_meanwhile_blocks_nobody() {
    let mut desk = Desk::new(2);
    desk.pass(60 * MIN);
    let id = desk.ids[0].clone();
    assert!(desk.running.iter().any(|(running, _, job)| *running == id && *job == Job::Refresh));
    desk.event(Event::RulesChanged { account: id.clone(), rules: rules("lamp-2") });
    desk.end_of(&id, End::AppRejected);
    for id in &desk.ids {
        let session = &desk.accounts.get(id).unwrap().session;
        assert!(!matches!(session, Session::Blocked { .. }), "{session:?}");
    }
    // What they are worth the next answer says.
    desk.end_all();
    desk.refresh_fails(End::AppRejected);
    assert!(is_blocked(&desk));
}
