//! Moving all logins from one store to another: whoever is killed on the way has each of them somewhere, and goes on.

mod left;

use std::path::Path;
use std::process::Command;

use lamplighter_core::id::AccountId;
use lamplighter_core::record::{SessionStore, StoreKind, encode};
use lamplighter_core::report::Code;
use lamplighter_core::text::Lang;
use lamplighter_engine::clock::SystemClock;
use lamplighter_engine::lock::{EngineLock, Holder};
use lamplighter_engine::paths::{Env, Paths};
use lamplighter_engine::store::sealed::key::make_key_file;
use lamplighter_engine::store::{KeySource, OfKind, SealedStore};
use lamplighter_engine::{Move, MoveStep, Moved, configured};

use super::{account, record};
use crate::crash::store::FolderStore;

/// Tells this binary that it is to be killed, where, and in which home.
const PLAN: &str = "LAMPLIGHTER_TEST_MOVE";
/// More steps than a move of two accounts has.
const MOST: usize = 40;

fn paths(home: &Path) -> Paths {
    Paths::resolve(&Env { root: Some(home.to_owned()), ..Env::default() }, Lang::En).expect("a home")
}

/// A keyring as far as this is concerned, and the sealed files.
fn store(home: &Path, kind: StoreKind) -> OfKind {
    let paths = paths(home);
    let store: Box<dyn SessionStore> = match kind {
        StoreKind::Sealed => {
            let key = KeySource::File(home.join("key"));
            Box::new(SealedStore::new(&paths.sealed(), &paths.journals(), key))
        }
        _ => Box::new(FolderStore::new(&home.join("keychain"))),
    };
    (kind, store)
}

fn other(kind: StoreKind) -> StoreKind {
    if kind == StoreKind::Sealed { StoreKind::Keyring } else { StoreKind::Sealed }
}

fn move_to(
    home: &Path,
    to: StoreKind,
    before: impl FnMut(MoveStep),
) -> Result<Moved, lamplighter_core::report::Notice> {
    let (paths, clock) = (paths(home), SystemClock::new());
    let others = vec![store(home, other(to))];
    Move { paths: &paths, to: store(home, to), others, clock: &clock, lang: Lang::En }.run(before)
}

/// Two accounts in the store of the settings, one of them with what a login keeps beside it, and an alert's address.
fn make(home: &Path, from: StoreKind) -> Vec<AccountId> {
    let accounts = [account(1), account(2)];
    make_key_file(&home.join("key")).expect("a key");
    let paths = paths(home);
    paths.create(Lang::En).expect("folders");
    let section = |(name, id): (&str, &AccountId)| {
        format!("[accounts.{name}]\nid = \"{id}\"\nprovider = \"practice\"\n")
    };
    let text: String = ["one", "two"].into_iter().zip(&accounts).map(section).collect();
    let setting = format!("# mine\n[settings]\nstore = \"{}\"\nlang = \"en\"\n", from.word());
    std::fs::write(paths.config_file(), setting + &text).expect("written");
    let mut all = accounts.to_vec();
    all.push(hidden(&account(1)));
    all.push(addresses());
    let (_, mut store) = store(home, from);
    for (number, slot) in all.iter().enumerate() {
        store
            .save(slot, None, &record(slot, 4, &format!("credential {number}"), number as u8 + 1))
            .expect("saved");
    }
    all
}

/// What a login that has spent something keeps: see [`Moved`], which tells that it was found.
fn hidden(account: &AccountId) -> AccountId {
    entry(&format!("login of {account}"))
}

/// The addresses of alerts.
fn addresses() -> AccountId {
    entry(&format!("secrets of {}", entry("addresses of alerts")))
}

fn entry(name: &str) -> AccountId {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(name);
    AccountId::from_random(digest[..16].try_into().expect("16 bytes"))
}

/// Every record is there, whole, in at least one of the two stores; and how many are in each.
fn check(home: &Path, all: &[AccountId], at: &str) -> (usize, usize) {
    let (mut keyring, mut sealed) = (store(home, StoreKind::Keyring).1, store(home, StoreKind::Sealed).1);
    let mut counts = (0, 0);
    for (number, slot) in all.iter().enumerate() {
        let wanted = encode(&record(slot, 4, &format!("credential {number}"), number as u8 + 1));
        let has = |store: &mut Box<dyn SessionStore>| {
            let found = store.load(slot).unwrap_or_else(|error| panic!("{at}: {error}"));
            found.map(|found| assert!(*encode(&found) == *wanted, "{at}: {slot} is another one")).is_some()
        };
        let (left, right) = (has(&mut keyring), has(&mut sealed));
        assert!(left || right, "{at}: {slot} is lost");
        counts = (counts.0 + usize::from(left), counts.1 + usize::from(right));
    }
    counts
}

fn setting(home: &Path) -> StoreKind {
    configured(&paths(home).config_file(), Lang::En).expect("valid").settings.store
}

