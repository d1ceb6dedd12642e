//! A record in a keychain: never half, never somebody else's, never lost to a copy that is older.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use lamplighter_core::id::{AccountId, Generation, WriteId};
use lamplighter_core::record::{Held, Material, Record, SessionStore, StoreError, encode};
use lamplighter_core::secret::Secret;
use lamplighter_core::time::{BootTime, Now, Timestamp};
use lamplighter_engine::store::{Keychain, Slots};
use zeroize::Zeroizing;

pub fn account() -> AccountId {
    AccountId::from_random([5; 16])
}

/// A record of this generation, whose token is `size` bytes.
pub fn record(generation: u64, size: usize) -> Record {
    let got = Now { wall: Timestamp(0), boot: BootTime { boot: 0, ms: 0 } };
    let token = Held { value: Secret::new(vec![b'c'; size]), got, expiry: None };
    let mut material = Material::empty(Generation(generation));
    material.tokens.insert("access".parse().expect("valid"), token);
    Record {
        account: account(),
        write_id: write_id(generation),
        login: None,
        provider: "slack".parse().expect("valid"),
        hosts: vec!["slack.com".to_owned()],
        identity: None,
        journal_key: Secret::new([3_u8; 32]),
        secrets: BTreeMap::new(),
        current: material,
        proven: None,
    }
}

pub fn write_id(generation: u64) -> WriteId {
    WriteId([u8::try_from(generation).expect("a small one"); 16])
}

pub fn generation(found: Option<Record>) -> Option<u64> {
    found.map(|record| record.current.generation.0)
}

/// What happens to the next writes.
#[derive(Default, Clone, Copy, PartialEq)]
enum Fault {
    #[default]
    None,
    /// This many succeed, then the process dies.
    DieAfter(usize),
    /// They answer that they are done and are not.
    Forget,
    /// This many slots go, then the process dies.
    DieAtRemoval(usize),
}

/// Slots in memory with the limits and faults of real ones.
#[derive(Default, Clone)]
struct Memory(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    slots: BTreeMap<String, Vec<Vec<u8>>>,
    limit: Option<usize>,
    fault: Fault,
    /// How often something was read or written.
    asked: usize,
}

impl Memory {
    fn limited(limit: usize) -> Self {
        let memory = Self::default();
        memory.0.lock().expect("not poisoned").limit = Some(limit);
        memory
    }

    fn set_fault(&self, fault: Fault) {
        self.0.lock().expect("not poisoned").fault = fault;
    }

    fn names(&self) -> Vec<String> {
        self.0.lock().expect("not poisoned").slots.keys().cloned().collect()
    }

    fn keychain(&self) -> Keychain<Self> {
        Keychain::new(self.clone())
    }
}

impl Slots for Memory {
    fn get(&mut self, name: &str) -> Result<Vec<Zeroizing<Vec<u8>>>, StoreError> {
        let mut state = self.0.lock().expect("not poisoned");
        state.asked += 1;
        Ok(state.slots.get(name).into_iter().flatten().cloned().map(Zeroizing::new).collect())
    }

    fn set(&mut self, name: &str, text: &[u8]) -> Result<(), StoreError> {
        let mut state = self.0.lock().expect("not poisoned");
        assert!(state.limit.is_none_or(|limit| text.len() <= limit), "more than a slot takes");
        state.asked += 1;
        match state.fault {
            Fault::DieAfter(0) => return Err(StoreError::Absent("dead".to_owned())),
            Fault::DieAfter(left) => state.fault = Fault::DieAfter(left - 1),
            Fault::Forget => return Ok(()),
            Fault::None | Fault::DieAtRemoval(_) => {}
        }
        state.slots.insert(name.to_owned(), vec![text.to_vec()]);
        Ok(())
    }

    fn remove(&mut self, name: &str) -> Result<(), StoreError> {
        let mut state = self.0.lock().expect("not poisoned");
        match state.fault {
            Fault::DieAtRemoval(_) if !state.slots.contains_key(name) => {}
            Fault::DieAtRemoval(0) => return Err(StoreError::Absent("dead".to_owned())),
            Fault::DieAtRemoval(left) => state.fault = Fault::DieAtRemoval(left - 1),
            _ => {}
        }
        state.slots.remove(name);
        Ok(())
    }

