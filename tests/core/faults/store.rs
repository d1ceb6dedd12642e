//! Keyring and disk: F38 to F42, F49, F51, F53.

use lamplighter_core::account::{Block, Session};
use lamplighter_core::api::Standing;
use lamplighter_core::id::WriteId;
use lamplighter_core::record::{SessionStore as _, StoreError};
use lamplighter_core::refresh::{End, Purpose};
use lamplighter_core::report::Code;
use testkit::memory_store::Fault;

use super::line::{Line, MIN, has_a_time};
use crate::machines::OAUTH;
use crate::machines::rig::minted;

fn line() -> Line {
    let mut line = Line::new(OAUTH);
    line.rig.answers = Box::new(|_, now| minted(2, now));
    line
}

#[test]
fn f38_a_full_disk_sends_nothing_says_so_and_goes_on_when_there_is_room() {
    let mut line = line();
    line.rig.journal.is_full = true;
    assert!(matches!(line.refresh(), End::NoJournal(_)));
    assert!(line.rig.requests.is_empty());
    line.record_is_unchanged();
    let told = line.tells("Nothing can be written to the disk");
    assert_eq!((told.code, line.standing()), (Code::Disk, Standing::Waiting));
    assert!(told.next.unwrap().contains("every minute"));
    line.pass(5 * MIN);
    assert!(line.rig.requests.is_empty());
    assert_eq!(line.toasts, ["disk"], "once");
    line.goes_on();
}

#[test]
fn f38_f40_a_store_that_fails_after_spending_leaves_the_old_record_and_serves_the_new_token() {
    for fault in [Fault::Refuses(StoreError::Locked), Fault::Refuses(StoreError::Slow), Fault::LandsLate] {
        let mut line = line();
        let is_late = fault == Fault::LandsLate;
        line.rig.store.fail_next(fault);
        line.refresh();
        assert!(line.ends.last().unwrap().unsaved.is_some());
        assert_eq!(line.rig.published.len(), 1, "programs have the new token");
        if !is_late {
            line.record_is_unchanged();
        }
        let told = line.tells("keyring");
        assert!(told.safe.unwrap().contains("sealed"), "where it is meanwhile");
        assert!(has_a_time(&told.next.unwrap()));
        line.pass(6 * MIN);
        line.record_is_one_newer();
        assert_eq!((line.rig.credential().as_str(), line.rig.requests.len()), ("canary-r2", 1));
        assert_eq!(line.told(lamplighter_core::text::Lang::En), None);
    }
}

#[test]
fn f39_a_keyring_that_gives_nothing_is_told_in_words_of_its_own_and_nothing_is_sent() {
    let kinds = [
        (StoreError::Locked, Code::StoreLocked, "locked"),
        (StoreError::Absent("no bus".to_owned()), Code::StoreAbsent, "No keyring is running"),
        (StoreError::Denied("-25308".to_owned()), Code::StoreAbsent, "refused access"),
        (StoreError::Slow, Code::StoreAbsent, "does not answer"),
    ];
    for (error, code, what) in kinds {
        let mut line = line();
        line.rig.store.refuses = Some(error);
        assert!(matches!(line.refresh(), End::NoStore(_)));
        assert!(line.rig.requests.is_empty());
        let told = line.tells(what);
        assert_eq!((told.code, line.standing()), (code, Standing::Waiting));
        line.pass(10 * MIN);
        assert!(line.rig.requests.is_empty());
        assert_eq!(line.toasts, ["store"], "one prompt");
        line.rig.store.refuses = None;
        line.record_is_unchanged();
        line.goes_on();
    }
}

#[test]
fn f41_of_two_records_the_newer_stays() {
    let mut line = line();
    let backup = line.rig.store.backup();
    line.refresh();
    line.record_is_one_newer();
    line.rig.store.restore(backup);
    assert_eq!(line.rig.credential(), "canary-r1");
    line.compare_from_here();
    assert_eq!(line.run(Purpose::Recover), End::Renewed { probe: None }, "the journal has the newer one");
    assert_eq!((line.rig.credential().as_str(), line.rig.requests.len()), ("canary-r2", 1));
    line.record_is_one_newer();
    line.is_fine();
}

