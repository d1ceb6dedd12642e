//! Writers of a record that are no refresh, while others write too: logins, amendments, logouts (I5).

use std::sync::Arc;

use lamplighter_core::classify::Cause;
use lamplighter_core::id::{ChainName, Generation, WriteId};
use lamplighter_core::record::{Record, StoreError};
use lamplighter_core::refresh::{Amendment, AttemptSummary, Effect, End, Input, Purpose, Service, Way};
use testkit::memory_store::Fault;

use super::OAUTH;
use super::rig::{Rig, held, json, minted, provider};

fn login(rig: &Rig) -> Purpose {
    let mut record = rig.record();
    record.identity = Some("ana".to_owned());
    Purpose::Commit { record: Box::new(record) }
}

fn amendment() -> Purpose {
    Purpose::Amend { change: Amendment::SetSecret("client_secret".parse().unwrap(), "canary-s".into()) }
}

/// Before each of the first `times` saves somebody else writes: this generation, or deletes what is there.
fn beside(rig: &mut Rig, purpose: Purpose, times: u8, mut other: impl FnMut(&mut Rig, u8)) -> AttemptSummary {
    let mut saves = 0;
    rig.run_with(purpose, |rig, effect| {
        if effect == "save" && saves < times {
            saves += 1;
            other(rig, saves);
        }
    })
}

/// Somebody else writes the material of this generation.
fn write(rig: &mut Rig, generation: u64, id: u8) {
    let mut record = rig.record();
    record.current.generation = Generation(generation);
    record.write_id = WriteId([100 + id; 16]);
    rig.put(&record);
}

fn delete(rig: &mut Rig, _: u8) {
    use lamplighter_core::record::SessionStore as _;
    let account = rig.account.clone();
    rig.store.delete(&account).unwrap();
}

fn saves(rig: &Rig) -> usize {
    rig.trace.iter().filter(|name| *name == "save").count()
}

#[test]
fn i5_a_login_replaces_what_somebody_wrote_meanwhile_and_is_newer_than_it() {
    let mut rig = Rig::new(OAUTH);
    let login = login(&rig);
    let summary = beside(&mut rig, login, 1, |rig, id| write(rig, 7, id));
    assert_eq!((summary.end, summary.unsaved), (End::Committed, None));
    assert_eq!(rig.stored().identity.as_deref(), Some("ana"));
    assert_eq!(rig.stored().current.generation, Generation(8));
}

#[test]
fn i5_a_login_is_saved_though_the_account_was_logged_out_meanwhile() {
    let mut rig = Rig::new(OAUTH);
    let login = login(&rig);
    assert_eq!(beside(&mut rig, login, 1, delete).end, End::Committed);
    assert_eq!(rig.stored().identity.as_deref(), Some("ana"));
}

#[test]
fn i5_an_amendment_is_made_again_on_what_somebody_wrote_meanwhile() {
    let mut rig = Rig::new(OAUTH);
    assert_eq!(beside(&mut rig, amendment(), 1, |rig, id| write(rig, 7, id)).end, End::Amended);
    let record = rig.stored();
    assert_eq!((record.current.generation, record.secrets.len()), (Generation(7), 1));
}

#[test]
fn i5_an_amendment_brings_no_account_back_that_was_logged_out() {
    let mut rig = Rig::new(OAUTH);
    assert_eq!(beside(&mut rig, amendment(), 1, delete).end, End::NoRecord);
    assert!(!rig.store.holds(&rig.account));
    assert_eq!(rig.run(amendment()).end, End::NoRecord);
}