    fn limit(&self) -> Option<usize> {
        self.0.lock().expect("not poisoned").limit
    }

    fn settle(&mut self) -> Result<(), StoreError> {
        match self.0.lock().expect("not poisoned").fault {
            Fault::None => Ok(()),
            _ => Err(StoreError::Absent("dead".to_owned())),
        }
    }
}

#[test]
fn i5_a_save_replaces_only_what_it_expects() {
    let memory = Memory::default();
    let mut store = memory.keychain();
    assert_eq!(generation(store.load(&account()).expect("answers")), None);
    store.save(&account(), None, &record(1, 10)).expect("nothing was there");
    assert_eq!(store.save(&account(), None, &record(2, 10)), Err(StoreError::Conflict));
    assert_eq!(store.save(&account(), Some(write_id(9)), &record(2, 10)), Err(StoreError::Conflict));
    store.save(&account(), Some(write_id(1)), &record(2, 10)).expect("expected");
    assert_eq!(generation(store.load(&account()).expect("answers")), Some(2));
    store.delete(&account()).expect("deleted");
    store.delete(&account()).expect("done if there is none");
    assert_eq!(store.save(&account(), Some(write_id(2)), &record(3, 10)), Err(StoreError::Conflict));
}

#[test]
fn i5_a_save_asks_the_keychain_no_more_than_it_has_to() {
    let memory = Memory::default();
    let mut store = memory.keychain();
    store.save(&account(), None, &record(1, 10)).expect("saved");
    let before = memory.0.lock().expect("not poisoned").asked;
    store.save(&account(), Some(write_id(1)), &record(2, 10)).expect("saved");
    let asked = memory.0.lock().expect("not poisoned").asked - before;
    assert_eq!(asked, 3, "what is there, the write, and whether it took");
}

#[test]
fn f42_what_cannot_be_read_is_moved_aside_whole_and_a_login_takes_its_place() {
    let memory = Memory::limited(2_000);
    memory.keychain().save(&account(), None, &record(1, 5_000)).expect("saved in parts");
    let lost = format!("{}.a.1", account());
    memory.0.lock().expect("not poisoned").slots.remove(&lost);
    let mut store = memory.keychain();
    assert!(matches!(store.load(&account()).err(), Some(StoreError::Corrupt(_))));
    let before = memory.names().len();
    store.set_aside(&account()).expect("kept aside");
    assert_eq!(generation(store.load(&account()).expect("out of the way")), None);
    assert_eq!(memory.names().len(), before, "every slot is kept: {:?}", memory.names());
    assert!(memory.names().iter().all(|name| name.starts_with(&format!("{}.aside", account()))));
    store.save(&account(), None, &record(2, 5_000)).expect("a login");
    assert_eq!(generation(store.load(&account()).expect("answers")), Some(2));
    store.set_aside(&AccountId::from_random([9; 16])).expect("done if there is nothing");
}

/// An account with a record, and two that nobody could read, kept aside.
fn littered(limit: usize) -> Memory {
    let memory = Memory::limited(limit);
    for generation in 1..=2 {
        memory.keychain().save(&account(), None, &record(generation, 1_000)).expect("saved");
        memory.keychain().set_aside(&account()).expect("kept aside");
    }
    memory.keychain().save(&account(), None, &record(3, 1_000)).expect("saved");
    memory
}

#[test]
fn f42_what_is_moved_aside_later_takes_the_place_of_nothing_that_was_before() {
    let memory = littered(100_000);
    let id = account();
    let [first, second] = [format!("{id}.aside"), format!("{id}.aside.1")];
    assert_eq!(memory.names(), [id.to_string(), first.clone(), second.clone()]);
    let state = memory.0.lock().expect("not poisoned");
    assert!(state.slots[&first] != state.slots[&second], "one of each login");
}

