//! The store refuses, lies, is changed by others (F38 to F42, F51).

use std::cell::RefCell;
use std::rc::Rc;

use lamplighter_core::id::{Generation, WriteId};
use lamplighter_core::record::{SessionStore as _, StoreError};
use lamplighter_core::refresh::{Amendment, End, Purpose};
use testkit::memory_store::Fault;

use super::OAUTH;
use super::rig::{Rig, body, json, minted};

fn rig() -> Rig {
    let mut rig = Rig::new(OAUTH);
    rig.answers = Box::new(|_, now| minted(2, now));
    rig
}

#[test]
fn f38_a_store_that_refuses_after_spending_leaves_the_new_material_in_the_journal_and_serves_it() {
    let mut rig = rig();
    rig.store.fail_next(Fault::Refuses(StoreError::Locked));
    let summary = rig.refresh();
    assert_eq!(summary.unsaved, Some(StoreError::Locked));
    assert_eq!(rig.credential(), "canary-r1", "the store has the old one");
    assert_eq!(rig.published.len(), 1, "programs have the new one");
    assert_eq!(rig.run(Purpose::Persist).end, End::Saved);
    assert_eq!(
        (rig.credential().as_str(), rig.requests.len()),
        ("canary-r2", 1),
        "never the old token again"
    );
}

#[test]
fn f38_nothing_is_sent_when_the_journal_cannot_be_written() {
    let mut rig = rig();
    rig.journal.is_full = true;
    assert!(matches!(rig.refresh().end, End::NoJournal(_)));
    assert!(rig.requests.is_empty());
}

#[test]
fn f40_our_own_late_write_is_recognised() {
    let mut rig = rig();
    rig.store.fail_next(Fault::LandsLate);
    assert_eq!(rig.refresh().unsaved, Some(StoreError::Slow));
    let summary = rig.run(Purpose::Persist);
    assert!(matches!(summary.end, End::Saved | End::Quiet), "{summary:?}");
    assert_eq!(rig.credential(), "canary-r2");
}

#[test]
fn f51_a_logout_during_a_refresh_is_not_undone_by_its_reply() {
    let mut rig = rig();
    let basis = rig.stored().current.generation;
    let plan = rig.run_with(Purpose::Refresh { basis }, |rig, effect| {
        if effect == "save" {
            let account = rig.account.clone();
            rig.store.delete(&account).unwrap();
        }
    });
    assert_eq!(plan.end, End::Superseded);
    assert!(rig.store.peek(&rig.account).is_none());
}

#[test]
fn f51_a_login_during_a_refresh_wins() {
    let mut rig = rig();
    let basis = rig.stored().current.generation;
    let summary = rig.run_with(Purpose::Refresh { basis }, |rig, effect| {
        if effect == "save" {
            let mut login = rig.record();
            login.current.generation = Generation(2);
            login.write_id = WriteId([4; 16]);
            let account = rig.account.clone();
            rig.store.save(&account, Some(WriteId([1; 16])), &login).unwrap();
        }
    });
    assert_eq!(summary.end, End::Superseded);
    assert_eq!(rig.stored().write_id, WriteId([4; 16]));
}

#[test]
fn f41_an_older_record_that_somebody_restored_is_replaced_by_the_newer_reply() {
    let mut rig = rig();
    let basis = rig.stored().current.generation;
    let summary = rig.run_with(Purpose::Refresh { basis }, |rig, effect| {
        if effect == "save" {
            let mut old = rig.record();
            old.write_id = WriteId([3; 16]);
            let account = rig.account.clone();
            rig.store.delete(&account).unwrap();
            rig.store.save(&account, None, &old).unwrap();
        }
    });
    assert_eq!(summary.end, End::Renewed { probe: None });
    assert_eq!(rig.credential(), "canary-r2");
}

#[test]
fn f53_a_record_of_a_newer_version_is_left_alone() {
    let mut rig = rig();
    rig.store.refuses = Some(StoreError::NewerFormat(7));
    assert_eq!(rig.refresh().end, End::NewerFormat(7));
    assert!(rig.requests.is_empty());
}