#[test]
fn i5_who_is_overtaken_four_times_stops_and_a_login_is_not_lost_by_it() {
    let mut rig = Rig::new(OAUTH);
    let end = beside(&mut rig, amendment(), 9, |rig, id| write(rig, 1, id)).end;
    assert_eq!((end, saves(&rig)), (End::NoStore(StoreError::Conflict), 4));

    let mut rig = Rig::new(OAUTH);
    let login = login(&rig);
    let summary = beside(&mut rig, login, 9, |rig, id| write(rig, 1, id));
    assert_eq!((summary.end, summary.unsaved), (End::Committed, Some(StoreError::Conflict)));
    assert_eq!(saves(&rig), 4);
    assert_eq!(rig.run(Purpose::Persist).end, End::Saved);
    assert_eq!(rig.stored().identity.as_deref(), Some("ana"));
}

#[test]
fn i2_a_refresh_that_is_overtaken_by_older_material_four_times_stops() {
    let mut rig = Rig::new(OAUTH);
    rig.answers = Box::new(|_, now| minted(2, now));
    let basis = Generation(1);
    let summary = beside(&mut rig, Purpose::Refresh { basis }, 9, |rig, id| write(rig, 1, id));
    assert_eq!((summary.end, saves(&rig)), (End::Superseded, 3));
}

#[test]
fn a_login_that_neither_store_nor_disk_takes_is_not_called_saved() {
    let mut rig = Rig::new(OAUTH);
    rig.store.fail_next(Fault::Refuses(StoreError::Locked));
    rig.journal.is_full = true;
    let login = login(&rig);
    assert_eq!(rig.run(login).end, End::NoStore(StoreError::Locked));
}

#[test]
fn only_a_login_over_a_record_goes_into_the_journal() {
    // The key that seals the journal would be lost with the record that the store has not taken.
    let mut rig = Rig::new(OAUTH);
    delete(&mut rig, 0);
    rig.store.fail_next(Fault::Refuses(StoreError::Locked));
    let login = login(&rig);
    assert_eq!(rig.run(login).end, End::NoStore(StoreError::Locked));
    let mut amended = Rig::new(OAUTH);
    amended.store.fail_next(Fault::Refuses(StoreError::Locked));
    assert_eq!(amended.run(amendment()).end, End::NoStore(StoreError::Locked));
    for rig in [&rig, &amended] {
        assert!(!rig.trace.iter().any(|name| name == "spill"), "{:?}", rig.trace);
    }
}

#[test]
fn a_login_is_served_once_it_is_proven_and_sweeps_what_is_older() {
    for is_proven in [true, false] {
        let mut rig = Rig::new(OAUTH);
        delete(&mut rig, 0);
        let mut record = rig.record();
        record.current.is_proven = is_proven;
        assert_eq!(rig.run(Purpose::Commit { record: Box::new(record) }).end, End::Committed);
        assert_eq!(rig.published.len(), usize::from(is_proven));
        assert_eq!(rig.trace[rig.trace.len() - 3..], ["sweep", "spill", "done"]);
    }
}

#[test]
fn an_amendment_of_a_record_that_is_not_proven_is_served() {
    let mut rig = Rig::new(OAUTH);
    let mut record = rig.record();
    record.current.is_proven = false;
    rig.put(&record);
    assert_eq!(rig.run(amendment()).end, End::Amended);
    assert_eq!(rig.published.len(), 1);
}

#[test]
fn nothing_is_done_for_an_account_without_a_record() {
    let mut rig = Rig::new(OAUTH);
    delete(&mut rig, 0);
    assert_eq!(rig.refresh().end, End::NoRecord);
    assert_eq!(rig.trace, ["load", "done"]);
}

