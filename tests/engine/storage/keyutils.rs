//! The real kernel's keyring: what it takes, what it refuses, what it forgets.

use lamplighter_core::id::AccountId;
use lamplighter_core::record::{Record, SessionStore as _, StoreError};
use lamplighter_engine::store::{Keychain, Keyutils, Slots as _};
use tokio::sync::Mutex;

use super::keychain::{account, generation, record, write_id};

/// All keys of a user share one quota, and one of these tests uses it up.
pub static ALONE: Mutex<()> = Mutex::const_new(());

/// A service of one test in the kernel's keyring; `None`, said aloud, where the kernel or the container has none for us.
pub fn kernel(name: &str) -> Option<String> {
    let service = format!("lamplighter-test-{}-{name}", std::process::id());
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
        let service = service.clone();
        move || generation(store(&service).load(&account()).expect("read"))
    });
    assert_eq!(elsewhere.join().expect("no panic"), Some(2), "another thread, another store");
    let shown = std::fs::read_to_string("/proc/keys").unwrap_or_default();
    let line = shown.lines().find(|line| line.contains(&service)).expect("the kernel lists it");
    assert!(line.contains(" 3f3f0000 "), "this user's processes and nobody else's: {line}");
    kept.delete(&account()).expect("deleted");
    kept.delete(&account()).expect("done if there is none");
    assert!(kept.load(&account()).expect("read").is_none());
    kept.save(&account(), None, &record(5, 10)).expect("there is room for another one");
    kept.delete(&account()).expect("deleted");
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