#[test]
fn a_login_replaces_what_is_there_with_a_newer_generation_and_keeps_the_journals_key() {
    let mut rig = rig();
    let mut login = rig.record();
    login.journal_key = lamplighter_core::secret::Secret::new([2; 32]);
    let summary = rig.run(Purpose::Commit { record: Box::new(login) });
    assert_eq!(summary.end, End::Committed);
    assert!(rig.stored().current.generation > Generation(1));
    assert_eq!(rig.stored().journal_key.expose(), [9; 32]);
}

#[test]
fn a_login_that_the_store_refuses_is_in_the_journal_until_it_opens() {
    let mut rig = rig();
    rig.store.fail_next(Fault::Refuses(StoreError::Locked));
    let mut login = rig.record();
    login.identity = Some("ana".to_owned());
    let summary = rig.run(Purpose::Commit { record: Box::new(login) });
    assert_eq!((summary.end, summary.unsaved), (End::Committed, Some(StoreError::Locked)));
    assert_eq!(rig.run(Purpose::Persist).end, End::Saved);
    assert_eq!(rig.stored().identity.as_deref(), Some("ana"));
}

#[test]
fn an_amendment_changes_no_material() {
    let mut rig = rig();
    let change = Amendment::SetSecret("client_secret".parse().unwrap(), "canary-s".into());
    assert_eq!(rig.run(Purpose::Amend { change }).end, End::Amended);
    assert_eq!(rig.stored().current.generation, Generation(1));
    assert_eq!(rig.stored().secrets.len(), 1);
}

#[test]
fn logging_out_revokes_what_the_journal_holds_and_the_store_has_not_taken() {
    let mut rig = Rig::new(&format!(
        "{OAUTH}\n[[revoke.steps]]\nmethod = \"POST\"\nurl = \"https://id.example.com/revoke/me\"\n\
         form = {{ token = \"{{{{refresh.main}}}}\" }}\n"
    ));
    rig.answers = Box::new(|_, now| minted(2, now));
    rig.store.fail_next(Fault::Refuses(StoreError::Locked));
    rig.refresh();
    assert_eq!(rig.credential(), "canary-r1", "the store has the old one");
    let revoked = Rc::new(RefCell::new(String::new()));
    let said = Rc::clone(&revoked);
    rig.answers = Box::new(move |request, now| {
        *said.borrow_mut() = body(request);
        json(200, "{}", now)
    });
    assert_eq!(rig.run(Purpose::Logout).end, End::LoggedOut { revoke_failed: None });
    assert!(revoked.borrow().contains("canary-r2"), "the session that lives: {}", revoked.borrow());
}

#[test]
fn f42_an_entry_that_cannot_be_read_is_kept_aside_by_a_login_and_by_a_logout() {
    let mut rig = rig();
    let record = rig.record();
    let account = rig.account.clone();
    rig.store.corrupt(&account);
    assert!(matches!(rig.refresh().end, End::NoStore(StoreError::Corrupt(_))), "a refresh touches nothing");
    assert_eq!(rig.run(Purpose::Commit { record: Box::new(record) }).end, End::Committed);
    assert_eq!(rig.token(), "canary-a1");
    assert_eq!(rig.store.aside[&account], b"no record");
    rig.store.aside.clear();
    rig.store.corrupt(&account);
    let end = rig.run(Purpose::Logout).end;
    assert!(matches!(end, End::LoggedOut { revoke_failed: Some(_) }), "nothing could be revoked: {end:?}");
    assert!(!rig.store.holds(&account));
    assert_eq!(rig.store.aside[&account], b"no record");
}

#[test]
fn logging_out_deletes_and_says_so() {
    let mut rig = rig();
    assert_eq!(rig.run(Purpose::Logout).end, End::LoggedOut { revoke_failed: None });
    assert!(rig.store.peek(&rig.account).is_none());
}
