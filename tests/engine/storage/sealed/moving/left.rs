//! What a move leaves and finds: settings that were changed by hand, stores that could not be read, old copies of a move that
//! was interrupted, and disks that do not say that a copy is there.

use std::path::Path;

use lamplighter_core::id::{AccountId, WriteId};
use lamplighter_core::record::{Record, SessionStore, StoreError, StoreKind};
use lamplighter_core::report::Code;
use lamplighter_core::text::Lang;
use lamplighter_engine::clock::SystemClock;
use lamplighter_engine::store::{KeySource, OfKind, SealedStore};
use lamplighter_engine::{Move, MoveStep, Moved, configured};

use super::super::{account, record};
use super::{check, make, move_to, other, paths, setting, store};

/// The setting is changed by hand.
fn set(home: &Path, to: StoreKind) {
    let file = paths(home).config_file();
    let text = std::fs::read_to_string(&file).expect("the file");
    let from = format!("store = \"{}\"", configured(&file, Lang::En).expect("valid").settings.store.word());
    assert!(text.contains(&from));
    std::fs::write(&file, text.replace(&from, &format!("store = \"{}\"", to.word())))
        .expect("changed by hand");
}

#[test]
fn a_login_that_lies_where_the_settings_do_not_say_is_brought_there() {
    let home = tempfile::tempdir().expect("a folder");
    let all = make(home.path(), StoreKind::Keyring);
    set(home.path(), StoreKind::Sealed);
    let mut steps = Vec::new();
    let moved = move_to(home.path(), StoreKind::Sealed, |step| steps.push(step)).expect("moved");
    assert_eq!((moved.copied, check(home.path(), &all, "brought")), (4, (0, 4)));
    assert_eq!(steps.iter().position(|step| *step == MoveStep::Settle), Some(4), "before anything old goes");
    assert!(steps[5..].iter().all(|step| matches!(step, MoveStep::Remove(_))), "{steps:?}");
}

/// A store that answers nothing but this.
struct Closed(StoreError);

impl SessionStore for Closed {
    fn load(&mut self, _: &AccountId) -> Result<Option<Record>, StoreError> {
        Err(self.0.clone())
    }

    fn save(&mut self, _: &AccountId, _: Option<WriteId>, _: &Record) -> Result<(), StoreError> {
        Err(self.0.clone())
    }

    fn delete(&mut self, _: &AccountId) -> Result<(), StoreError> {
        Err(self.0.clone())
    }
}

fn move_from(home: &Path, other: OfKind, to: StoreKind) -> Moved {
    let (paths, clock) = (paths(home), SystemClock::new());
    let work =
        Move { paths: &paths, to: store(home, to), others: vec![other], clock: &clock, lang: Lang::En };
    work.run(|_| {}).expect("it ends")
}

#[test]
fn a_move_does_not_call_itself_done_while_a_login_may_lie_in_a_store_that_it_could_not_read() {
    let home = tempfile::tempdir().expect("a folder");
    let all = make(home.path(), StoreKind::Keyring);
    set(home.path(), StoreKind::Sealed);
    for error in [StoreError::Locked, StoreError::Absent("no bus".to_owned())] {
        let moved =
            move_from(home.path(), (StoreKind::Keyring, Box::new(Closed(error.clone()))), StoreKind::Sealed);
        assert_eq!((moved.copied, moved.removed), (0, 0));
        let said = moved.missing.expect("it is not done");
        assert_eq!(said.account.as_deref(), Some("one"));
        assert!(said.what.contains("your system’s keyring") && said.safe.is_some(), "{said:?}");
        assert!(said.next.as_ref().is_some_and(|next| next.contains("lamp store move sealed")), "{said:?}");
        assert!(said.cure.is_some(), "{said:?}");
    }
    // A system that has no kernel's keyring has nothing in it.
    let none = Box::new(Closed(StoreError::NoKernel("not permitted".to_owned())));
    assert_eq!(move_from(home.path(), (StoreKind::Keyutils, none), StoreKind::Sealed), Moved::default());
    let moved = move_to(home.path(), StoreKind::Sealed, |_| {}).expect("unlocked");
    assert_eq!((moved.missing, moved.copied, check(home.path(), &all, "unlocked")), (None, 4, (0, 4)));
    // What is here is here; whether the other store holds an old copy is said, and no more.
    let locked: OfKind = (StoreKind::Keyring, Box::new(Closed(StoreError::Locked)));
    let moved = move_from(home.path(), locked, StoreKind::Sealed);
    assert_eq!(moved, Moved { unread: vec![StoreKind::Keyring], ..Moved::default() });
}