#[test]
fn f42_an_entry_that_cannot_be_read_is_left_as_it_is_and_nothing_is_sent() {
    let mut line = line();
    let account = line.rig.account.clone();
    line.rig.store.corrupt(&account);
    let before = line.rig.store.backup();
    assert!(matches!(line.refresh(), End::NoStore(StoreError::Corrupt(_))));
    line.pass(10 * MIN);
    assert!(line.rig.requests.is_empty());
    assert!(line.rig.store.backup() == before, "not a byte is touched");
    let told = line.tells("cannot be used");
    assert!(told.safe.unwrap().contains("stays as it is") && told.cure.unwrap().contains("kept aside"));
}

#[test]
fn f49_without_the_lock_nothing_is_spent_and_the_person_is_told_to_start_again() {
    for is_after_sending in [false, true] {
        let mut line = line();
        if is_after_sending {
            line.refresh();
            line.record_is_one_newer();
        }
        let sent = line.rig.requests.len();
        line.rig.journal.is_lock_lost = true;
        assert!(matches!(line.refresh(), End::NoJournal(_)));
        line.pass(10 * MIN);
        assert_eq!(line.rig.requests.len(), sent, "two engines may run: none spends");
        line.record_is_unchanged();
        let told = line.tells("lock file was deleted or replaced");
        assert_eq!((told.code, line.standing()), (Code::Busy, Standing::Waiting));
        assert!(told.next.unwrap().contains("every minute") && told.cure.unwrap().contains("start it again"));
        assert_eq!(line.toasts, ["disk"], "once");
        // Another start, with a lock of its own.
        line.rig.journal.is_lock_lost = false;
        line.restart(true);
        line.pass(2 * MIN);
        assert_eq!(line.told(lamplighter_core::text::Lang::En), None);
        line.refresh();
        line.record_is_one_newer();
    }
}

#[test]
fn f51_a_login_meanwhile_is_not_undone_by_a_late_reply() {
    let mut line = line();
    let basis = line.rig.stored().current.generation;
    let mut theirs = line.rig.record();
    theirs.current.generation = basis.next();
    theirs.write_id = WriteId([4; 16]);
    let login = theirs.duplicate();
    let summary = line.rig.run_with(Purpose::Refresh { basis }, |rig, effect| {
        if effect == "save" {
            let account = rig.account.clone();
            rig.store.save(&account, Some(WriteId([1; 16])), &login).unwrap();
        }
    });
    assert_eq!(summary.end, End::Superseded);
    assert!(line.rig.stored().write_id == WriteId([4; 16]), "the login's record, as it was saved");
    line.record_is_one_newer();
    line.is_fine();
}

#[test]
fn f53_a_record_of_a_newer_version_is_not_touched_and_the_person_is_told_to_update() {
    let mut line = line();
    let account = line.rig.account.clone();
    line.rig.store.newer(&account);
    let before = line.rig.store.backup();
    line.refresh();
    line.pass(10 * MIN);
    assert!(matches!(line.session(), Session::Blocked { why: Block::NewerFormat, .. }));
    assert!(line.rig.requests.is_empty());
    assert!(line.rig.store.backup() == before, "no silent rewrite");
    let told = line.tells("newer version");
    assert_eq!(told.code, Code::Blocked);
    assert!(told.cure.unwrap().contains("Update"));
}

#[test]
fn f53_after_the_update_the_login_is_used_again_and_nobody_is_asked() {
    let mut line = line();
    let account = line.rig.account.clone();
    let before = line.rig.store.backup();
    line.rig.store.newer(&account);
    line.refresh();
    line.pass(10 * MIN);
    assert!(matches!(line.session(), Session::Blocked { why: Block::NewerFormat, .. }));
    // The newer version is what runs now, and the state of the older one is what it finds.
    line.rig.store.restore(before);
    line.restart(true);
    line.pass(2 * MIN);
    assert!(matches!(line.session(), Session::Alive { .. }), "{:?}", line.session());
    assert_eq!(line.told(lamplighter_core::text::Lang::En), None);
    line.refresh();
    line.record_is_one_newer();
}
