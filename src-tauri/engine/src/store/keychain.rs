//! The keychain as a [`SessionStore`]: one slot per account holds the whole record.
//!
//! As base64, because KWallet takes only text. Where a slot has a limit (Windows: 2,560 bytes) a record that
//! does not fit is cut into parts, in one of two sets of slots; the account's own slot then only says which set
//! counts. It is written last, and is the commit: a crash before it leaves the old set whole.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use lamplighter_core::id::{AccountId, Generation, WriteId};
use lamplighter_core::record::{Record, SessionStore, StoreError, decode, encode, is_to_be_written};
use zeroize::Zeroizing;

use super::Slots;
use super::platform::Platform;

/// A head that names parts starts with this, which base64 never does.
const PARTS: &str = "parts:";
/// Follows the account in the names of slots that hold what could not be read.
const ASIDE: &str = ".aside";
/// So many entries that nobody could read are kept for one account.
const MOST_ASIDE: usize = 100;
/// Parts that a record may have: 256 KiB on Windows.
const MOST_PARTS: usize = 112;

/// Records in slots.
pub struct Keychain<S = Platform> {
    slots: S,
}

impl Keychain {
    /// The platform's keychain; `service` is [`crate::paths::Paths::keychain`]. Opens nothing yet.
    pub fn platform(service: &str) -> Self {
        Self::new(Platform::new(service))
    }
}

/// What is stored of an account.
struct Found {
    record: Record,
    /// If it is in parts: where.
    head: Option<Head>,
}

/// Which of the two sets of parts a head names, and how many there are.
#[derive(Clone, Copy)]
struct Head {
    second: bool,
    parts: usize,
}

impl<S: Slots> Keychain<S> {
    /// Over any slots.
    pub fn new(slots: S) -> Self {
        Self { slots }
    }

    /// Of several copies the newest generation counts, and the others are removed (F41).
    fn read(&mut self, account: &AccountId) -> Result<Option<Found>, StoreError> {
        let copies = self.slots.get(account.as_str())?;
        let several = copies.len() > 1;
        let mut newest: Option<(Generation, Record, Zeroizing<Vec<u8>>)> = None;
        let mut broken = None;
        for copy in copies {
            match self.whole(account, &copy).and_then(|bytes| decode(&bytes)) {
                // A newer version's copy is never removed.
                Err(newer @ StoreError::NewerFormat(_)) => return Err(newer),
                Err(error) => broken = Some(error),
                Ok(record) => {
                    let generation = record.current.generation;
                    if newest.as_ref().is_none_or(|(held, ..)| *held < generation) {
                        newest = Some((generation, record, copy));
                    }
                }
            }
        }
        match (newest, broken) {
            (None, Some(error)) => Err(error),
            (None, None) => Ok(None),
            (Some((_, record, _)), _) if record.account != *account => {
                Err(StoreError::Corrupt("it belongs to another account".to_owned()))
            }
            (Some((_, record, copy)), _) => {
                if several {
                    self.slots.set(account.as_str(), &copy)?;
                }
                Ok(Some(Found { record, head: Head::parse(&copy) }))
            }
        }
    }

    /// Writes where `old` is the head of what was found there: each question to a keychain is a way to another
    /// process and back.
    fn write(&mut self, account: &AccountId, record: &Record, old: Option<Head>) -> Result<(), StoreError> {
        let bytes = encode(record);
        let text = Zeroizing::new(BASE64.encode(&*bytes));
        let limit = self.slots.limit().unwrap_or(usize::MAX);
        if text.len() <= limit {
            self.slots.set(account.as_str(), text.as_bytes())?;
        } else {
            let parts: Vec<&[u8]> = text.as_bytes().chunks(limit).collect();
            if parts.len() > MOST_PARTS {
                return Err(StoreError::TooLarge { bytes: bytes.len() });
            }
            let head = Head { second: old.is_some_and(|head| !head.second), parts: parts.len() };
            if let Err(error) = self.write_parts(account, head, &parts) {
                // They count against a quota, and belong to nothing; what counts is the other set.
                _ = self.sweep(account.as_str(), head);
                return Err(error);
            }
            self.slots.set(account.as_str(), head.text().as_bytes())?;
        }
        // What is left of the old set harms nobody: it is written over two saves later.
        _ = old.map(|head| self.sweep(account.as_str(), head));
        Ok(())
    }

    fn write_parts(&mut self, account: &AccountId, head: Head, parts: &[&[u8]]) -> Result<(), StoreError> {
        let mut slots = parts.iter().enumerate();
        slots.try_for_each(|(index, part)| self.slots.set(&head.slot(account.as_str(), index), part))
    }

    fn whole(&mut self, account: &AccountId, copy: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let text = match Head::parse(copy) {
            None => Zeroizing::new(copy.to_vec()),
            Some(head) => self.join(account, head)?,
        };
        // Base64 of a record is JSON of it, so that nothing of it can stand in the error.
        let bytes = BASE64.decode(&*text).map_err(|_| StoreError::Corrupt("not base64".to_owned()))?;
        Ok(Zeroizing::new(bytes))
    }