#[test]
fn sealed_files_whose_key_nobody_names_any_more_are_not_taken_for_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let all = make(home.path(), StoreKind::Sealed);
    set(home.path(), StoreKind::Keyring);
    let folder = paths(home.path());
    let closed = SealedStore::new(&folder.sealed(), &folder.journals(), KeySource::Unnamed);
    let moved = move_from(home.path(), (StoreKind::Sealed, Box::new(closed)), StoreKind::Keyring);
    let said = moved.missing.expect("it is not done");
    assert!(said.what.contains("the sealed files"), "{said:?}");
    assert!(said.cure.as_ref().is_some_and(|cure| cure.contains("store_key")), "{said:?}");
    let moved = move_to(home.path(), StoreKind::Keyring, |_| {}).expect("moved");
    assert_eq!((moved.copied, check(home.path(), &all, "brought")), (4, (4, 0)));
}

/// A later generation of the same login.
fn refreshed(slot: &AccountId) -> Record {
    record(slot, 5, "refreshed", 9)
}

fn credential(home: &Path, kind: StoreKind, slot: &AccountId) -> Option<String> {
    let record = store(home, kind).1.load(slot).expect("read")?;
    let held = record.current.credentials.values().next()?;
    held.value.expose_str().map(str::to_owned)
}

#[test]
fn what_an_interrupted_move_has_left_goes_with_the_next_one_though_the_login_was_refreshed_since() {
    for to in [StoreKind::Keyring, StoreKind::Sealed] {
        let home = tempfile::tempdir().expect("a folder");
        let home = home.path();
        let all = make(home, other(to));
        // As it is after a kill between the setting and the first removal.
        let old: Vec<Record> = all
            .iter()
            .map(|slot| store(home, other(to)).1.load(slot).expect("read").expect("there"))
            .collect();
        move_to(home, to, |_| {}).expect("moved");
        for record in &old {
            store(home, other(to)).1.save(&record.account, None, record).expect("left");
        }
        let slot = &all[0];
        store(home, to).1.save(slot, Some(old[0].write_id), &refreshed(slot)).expect("refreshed");
        let moved = move_to(home, to, |_| {}).expect("finished");
        assert_eq!((moved.copied, moved.removed), (0, 4));
        assert_eq!(credential(home, to, slot).as_deref(), Some("refreshed"));
        assert!(all.iter().all(|slot| credential(home, other(to), slot).is_none()));
    }
}

#[test]
fn of_one_login_in_two_stores_the_one_that_was_refreshed_last_counts_whatever_the_settings_name() {
    for named in [StoreKind::Keyring, StoreKind::Sealed] {
        for newer in [StoreKind::Keyring, StoreKind::Sealed] {
            for to in [StoreKind::Keyring, StoreKind::Sealed] {
                let home = tempfile::tempdir().expect("a folder");
                let home = home.path();
                let all = make(home, named);
                let slot = &all[0];
                let old = store(home, named).1.load(slot).expect("read").expect("there");
                store(home, other(named)).1.save(slot, None, &old).expect("a copy");
                store(home, newer).1.save(slot, Some(old.write_id), &refreshed(slot)).expect("refreshed");
                move_to(home, to, |_| {}).expect("moved");
                let at = format!("{} named, {} newer, to {}", named.word(), newer.word(), to.word());
                assert_eq!(credential(home, to, slot).as_deref(), Some("refreshed"), "{at}");
                assert_eq!(credential(home, other(to), slot), None, "{at}");
            }
        }
    }
}

