//! The real kernel's keyring: what it takes, what it refuses, what it forgets.

use lamplighter_core::id::AccountId;
use lamplighter_core::record::{Record, SessionStore as _, StoreError};
use lamplighter_engine::store::{Keychain, Keyutils, Slots as _};
use tokio::sync::Mutex;

use super::keychain::{account, generation, record, write_id};

/// All keys of a user share one quota, and one of these tests uses it up.
pub static ALONE: Mutex<()> = Mutex::const_new(());

/// How the services of tests begin; their process and a name follow.
const TESTS: &str = "lamplighter-test-";

/// A service of one test in the kernel's keyring, which forgets it with this.
pub struct Service(String);

impl std::ops::Deref for Service {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        remove(|service| service == self.0);
    }
}

/// Removes this user's keys of the services of tests that `is_to_go` names.
fn remove(is_to_go: impl Fn(&str) -> bool) {
    for (service, slot) in keys_of_tests().into_iter().filter(|(service, _)| is_to_go(service)) {
        // In the way it may be; what a test is about it says itself.
        _ = Keyutils::new(&service).remove(&slot);
    }
}

/// Services and slots of this user's keys that tests have made.
fn keys_of_tests() -> Vec<(String, String)> {
    let shown = std::fs::read_to_string("/proc/keys").unwrap_or_default();
    let user = rustix::process::geteuid().as_raw().to_string();
    // Number, flags, uses, time, rights, user, group, type, name.
    let ours = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (service, slot) = fields.get(8)?.trim_end_matches(':').split_once('/')?;
        let is_ours = fields[5] == user && fields[7] == "user" && service.starts_with(TESTS);
        is_ours.then(|| (service.to_owned(), slot.to_owned()))
    };
    shown.lines().filter_map(ours).collect()
}

/// Whether a killed process has left this service: it counts against the quota of every test after it.
fn is_left(service: &str) -> bool {
    let process = service.strip_prefix(TESTS).and_then(|rest| rest.split_once('-')?.0.parse::<u32>().ok());
    process.is_some_and(|process| !std::path::Path::new(&format!("/proc/{process}")).exists())
}

/// A service of one test in the kernel's keyring; `None`, said aloud, where the kernel or the container has none for us.
pub fn kernel(name: &str) -> Option<Service> {
    remove(is_left);
    let service = Service(format!("{TESTS}{}-{name}", std::process::id()));
    let mut slots = Keyutils::new(&service);
    match slots.set("any", b"text") {
        Ok(()) => {
            // Only what takes nothing is no kernel for us: one that does must also say that a key is not there.
            slots.remove("any").expect("removed");
            assert!(slots.get("any").expect("it says").is_empty());
            Some(service)
        }
        Err(error @ StoreError::NoKernel(_)) => {
            eprintln!("{name}: not run here: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn store(service: &str) -> Keychain<Keyutils> {
    Keychain::new(Keyutils::new(service))
}

/// A record of another account than the usual one.
fn another(number: u8, size: usize) -> (AccountId, Record) {
    let id = AccountId::from_random([number; 16]);
    (id.clone(), Record { account: id, ..record(1, size) })
}

#[test]
fn f39_the_kernels_keyring_keeps_a_record_until_it_is_deleted() {
    let _alone = ALONE.blocking_lock();
    let Some(service) = kernel("keeps") else { return };
    let mut kept = store(&service);
    assert!(kept.load(&account()).expect("read").is_none());
    kept.save(&account(), None, &record(1, 3_000)).expect("saved");
    kept.save(&account(), Some(write_id(1)), &record(2, 4_000)).expect("saved again");
    assert_eq!(kept.save(&account(), Some(write_id(1)), &record(3, 10)), Err(StoreError::Conflict));
    let elsewhere = std::thread::spawn({
        let service = service.to_string();
        move || generation(store(&service).load(&account()).expect("read"))
    });
    assert_eq!(elsewhere.join().expect("no panic"), Some(2), "another thread, another store");
    let shown = std::fs::read_to_string("/proc/keys").unwrap_or_default();
    let line = shown.lines().find(|line| line.contains(&*service)).expect("the kernel lists it");
    assert!(line.contains(" 3f3f0000 "), "this user's processes and nobody else's: {line}");
    kept.delete(&account()).expect("deleted");
    kept.delete(&account()).expect("done if there is none");
    assert!(kept.load(&account()).expect("read").is_none());
    kept.save(&account(), None, &record(5, 10)).expect("there is room for another one");
    kept.delete(&account()).expect("deleted");
}

#[test]
fn what_a_killed_test_left_in_the_kernels_keyring_goes_before_the_next_one_and_nothing_else_does() {
    let _alone = ALONE.blocking_lock();
    let Some(here) = kernel("left") else { return };
    // No process has this number: it is beyond the most that the kernel gives.
    let killed = Service(format!("{TESTS}4194999-left"));
    let alive = Service(format!("{TESTS}1-left"));
    let slots = [&*here, &*killed, &*alive].map(|service| {
        let mut slots = Keyutils::new(service);
        slots.set("any", b"text").expect("set");
        slots
    });
    drop(kernel("next"));
    let is_there = slots.map(|mut slots| !slots.get("any").expect("it says").is_empty());
    assert_eq!(is_there, [true, false, true]);
    let services = [here.to_string(), alive.to_string()];
    drop((here, alive));
    let left = services.map(|service| Keyutils::new(&service).get("any").expect("it says").len());
    assert_eq!(left, [0, 0], "a test that ends leaves nothing");
}

#[test]
fn f38_a_record_over_the_quota_of_the_kernel_is_refused_and_the_old_one_stays() {
    let _alone = ALONE.blocking_lock();
    let Some(service) = kernel("quota") else { return };
    let mut kept = store(&service);
    kept.save(&account(), None, &record(1, 1_000)).expect("saved");
    let size = record_size();
    match fill(&mut kept, size) {
        StoreError::Quota { bytes, most } => assert!(bytes > 0 && most > bytes, "{bytes} of {most}"),
        other => panic!("{other}"),
    }
    let refused = kept.save(&account(), Some(write_id(1)), &record(2, 2 * size));
    assert!(matches!(refused, Err(StoreError::Quota { .. })), "{refused:?}");
    assert_eq!(generation(kept.load(&account()).expect("read")), Some(1), "the old one is whole");
    kept.save(&account(), Some(write_id(1)), &record(3, 900)).expect("one that is no larger fits as before");
    for number in NUMBERS {
        kept.delete(&another(number, 0).0).expect("deleted");
    }
    kept.save(&account(), Some(write_id(3)), &record(4, 2 * size)).expect("there is room again");
    assert_eq!(generation(kept.load(&account()).expect("read")), Some(4));
    kept.delete(&account()).expect("deleted");
}

/// Accounts to fill the keyring with.
const NUMBERS: std::ops::Range<u8> = 100..140;

/// Of a token, of which several fit and forty do not.
fn record_size() -> usize {
    // Root may have a thousand times as much as others, and still not more than that as one record.
    let file = if rustix::process::geteuid().is_root() { "root_maxbytes" } else { "maxbytes" };
    let most = std::fs::read_to_string(format!("/proc/sys/kernel/keys/{file}")).expect("the kernel tells");
    (most.trim().parse::<usize>().expect("a number") / 7).min(900_000)
}

/// Saves records until one does not fit: what was said of that one.
fn fill(kept: &mut Keychain<Keyutils>, size: usize) -> StoreError {
    let refused = NUMBERS
        .map(|number| another(number, size))
        .find_map(|(id, record)| kept.save(&id, None, &record).err());
    refused.expect("a bound that the kernel sets")
}