    fn join(&mut self, account: &AccountId, head: Head) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let room = head.parts * self.slots.limit().unwrap_or(0);
        let mut text = Zeroizing::new(Vec::with_capacity(room));
        for index in 0..head.parts {
            let part = self.slots.get(&head.slot(account.as_str(), index))?.pop();
            let part = part.ok_or_else(|| StoreError::Corrupt(format!("part {index} is missing")))?;
            text.extend_from_slice(&part);
        }
        Ok(text)
    }

    fn sweep(&mut self, owner: &str, head: Head) -> Result<(), StoreError> {
        (0..head.parts).try_for_each(|index| self.slots.remove(&head.slot(owner, index)))
    }

    /// Removes the slot of this name, with all parts that belong to it or ever did. It is not read for that: what the
    /// keychain itself cannot read must not keep anybody from removing it.
    fn remove(&mut self, owner: &str) -> Result<(), StoreError> {
        // The head first: without it the parts mean nothing.
        self.slots.remove(owner)?;
        if self.slots.limit().is_none() {
            // Nothing was ever cut into parts here.
            return Ok(());
        }
        // Both sets, whole: who died between two writes left parts that no head names, and there are secrets in them.
        let sets = [false, true].map(|second| Head { second, parts: MOST_PARTS });
        sets.into_iter().try_for_each(|set| self.sweep(owner, set))
    }

    /// How many entries of this account are kept aside. They are numbered without gaps.
    fn count_aside(&mut self, account: &AccountId) -> Result<usize, StoreError> {
        for number in 0..MOST_ASIDE {
            match self.slots.get(&aside(account, number)) {
                Ok(copies) if copies.is_empty() => return Ok(number),
                Ok(_) | Err(StoreError::Corrupt(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(MOST_ASIDE)
    }
}

/// The slot in which the entry of this number is kept aside.
fn aside(account: &AccountId, number: usize) -> String {
    match number {
        0 => format!("{account}{ASIDE}"),
        _ => format!("{account}{ASIDE}.{number}"),
    }
}

impl<S: Slots> SessionStore for Keychain<S> {
    fn load(&mut self, account: &AccountId) -> Result<Option<Record>, StoreError> {
        Ok(self.read(account)?.map(|found| found.record))
    }

    fn save(
        &mut self,
        account: &AccountId,
        expected: Option<WriteId>,
        record: &Record,
    ) -> Result<(), StoreError> {
        let found = self.read(account)?;
        if !is_to_be_written(found.as_ref().map(|found| found.record.write_id), expected, record)? {
            return Ok(());
        }
        self.write(account, record, found.and_then(|found| found.head))?;
        let back = self.read(account)?;
        if back.is_some_and(|back| *encode(&back.record) == *encode(record)) {
            return Ok(());
        }
        Err(StoreError::Corrupt("what was written reads back differently".to_owned()))
    }

    fn delete(&mut self, account: &AccountId) -> Result<(), StoreError> {
        self.remove(account.as_str())
    }

    /// The record last, and of what is kept aside the last one first: who dies on the way leaves nothing that the same
    /// again does not find. One more than there are, because parts are written before their head.
    fn erase(&mut self, account: &AccountId) -> Result<(), StoreError> {
        let count = self.count_aside(account)?;
        (0..=count).rev().try_for_each(|number| self.remove(&aside(account, number)))?;
        self.remove(account.as_str())
    }

    fn settle(&mut self) -> Result<(), StoreError> {
        self.slots.settle()
    }

    /// Every copy, with its parts, goes to a slot of its own; whole before anything is removed, and never over what was
    /// set aside earlier.
    fn set_aside(&mut self, account: &AccountId) -> Result<(), StoreError> {
        let copies = self.slots.get(account.as_str())?;
        let first = self.count_aside(account)?;
        if first + copies.len() > MOST_ASIDE {
            return Err(StoreError::Denied("too many entries are set aside".to_owned()));
        }
        for (number, copy) in copies.iter().enumerate() {
            let to = aside(account, first + number);
            if let Some(head) = Head::parse(copy) {
                for index in 0..head.parts {
                    // One that is missing may be all that is wrong.
                    if let Some(part) = self.slots.get(&head.slot(account.as_str(), index))?.pop() {
                        self.slots.set(&head.slot(&to, index), &part)?;
                    }
                }
            }
            self.slots.set(&to, copy)?;
        }
        self.delete(account)
    }

    fn unlock(&mut self) -> Result<(), StoreError> {
        self.slots.unlock()
    }
}

impl Head {
    fn parse(copy: &[u8]) -> Option<Self> {
        let (set, parts) = std::str::from_utf8(copy).ok()?.strip_prefix(PARTS)?.split_once(':')?;
        let parts = parts.parse().ok().filter(|parts| *parts <= MOST_PARTS)?;
        Some(Self { second: set == "b", parts })
    }

    fn text(self) -> String {
        format!("{PARTS}{}:{}", self.set(), self.parts)
    }

    fn slot(self, owner: &str, index: usize) -> String {
        format!("{owner}.{}.{index}", self.set())
    }

    fn set(self) -> char {
        if self.second { 'b' } else { 'a' }
    }
}
