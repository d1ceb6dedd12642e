//! What a restart finds that was written down by halves.

use lamplighter_core::account::{Account, Accounts, Block, Effect, Event, Job, Session, Work};
use lamplighter_core::classify::Cause;
use lamplighter_core::id::Generation;
use lamplighter_core::record::{Record, SessionStore as _};
use lamplighter_core::refresh::{End, Purpose};

use super::desk::{Desk, MIN};
use super::rig::{Rig, held};
use super::{COOKIES, OAUTH};

/// The engine is killed, and starts again with what the state database has.
fn kill(desk: &mut Desk, kept: &str) {
    let id = desk.ids[0].clone();
    let rules = Box::new(desk.accounts.rules(&id).unwrap().clone());
    desk.accounts = Accounts::new(1);
    desk.running.clear();
    let account: Account = serde_json::from_str(kept).unwrap();
    desk.event(Event::Known { account: Box::new(account), rules });
}

fn dead() -> (Desk, String) {
    let mut desk = Desk::new(1);
    desk.refresh_fails(End::Rejected { last: true, lost: false });
    let kept = serde_json::to_string(desk.accounts.get(&desk.ids[0]).unwrap()).unwrap();
    (desk, kept)
}

#[test]
fn f36_a_login_that_was_stored_and_not_written_down_counts_after_the_restart() {
    let (mut desk, kept) = dead();
    let id = desk.ids[0].clone();
    desk.event(Event::Wanted { account: id.clone(), work: Work { job: Job::Commit, ticket: 1 } });
    // Stored; then the engine is killed before it hears of it.
    desk.generation += 1;
    kill(&mut desk, &kept);
    desk.end_of(&id, End::Quiet);
    assert_eq!(*desk.session(), Session::None, "proof comes first, but nobody is asked to log in again");
    assert_eq!(desk.closed, desk.toasts, "the toast is taken away");
}

#[test]
fn f36_f42_a_login_where_no_entry_was_left_is_newer_than_the_one_that_was_called_over() {
    let (mut desk, kept) = dead();
    let id = desk.ids[0].clone();
    let mut account: Account = serde_json::from_str(&kept).unwrap();
    account.judged = Generation(9);
    let kept = serde_json::to_string(&account).unwrap();
    kill(&mut desk, &kept);
    desk.end_of(&id, End::NoRecord);
    let wanted = Event::Wanted { account: id.clone(), work: Work { job: Job::Commit, ticket: 1 } };
    let effects = desk.accounts.on_event(wanted, desk.clock.now());
    let basis = effects.iter().find_map(|effect| match effect {
        Effect::Start { job: Job::Commit, basis, .. } => Some(*basis),
        _ => None,
    });
    let mut rig = Rig::new(OAUTH);
    let record = Box::new(rig.record());
    rig.store.delete(&rig.account).expect("nothing is stored any more");
    let summary = rig.run(Purpose::commit(record, basis.expect("it begins")));
    assert_eq!(summary.end, End::Committed);
    // Killed before that is written down, too.
    desk.generation = rig.stored().current.generation.0;
    kill(&mut desk, &kept);
    desk.end_of(&id, End::Quiet);
    assert_eq!(*desk.session(), Session::None, "proof comes first, but nobody is asked to log in again");
}

#[test]
fn f53_what_a_newer_version_has_stored_since_a_session_ended_needs_that_version_and_no_login() {
    let (mut desk, kept) = dead();
    let id = desk.ids[0].clone();
    kill(&mut desk, &kept);
    desk.end_of(&id, End::NewerFormat(9));
    let session = desk.session();
    assert!(matches!(session, Session::Blocked { why: Block::NewerFormat, .. }), "{session:?}");
    // Back in the version that can read it: another login, or the same one, which proof tells.
    let kept = serde_json::to_string(desk.accounts.get(&id).unwrap()).unwrap();
    kill(&mut desk, &kept);
    desk.end_of(&id, End::Quiet);
    assert!(
        !matches!(desk.session(), Session::Dead { .. } | Session::Blocked { .. }),
        "{:?}",
        desk.session()
    );
}

#[test]
fn a_restart_alone_brings_no_dead_session_back() {
    let (mut desk, kept) = dead();
    let id = desk.ids[0].clone();
    kill(&mut desk, &kept);
    desk.end_of(&id, End::Quiet);
    assert!(matches!(desk.session(), Session::Dead { .. }));
    assert_eq!(desk.toasts.len(), 1);
}

#[test]
fn a_probe_that_fails_because_the_token_has_ended_is_not_asked_again_and_again() {
    let ended = |record: &mut Record, desk: &Desk| {
        record.current.tokens.values_mut().for_each(|token| *token = held("t", 60, desk.began));
    };
    let mut desk = Desk::with(COOKIES, 1, ended);
    let id = desk.ids[0].clone();
    desk.pass(2 * MIN);
    let mut probes = 0;
    for _ in 0..10 {
        match desk.job() {
            Some(Job::Probe { .. }) => {
                probes += 1;
                desk.end_of(&id, End::ProbeFailed);
            }
            Some(_) => {
                let cause = Cause::Status { status: 503 };
                desk.end_of(&id, End::Transient { retry_after: None, cause });
            }
            None => break,
        }
    }
    assert!(probes <= 1, "{probes}");
    assert!(!matches!(desk.session(), Session::Dead { .. } | Session::Blocked { .. }));
}