/// Puts entries that nobody can read in the account's slot.
fn break_entries(memory: &Memory, texts: &[&str]) {
    let texts = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    memory.0.lock().expect("not poisoned").slots.insert(account().to_string(), texts);
}

#[test]
fn f41_f42_of_several_that_are_moved_aside_each_has_a_place_of_its_own() {
    let memory = littered(100_000);
    let id = account();
    let [first, second] = [format!("{id}.aside"), format!("{id}.aside.1")];
    let kept = |name: &str| memory.0.lock().expect("not poisoned").slots[name].clone();
    let before = [kept(&first), kept(&second)];
    break_entries(&memory, &["one!", "two!"]);
    memory.keychain().set_aside(&id).expect("kept aside");
    assert!([kept(&first), kept(&second)] == before, "those of earlier stay");
    let new = [format!("{id}.aside.2"), format!("{id}.aside.3")].map(|name| kept(&name).concat());
    assert_eq!(new, [b"one!", b"two!"]);
    assert_eq!(memory.names().len(), 4);
}

#[test]
fn f42_a_hundred_are_kept_aside_and_the_next_one_stays_where_it_is() {
    let memory = Memory::default();
    for number in 0..100 {
        break_entries(&memory, &[&format!("number {number}!")]);
        memory.keychain().set_aside(&account()).expect("kept aside");
    }
    break_entries(&memory, &["one more!"]);
    let before = memory.names();
    assert_eq!(before.len(), 101);
    assert!(matches!(memory.keychain().set_aside(&account()), Err(StoreError::Denied(_))));
    assert_eq!(memory.names(), before);
    let state = memory.0.lock().expect("not poisoned");
    assert_eq!(state.slots[account().as_str()], [b"one more!"], "nothing of it is lost");
    let texts: std::collections::BTreeSet<_> = state.slots.values().collect();
    assert_eq!(texts.len(), 101, "nor of the others");
}

#[test]
fn f37_a_keychain_lasts_when_its_slots_say_so() {
    let memory = Memory::default();
    memory.keychain().settle().expect("they do");
    memory.set_fault(Fault::DieAfter(0));
    memory.keychain().settle().expect_err("they do not");
}

#[test]
fn t18_a_logout_leaves_no_entry_of_the_account_wherever_an_earlier_one_died() {
    for limit in [100_000, 400] {
        for dies_after in 0.. {
            let memory = littered(limit);
            memory.set_fault(Fault::DieAtRemoval(dies_after));
            let died = memory.keychain().erase(&account()).is_err();
            memory.set_fault(Fault::None);
            memory.keychain().erase(&account()).expect("erased");
            assert_eq!(memory.names(), Vec::<String>::new(), "died after {dies_after}");
            if !died {
                break;
            }
            assert!(dies_after < 100, "a logout ends");
        }
    }
}

#[test]
fn f40_our_own_write_that_landed_late_is_recognised() {
    let mut store = Memory::default().keychain();
    store.save(&account(), None, &record(1, 10)).expect("saved");
    store.save(&account(), None, &record(1, 10)).expect("the same write, found there");
}

#[test]
fn f40_a_write_that_did_not_take_is_noticed() {
    let memory = Memory::default();
    let mut store = memory.keychain();
    store.save(&account(), None, &record(1, 10)).expect("saved");
    memory.set_fault(Fault::Forget);
    assert!(matches!(store.save(&account(), Some(write_id(1)), &record(2, 10)), Err(StoreError::Corrupt(_))));
}

#[test]
fn f41_of_two_items_the_newer_generation_wins_and_the_other_goes() {
    let memory = Memory::default();
    let texts: Vec<Vec<u8>> = [4, 6, 5]
        .map(|generation| {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.encode(&*encode(&record(generation, 10))).into_bytes()
        })
        .to_vec();
    memory.0.lock().expect("not poisoned").slots.insert(account().to_string(), texts);
    assert_eq!(generation(memory.keychain().load(&account()).expect("answers")), Some(6));
    assert_eq!(memory.0.lock().expect("not poisoned").slots[account().as_str()].len(), 1);
}