#[test]
fn all_logins_move_there_and_back_and_the_settings_follow() {
    let home = tempfile::tempdir().expect("a folder");
    let all = make(home.path(), StoreKind::Keyring);
    let mut steps = Vec::new();
    let moved = move_to(home.path(), StoreKind::Sealed, |step| steps.push(step)).expect("moved");
    assert_eq!(moved, Moved { copied: 4, removed: 4, ..Moved::default() });
    let switch = steps.iter().position(|step| *step == MoveStep::Switch).expect("switched");
    assert_eq!(steps[switch - 1], MoveStep::Settle, "the settings name nothing that a power cut could take");
    assert!(steps[..switch - 1].iter().all(|step| matches!(step, MoveStep::Copy(_))), "{steps:?}");
    assert!(steps[switch + 1..].iter().all(|step| matches!(step, MoveStep::Remove(_))), "{steps:?}");
    assert_eq!((check(home.path(), &all, "moved"), setting(home.path())), ((0, 4), StoreKind::Sealed));
    let text = std::fs::read_to_string(paths(home.path()).config_file()).expect("the file");
    assert!(text.starts_with("# mine\n") && text.contains("lang = \"en\""), "{text}");
    let again = move_to(home.path(), StoreKind::Sealed, |step| panic!("{step:?}")).expect("done already");
    assert_eq!(again, Moved::default());
    let back = move_to(home.path(), StoreKind::Keyring, |_| {}).expect("moved back");
    assert_eq!((back.copied, check(home.path(), &all, "back")), (4, (4, 0)));
    assert_eq!(setting(home.path()), StoreKind::Keyring);
}

#[test]
fn i2_a_move_that_is_killed_at_any_step_loses_nothing_and_goes_on() {
    for from in [StoreKind::Keyring, StoreKind::Sealed] {
        let mut kills = 0;
        for point in 0..MOST {
            let home = tempfile::tempdir().expect("a folder");
            let all = make(home.path(), from);
            let to = other(from);
            let status = Command::new(std::env::current_exe().expect("this program"))
                .args(["--exact", "storage::sealed::moving::the_process_that_moves", "--nocapture"])
                .env(PLAN, format!("{}|{}|{point}", home.path().display(), to.word()))
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .status()
                .expect("it starts");
            if status.success() {
                break;
            }
            kills += 1;
            let at = format!("from {} killed at {point}", from.word());
            let (keyring, sealed) = check(home.path(), &all, &at);
            // What the settings name has everything: an engine that starts now works.
            let named = if setting(home.path()) == StoreKind::Sealed { sealed } else { keyring };
            assert_eq!(named, 4, "{at}");
            move_to(home.path(), to, |_| {}).unwrap_or_else(|notice| panic!("{at}: {notice:?}"));
            let whole = if to == StoreKind::Sealed { (0, 4) } else { (4, 0) };
            assert_eq!((check(home.path(), &all, &at), setting(home.path())), (whole, to), "{at}");
        }
        assert_eq!(kills, 10, "four copies, that they settle, the setting, four removals");
    }
}

/// Does nothing but in a process of the test above.
#[test]
fn the_process_that_moves() {
    let Ok(plan) = std::env::var(PLAN) else { return };
    let words: Vec<&str> = plan.split('|').collect();
    let [home, to, point] = words.as_slice() else { panic!("{plan}") };
    let to = if *to == "sealed" { StoreKind::Sealed } else { StoreKind::Keyring };
    let mut left: usize = point.parse().expect("a number");
    let moved = move_to(Path::new(home), to, |_| {
        if left == 0 {
            // As `kill -9` does it: nothing is written, closed or dropped.
            let this = rustix::process::getpid();
            rustix::process::kill_process(this, rustix::process::Signal::KILL).expect("one may kill oneself");
            loop {
                std::thread::park();
            }
        }
        left -= 1;
    });
    moved.expect("moved");
    std::process::exit(0);
}

#[test]
fn i1_nothing_moves_while_an_engine_runs() {
    let home = tempfile::tempdir().expect("a folder");
    let all = make(home.path(), StoreKind::Keyring);
    let _lock = EngineLock::acquire(&paths(home.path()), Holder::Serve).expect("the lock");
    let notice = move_to(home.path(), StoreKind::Sealed, |step| panic!("{step:?}")).expect_err("it runs");
    assert_eq!(notice.code, Code::Busy);
    assert!(notice.safe.is_some() && notice.next.is_some() && notice.cure.is_some(), "{notice:?}");
    assert_eq!((check(home.path(), &all, "held"), setting(home.path())), ((4, 0), StoreKind::Keyring));
}

#[test]
fn a_move_to_files_without_a_key_says_so_and_moves_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let all = make(home.path(), StoreKind::Keyring);
    let key = home.path().join("key");
    std::fs::rename(&key, home.path().join("aside")).expect("gone");
    let notice = move_to(home.path(), StoreKind::Sealed, |_| {}).expect_err("no key");
    assert_eq!((notice.account.as_deref(), notice.code), (Some("one"), Code::StoreAbsent));
    assert!(notice.what.contains("is not there"), "{notice:?}");
    assert!(notice.safe.is_some() && notice.next.is_some() && notice.cure.is_some(), "{notice:?}");
    std::fs::rename(home.path().join("aside"), &key).expect("back");
    assert_eq!((check(home.path(), &all, "no key"), setting(home.path())), ((4, 0), StoreKind::Keyring));
}