#[test]
fn f40_a_save_that_landed_and_was_called_overtaken_is_recognised() {
    use lamplighter_core::refresh::Attempt;
    let mut rig = Rig::new(OAUTH);
    rig.answers = Box::new(|_, now| minted(2, now));
    let plan = rig.plan(Purpose::Refresh { basis: Generation(1) });
    let (mut attempt, mut effect) = Attempt::start(plan, rig.service.clone(), [1; 32]);
    let end = loop {
        let is_save = matches!(effect, Effect::Save { .. });
        match rig.perform(effect) {
            Ok(_) if is_save => {
                effect = attempt.step(Input::Saved(Err(StoreError::Conflict)), rig.clock.now());
            }
            Ok((input, _)) => effect = attempt.step(input, rig.clock.now()),
            Err(summary) => break summary.end,
        }
        assert!(rig.trace.len() < 50, "{:?}", rig.trace);
    };
    assert_eq!((end, saves(&rig)), (End::Renewed { probe: None }, 1));
    assert_eq!(rig.credential(), "canary-r2");
}

/// A service that can revoke.
fn revoking(status: u16) -> Rig {
    let mut rig = Rig::new(&format!(
        "{OAUTH}\n[[revoke.steps]]\nmethod = \"POST\"\nurl = \"https://id.example.com/revoke/me\"\n\
         form = {{ token = \"{{{{refresh.main}}}}\" }}\n"
    ));
    rig.answers = Box::new(move |_, now| json(status, "{}", now));
    rig
}

#[test]
fn i2_a_session_that_could_not_be_revoked_is_told() {
    for (status, is_failure) in [(200, false), (401, false), (404, true), (503, true)] {
        let end = revoking(status).run(Purpose::Logout).end;
        let revoke_failed = is_failure.then_some(Cause::Status { status });
        assert_eq!(end, End::LoggedOut { revoke_failed });
    }
}

#[test]
fn i2_a_logout_that_the_store_refuses_is_told() {
    let mut rig = revoking(200);
    let summary = rig.run_with(Purpose::Logout, |rig, effect| {
        if effect == "delete" {
            rig.store.refuses = Some(StoreError::Locked);
        }
    });
    assert_eq!(summary.end, End::NotDeleted(StoreError::Locked));
    let there: Option<Record> = rig.store.peek(&rig.account);
    assert!(there.is_some());
}

#[test]
fn ways_have_the_words_that_the_history_keeps() {
    let ways = [Way::Oauth, Way::Http, Way::Browser, Way::Manual];
    assert_eq!(ways.map(Way::as_str), ["oauth", "http", "browser", "manual"]);
}

#[test]
fn f62_a_login_that_agreed_to_new_hosts_while_the_keyring_was_locked_is_not_undone_when_it_opens() {
    for refusals in [1, 3] {
        let mut rig = Rig::new(OAUTH);
        let moved = provider(&OAUTH.replace("id.example.com", "id.example.net"));
        rig.service = Arc::new(Service { provider: Arc::new(moved), vars: Default::default() });
        let basis = rig.stored().current.generation;
        assert!(matches!(rig.run(Purpose::Refresh { basis }).end, End::HostChanged { .. }));
        // The person agrees and logs in.
        let mut login = rig.record();
        assert_eq!(login.hosts, ["id.example.net"]);
        login.secrets.insert("pin".parse().unwrap(), "canary-pin".into());
        let held = held("canary-r7", 3600, rig.clock.now());
        login.current.credentials.insert(ChainName::main(), held);
        for _ in 0..refusals {
            rig.store.fail_next(Fault::Refuses(StoreError::Locked));
        }
        let summary = rig.run(Purpose::commit(Box::new(login), basis));
        assert_eq!((summary.end, summary.unsaved), (End::Committed, Some(StoreError::Locked)));
        for _ in 1..refusals {
            assert_eq!(rig.run(Purpose::Persist).unsaved, Some(StoreError::Locked), "still the journal's");
        }
        assert_eq!(rig.run(Purpose::Persist).end, End::Saved);
        let stored = rig.stored();
        assert_eq!(
            (stored.hosts, rig.credential().as_str()),
            (vec!["id.example.net".to_owned()], "canary-r7")
        );
        assert!(stored.secrets.contains_key(&"pin".parse().unwrap()));
        assert_eq!(rig.run(Purpose::Recover).end, End::Quiet);
    }
}
