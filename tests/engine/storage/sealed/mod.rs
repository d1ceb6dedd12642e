//! The sealed files: what they hold, who can open them, and what is noticed when somebody changes them.

mod away;
mod damage;
mod disk;
mod edges;
mod format;
mod given;
mod keys;
mod moving;
mod witnessed;

use std::path::{Path, PathBuf};

use lamplighter_core::id::{AccountId, ChainName, Generation, ProviderId, WriteId};
use lamplighter_core::record::{Held, Material, Record, SessionStore as _, encode};
use lamplighter_core::secret::Secret;
use lamplighter_core::time::{BootTime, Now, Timestamp};
use lamplighter_engine::store::{KeySource, SealedStore};

/// A home with a key file beside the store's folder.
pub struct Home(tempfile::TempDir);

impl Home {
    pub fn new() -> Self {
        let home = Self(tempfile::tempdir().expect("a folder"));
        std::fs::create_dir(home.journals()).expect("a folder");
        lamplighter_engine::store::sealed::key::make_key_file(&home.key()).expect("a key");
        home
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn folder(&self) -> PathBuf {
        self.path().join("sealed")
    }

    pub fn journals(&self) -> PathBuf {
        self.path().join("journals")
    }

    pub fn key(&self) -> PathBuf {
        self.path().join("key")
    }

    /// As a new process would open it.
    pub fn store(&self) -> SealedStore {
        self.store_with(KeySource::File(self.key()))
    }

    pub fn store_with(&self, key: KeySource) -> SealedStore {
        SealedStore::new(&self.folder(), &self.journals(), key)
    }

    pub fn file(&self, account: &AccountId) -> PathBuf {
        self.folder().join(format!("{account}.sealed"))
    }

    pub fn older(&self, account: &AccountId) -> PathBuf {
        self.folder().join(format!("{account}.sealed.older"))
    }

    /// Names of all that is in the store's folder, in order.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder()).expect("the folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

pub fn account(number: u8) -> AccountId {
    AccountId::from_random([number; 16])
}

/// A record of that generation; `credential` is its refresh token, and each write has an id of its own.
pub fn record(account: &AccountId, generation: u64, credential: &str, write: u8) -> Record {
    let mut current = Material::empty(Generation(generation));
    current.is_proven = true;
    current.credentials.insert(ChainName::main(), held(credential));
    Record {
        account: account.clone(),
        write_id: WriteId([write; 16]),
        login: None,
        provider: "practice".parse::<ProviderId>().expect("a name"),
        hosts: vec!["localhost".to_owned()],
        identity: None,
        journal_key: Secret::new([9; 32]),
        secrets: Default::default(),
        current,
        proven: None,
    }
}

fn held(value: &str) -> Held {
    let got = Now { wall: Timestamp(0), boot: BootTime { boot: 0, ms: 0 } };
    Held { value: Secret::from(value), got, expiry: None }
}

/// Saves each record after the one before it.
pub fn save_all(home: &Home, records: &[&Record]) {
    let mut store = home.store();
    let mut expected = None;
    for record in records {
        store.save(&record.account, expected, record).expect("saved");
        expected = Some(record.write_id);
    }
}

/// The credential that a new process finds, with `spent` behind it if it may not be sent as if nothing were.
pub fn found(home: &Home, account: &AccountId) -> String {
    match home.store().load(account) {
        Ok(None) => "none".to_owned(),
        Ok(Some(record)) => {
            let held = &record.current.credentials[&ChainName::main()].value;
            let spent = if record.current.spent.is_empty() { "" } else { " spent" };
            format!("{}{spent}", held.expose_str().expect("text"))
        }
        Err(error) => format!("{error}"),
    }
}

#[test]
fn a_record_comes_back_as_it_was_and_nothing_of_it_can_be_read() {
    let home = Home::new();
    let first = record(&account(1), 1, "the-first-credential", 1);
    save_all(&home, &[&first]);
    let back = home.store().load(&account(1)).expect("read").expect("there");
    assert!(*encode(&back) == *encode(&first));
    let bytes = std::fs::read(home.file(&account(1))).expect("a file");
    for word in ["credential", "practice", "localhost", account(1).as_str()] {
        assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
    }
    assert_eq!(found(&home, &account(2)), "none");
}

#[test]
fn i5_a_save_that_expected_something_else_is_refused_and_the_same_again_is_done_already() {
    use lamplighter_core::record::StoreError;
    let home = Home::new();
    let (first, second) = (record(&account(1), 1, "one", 1), record(&account(1), 2, "two", 2));
    save_all(&home, &[&first]);
    let mut store = home.store();
    assert_eq!(store.save(&account(1), None, &second), Err(StoreError::Conflict));
    assert_eq!(store.save(&account(1), Some(WriteId([7; 16])), &second), Err(StoreError::Conflict));
    assert_eq!(found(&home, &account(1)), "one");
    store.save(&account(1), Some(first.write_id), &second).expect("saved");
    store.save(&account(1), Some(first.write_id), &second).expect("it is there already");
    assert_eq!(found(&home, &account(1)), "two");
}

#[test]
fn a_record_that_is_removed_leaves_nothing_but_what_nobody_could_read() {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "one", 1), &record(&account(1), 2, "two", 2)]);
    home.store().delete(&account(1)).expect("deleted");
    assert_eq!(home.names(), ["key.check"]);
    home.store().delete(&account(1)).expect("done already");
    assert_eq!(found(&home, &account(1)), "none");
}

/// Two logins of which the first was set aside, everything that a crash can leave, and another account.
fn littered() -> Home {
    let home = Home::new();
    save_all(&home, &[&record(&account(1), 1, "one", 1), &record(&account(1), 2, "two", 2)]);
    home.store().set_aside(&account(1)).expect("set aside");
    save_all(&home, &[&record(&account(1), 3, "three", 3), &record(&account(1), 4, "four", 4)]);
    save_all(&home, &[&record(&account(2), 1, "other", 5)]);
    for end in ["new", "older.new", "damaged"] {
        std::fs::copy(home.file(&account(1)), home.folder().join(format!("{}.sealed.{end}", account(1))))
            .expect("copied");
    }
    assert_eq!(home.names().len(), 9, "{:?}", home.names());
    home
}

#[test]
fn t18_a_logout_leaves_no_copy_of_the_accounts_secrets_and_touches_no_other_account() {
    let home = littered();
    home.store_with(KeySource::Unnamed).erase(&account(1)).expect("no key is needed for that");
    assert_eq!(home.names(), [format!("{}.sealed", account(2)), "key.check".to_owned()]);
    home.store().erase(&account(1)).expect("done already");
    assert_eq!(
        (found(&home, &account(1)), found(&home, &account(2))),
        ("none".to_owned(), "other".to_owned())
    );
}