#[test]
fn another_login_in_the_store_that_is_not_named_is_kept_until_a_logout() {
    let home = tempfile::tempdir().expect("a folder");
    let home = home.path();
    let all = make(home, StoreKind::Sealed);
    let slot = &all[0];
    let mut earlier = record(slot, 9, "earlier", 9);
    earlier.journal_key = lamplighter_core::secret::Secret::new([8; 32]);
    store(home, StoreKind::Keyring).1.save(slot, None, &earlier).expect("saved");
    let moved = move_to(home, StoreKind::Sealed, |step| panic!("{step:?}")).expect("nothing is to be done");
    assert_eq!((moved.copied, moved.removed), (0, 0));
    assert_eq!(credential(home, StoreKind::Keyring, slot).as_deref(), Some("earlier"));
    assert_eq!(credential(home, StoreKind::Sealed, slot).as_deref(), Some("credential 0"));
}

#[test]
fn a_lock_that_cannot_be_used_is_no_program_that_runs() {
    let home = tempfile::tempdir().expect("a folder");
    make(home.path(), StoreKind::Keyring);
    let lock = paths(home.path()).lock();
    _ = std::fs::remove_file(&lock);
    std::fs::create_dir(&lock).expect("something in its place");
    let said = move_to(home.path(), StoreKind::Sealed, |step| panic!("{step:?}")).expect_err("no lock");
    assert_eq!(said.code, Code::Disk, "{said:?}");
    assert!(said.cure.as_ref().is_some_and(|cure| !cure.contains("Quit it")), "{said:?}");
}

/// A store whose disk does not say that anything is there.
struct Unsettled(Box<dyn SessionStore>);

impl SessionStore for Unsettled {
    fn load(&mut self, account: &AccountId) -> Result<Option<Record>, StoreError> {
        self.0.load(account)
    }

    fn save(&mut self, account: &AccountId, at: Option<WriteId>, record: &Record) -> Result<(), StoreError> {
        self.0.save(account, at, record)
    }

    fn delete(&mut self, account: &AccountId) -> Result<(), StoreError> {
        self.0.delete(account)
    }

    fn settle(&mut self) -> Result<(), StoreError> {
        Err(StoreError::Disk("Input/output error (os error 5)".to_owned()))
    }
}

#[test]
fn f37_f38_while_what_was_copied_may_be_lost_nothing_old_goes_and_the_settings_stay() {
    for is_by_hand in [false, true] {
        let home = tempfile::tempdir().expect("a folder");
        let all = make(home.path(), StoreKind::Keyring);
        if is_by_hand {
            set(home.path(), StoreKind::Sealed);
        }
        let (paths, clock) = (paths(home.path()), SystemClock::new());
        let (kind, to) = store(home.path(), StoreKind::Sealed);
        let others = vec![store(home.path(), StoreKind::Keyring)];
        let to: OfKind = (kind, Box::new(Unsettled(to)));
        let said = Move { paths: &paths, to, others, clock: &clock, lang: Lang::En }
            .run(|step| assert!(matches!(step, MoveStep::Copy(_) | MoveStep::Settle), "{step:?}"))
            .expect_err("the disk fails");
        assert_eq!(said.code, Code::Disk, "{said:?}");
        let named = if is_by_hand { StoreKind::Sealed } else { StoreKind::Keyring };
        assert_eq!((check(home.path(), &all, "failed"), setting(home.path())), ((4, 4), named));
    }
}

#[test]
fn f37_a_folder_that_the_first_file_makes_and_a_new_key_settle_with_what_they_hold() {
    let home = tempfile::tempdir().expect("a folder");
    make(home.path(), StoreKind::Keyring);
    let (_, mut sealed) = store(home.path(), StoreKind::Sealed);
    sealed.settle().expect("there is nothing yet");
    sealed.save(&account(3), None, &record(&account(3), 1, "one", 1)).expect("saved");
    sealed.settle().expect("folders and key are there");
    // A key that is handed over open is nobody's file.
    let folder = paths(home.path());
    let source = KeySource::PassphraseFile("/dev/fd/999".into());
    SealedStore::new(&folder.sealed(), &folder.journals(), source).settle().expect("nothing is waited for");
}