#[test]
fn f42_what_is_no_record_is_corrupt_and_is_not_overwritten() {
    let memory = Memory::default();
    let mut store = memory.keychain();
    for text in ["", "not base64!", "bm90IGEgcmVjb3Jk", "parts:a:2"] {
        memory.0.lock().expect("not poisoned").slots.insert(account().to_string(), vec![text.into()]);
        assert!(matches!(store.load(&account()).err(), Some(StoreError::Corrupt(_))), "{text:?}");
        assert!(store.save(&account(), None, &record(1, 10)).is_err(), "{text:?}");
        assert_eq!(memory.0.lock().expect("not poisoned").slots[account().as_str()], [text.as_bytes()]);
    }
}

#[test]
fn t18_another_accounts_record_is_refused() {
    let memory = Memory::default();
    memory.keychain().save(&account(), None, &record(1, 10)).expect("saved");
    let other = AccountId::from_random([6; 16]);
    {
        let mut state = memory.0.lock().expect("not poisoned");
        let held = state.slots[account().as_str()].clone();
        state.slots.insert(other.to_string(), held);
    }
    assert!(matches!(memory.keychain().load(&other).err(), Some(StoreError::Corrupt(_))));
}

#[test]
fn f37_a_record_in_parts_is_old_or_new_wherever_the_process_dies() {
    for dies_after in 0..40 {
        let memory = Memory::limited(400);
        let mut store = memory.keychain();
        store.save(&account(), None, &record(1, 2_000)).expect("saved in parts");
        store.save(&account(), Some(write_id(1)), &record(2, 2_500)).expect("saved in parts");
        memory.set_fault(Fault::DieAfter(dies_after));
        let died = store.save(&account(), Some(write_id(2)), &record(3, 3_000)).is_err();
        memory.set_fault(Fault::None);
        let found = generation(memory.keychain().load(&account()).expect("whole, whichever it is"));
        assert_eq!(found, Some(if died { 2 } else { 3 }), "died after {dies_after} writes");
        memory
            .keychain()
            .save(&account(), Some(write_id(found.expect("there"))), &record(4, 10))
            .expect("goes on");
    }
}

#[test]
fn parts_that_nobody_needs_do_not_pile_up() {
    let memory = Memory::limited(400);
    let mut store = memory.keychain();
    let mut before = None;
    for (index, size) in [10, 3_000, 500, 3_000, 1_000, 10].into_iter().enumerate() {
        let next = index as u64 + 1;
        store.save(&account(), before, &record(next, size)).expect("saved");
        before = Some(write_id(next));
    }
    assert!(memory.names().iter().filter(|name| name.contains('.')).count() <= 8, "{:?}", memory.names());
    store.save(&account(), before, &record(7, 3_000)).expect("saved");
    store.delete(&account()).expect("deleted");
    assert!(store.load(&account()).expect("answers").is_none());
}

#[test]
fn f37_a_logout_leaves_no_part_behind_that_a_dead_process_wrote() {
    for (limit, size, is_whole) in
        [(2_000, 10, true), (400, 10, false), (400, 1_000, false), (400, 3_000, false)]
    {
        let memory = Memory::limited(limit);
        let mut store = memory.keychain();
        store.save(&account(), None, &record(1, size)).expect("saved");
        assert_eq!(memory.names() == [account().as_str()], is_whole, "or a head and parts");
        let left = ["a.0", "a.9", "b.0", "b.9"].map(|part| format!("{}.{part}", account()));
        for slot in left {
            memory
                .0
                .lock()
                .expect("not poisoned")
                .slots
                .entry(slot)
                .or_insert_with(|| vec![b"part".to_vec()]);
        }
        store.delete(&account()).expect("deleted");
        assert_eq!(memory.names(), Vec::<String>::new(), "{size} of {limit}");
    }
}

#[test]
fn a_record_larger_than_the_store_takes_is_refused_whole() {
    let memory = Memory::limited(40);
    let mut store = memory.keychain();
    assert!(matches!(store.save(&account(), None, &record(1, 10_000)), Err(StoreError::TooLarge { .. })));
    assert!(memory.names().is_empty());
}
